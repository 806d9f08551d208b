// The tables of the archive's data base.
#pragma once

#include <string>
#include <string_view>

#include "base/table.h"

namespace soda::store {

// CREATE statements of an empty archive; the columns of `dataset` come from obscore_columns().
std::string schema_sql();
std::string_view sql_type(ColumnType type);

}  // namespace soda::store
