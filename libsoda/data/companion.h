// The companion files of a data set: what its relations of the kind `file` lead to
// (store/relations.h).
#pragma once

#include <string>

#include "data/file.h"
#include "site/config.h"
#include "store/database.h"
#include "store/holdings.h"

namespace soda::data {

// The one with that number. Throws Failure(not_found) when the data set (and the file that it lies
// in) has none; Failure(unavailable) when its data root is not configured.
StoredFile companion(const site::Config& config, store::Database& database,
                     const store::Dataset& dataset, std::int64_t number);

}  // namespace soda::data
