// Where something stands in a query, and the one way to refuse it. Private to the room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace soda::tap {

// Both count from 1; a column is a character (not a byte) of the line.
struct Place {
  std::uint32_t line = 1, column = 1;
};

// Throws Failure(usage) about QUERY: "line 2, column 7: sentence".
[[noreturn]] void refuse(Place place, std::string_view sentence);

// Text of the query as a message shows it: escaped, cut short, in double quotes.
std::string in_quotes(std::string_view text);

}  // namespace soda::tap
