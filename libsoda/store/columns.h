// All columns that a data set has: ObsCore's, and the archive's own as its configuration declares
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/table.h"
#include "store/database.h"

namespace soda::store {

// A value to be stored; monostate is NULL.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

// A value of that type from text, as configuration and headers give it; empty for a text that is no
// number of the type. Empty text is NULL.
std::optional<Value> value_of(ColumnType type, std::string_view text);

// The archive's own columns, in the order in which they were declared first.
std::vector<Column> own_columns(Database& database);

// ObsCore's columns, then the archive's own: what may be asked of an Answer.
std::vector<Column> all_columns(Database& database);

// Whether questions about a column of ObsCore are answered by an index of its own.
bool is_indexed_column(std::string_view name);

// Adds the columns that are missing and takes over what is said of those that are there. Columns
// that are no longer declared stay. To be called within a transaction of a writer. Throws
// Failure(usage): a name that is not lower-case letters, digits and '_' beginning with a letter, at
// most 64 of them; the name of another column of the table; a column that was declared with another
// type before.
void declare_columns(Database& database, const std::vector<Column>& declared);

// What the data base keeps of a column, in nine columns of its own: name, type, datatype,
// arraysize, xtype, unit, ucd, utype, description; the row's first ones, or bound from `index` on.
Column column_in(const Statement& row);
void bind_column(Statement& row, int index, const Column& column);

}  // namespace soda::store
