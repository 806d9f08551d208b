// The columns of an answer: their names, what is said of them, how ORDER BY and GROUP BY name them.
// Private to the room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tap/translator.h"

namespace soda::tap {

// `number` counts from 1; a column that is not named is named after it.
Output output_of(Value&& value, const SelectItem& item, std::size_t number);
// As a value of the answer: geometries as text.
std::string answer_sql(const Output& output);
// Datatype, arraysize and xtype of a type.
void describe(OutputColumn& column, Type type);

// The output that a term of ORDER BY names, by its position or its name; null when it is an
// expression (or a column of FROM that is no output). `scope` null: only outputs are there, others
// are refused.
const Output* ordered_output(const OrderTerm& term, const std::vector<Output>& outputs,
                             const Scope* scope);
// What stands in SELECT under the name that is the whole of `node`, when FROM has no column of this
// name; else null.
const Node* item_named(const Node& node, const Select& select, const Scope& scope);

// " LIMIT 10 OFFSET 5"; empty for neither.
std::string limit_of(std::optional<std::int64_t> top, std::optional<std::int64_t> offset);

// Makes the names unique, ignoring case.
void make_unique(std::vector<OutputColumn>& columns);

}  // namespace soda::tap
