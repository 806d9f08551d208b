// The functions whose call is written as it is read: names, arguments, results. Private to the
// room. Those of geometry are in geometry.cc; COALESCE, IN_UNIT and the bitwise ones in calls.cc.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tap/catalogue.h"

namespace soda::tap {

struct Function {
  std::string_view name;  // in upper case
  std::string_view sql;
  // A letter of types.h for each argument; those after '?' may be left out.
  std::string_view arguments;
  std::optional<Type> result;  // empty: the type of the first argument
  bool aggregate = false;
};

// Several when a function has several forms.
std::vector<const Function*> functions_named(std::string_view name);
// All that may be called, for the nearest one; and the names of those that are known and not here.
std::vector<std::string_view> function_names();
// Why a function that the catalogues name is not offered; empty for any other.
std::string_view reason_against(std::string_view name);

}  // namespace soda::tap
