// The question of site/access.h for a call: its user, and the signed address that it came by.
#pragma once

#include "dali/service.h"
#include "site/access.h"
#include "store/obscore.h"

namespace soda::dali {

site::Caller caller_of(const Call& call);
site::Terms terms_of(const store::ObsCore& record);

// Throws as site::Access::admit; says in the log line which key was used.
site::Readers admit(const Context& context, const Call& call, const store::ObsCore& record,
                    site::Scope scope);

}  // namespace soda::dali
