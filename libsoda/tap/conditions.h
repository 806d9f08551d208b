// Pieces of conditions that several parts write. Private to the room.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tap/value.h"

namespace soda::tap {

// The terms joined by AND or OR; however many, the expression is not deep.
std::string joined_terms(std::vector<std::string> terms, std::string_view word);
// As an operand of AND; of OR.
std::string term_of_all(const Condition& condition);
std::string term_of_any(const Condition& condition);
// Both; their index conditions are those of either.
Condition both(Condition a, Condition b);
// All of them, however many.
Condition all_of(std::vector<Condition> conditions);
// `t1."id" IN (what the index finds)`.
std::string in_index(const Near& near);

}  // namespace soda::tap
