// Literals of times in conditions. Private to the room.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace soda::tap {

// Times are kept as text, which orders as they do; only midnight has two spellings.
struct TimeText {
  std::string full;  // 2020-01-01T00:00:00, with decimals of the second where there are any
  std::string date;  // 2020-01-01, where it is midnight; else empty
};

// YYYY-MM-DD[Thh:mm[:ss[.sss]]][Z] (ADQL 2.1 section 4.6.1), a blank in the place of T; nothing for
// any other text.
std::optional<TimeText> time_text(std::string_view literal);

}  // namespace soda::tap
