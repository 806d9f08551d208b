#include "tap/times.h"

#include <cstddef>

#include "base/text.h"

namespace soda::tap {
namespace {

// Digits where the form has 0, else the form's own characters.
bool has_form(std::string_view text, std::string_view form) {
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == '0' ? !digit : text[i] != form[i]) return false;
  }
  return true;
}

bool within(std::string_view digits, std::int64_t least, std::int64_t most) {
  const auto number = to_integer(digits);
  return number && *number >= least && *number <= most;
}

// ".250" -> ".25", ".000" -> "".
std::optional<std::string> decimals(std::string_view text) {
  if (text.empty()) return std::string();
  if (text.size() < 2 || text.front() != '.' ||
      text.find_first_not_of("0123456789", 1) != std::string_view::npos)
    return std::nullopt;
  const std::size_t last = text.find_last_not_of('0');
  return std::string(last == 0 ? std::string_view() : text.substr(0, last + 1));
}

}  // namespace

std::optional<TimeText> time_text(std::string_view literal) {
  if (literal.ends_with('Z')) literal.remove_suffix(1);
  const std::string_view date = literal.substr(0, 10);
  if (!has_form(date, "0000-00-00") || !within(date.substr(5, 2), 1, 12) ||
      !within(date.substr(8, 2), 1, 31))
    return std::nullopt;
  TimeText text{std::string(date) + "T00:00:00", std::string(date)};
  if (literal.size() == 10) return text;
  if (literal[10] != 'T' && literal[10] != ' ') return std::nullopt;
  std::string time(literal.substr(11));
  if (time.size() == 5) time += ":00";
  if (time.size() < 8 || !has_form(std::string_view(time).substr(0, 8), "00:00:00") ||
      !within(time.substr(0, 2), 0, 24) || !within(time.substr(3, 2), 0, 59) ||
      !within(time.substr(6, 2), 0, 60))
    return std::nullopt;
  const std::optional<std::string> fraction = decimals(std::string_view(time).substr(8));
  if (!fraction) return std::nullopt;
  text.full = text.date + "T" + time.substr(0, 8) + *fraction;
  if (!text.full.ends_with("T00:00:00")) text.date.clear();
  return text;
}

}  // namespace soda::tap
