#include "dali/access.h"

namespace soda::dali {

site::Caller caller_of(const Call& call) {
  const auto value = [&](std::string_view name) { return call.arguments.one(name).value_or(""); };
  return {call.user, {value("EXPIRES"), value("KEY"), value("SIGNATURE")}};
}

site::Terms terms_of(const store::ObsCore& record) {
  return {record.obs_publisher_did, record.data_rights, record.obs_release_date};
}

site::Readers admit(const Context& context, const Call& call, const store::ObsCore& record,
                    site::Scope scope) {
  const site::Caller caller = caller_of(call);
  const site::Readers readers = context.access.admit(terms_of(record), scope, caller);
  if (!caller.signature.empty()) call.log.add("key", caller.signature.key);
  return readers;
}

}  // namespace soda::dali
