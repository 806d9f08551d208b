// Text from outside becomes numbers here and nowhere else, strictly: the whole string must be the
// number.
//
// Accepted: what VOTable TABLEDATA accepts (DALI 1.1 section 3.3): decimal integers, decimal floats
// with optional exponent, "NaN", "Inf", "+Inf", "-Inf" in exactly this case. Not accepted:
// surrounding blanks, hex, "1e", "infinity", locale forms, values outside the type's range. An
// empty optional means "not a number of this kind"; the caller names the parameter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace soda {

std::optional<double> to_double(std::string_view text);
std::optional<std::int64_t> to_integer(std::string_view text);

// The shortest decimal text that reads back to the same double; "NaN", "+Inf", "-Inf" for the
// others.
std::string to_text(double value);

// Parts between runs of ASCII white space; no empty parts. The views point into `text`.
std::vector<std::string_view> split_blanks(std::string_view text);
// Parts between single separators; empty parts are kept: "a,,b" has three. The views point into
// `text`.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
// The first word, and what follows it.
std::pair<std::string_view, std::string_view> split_word(std::string_view text);

// ASCII only; other bytes unchanged (parameter and keyword names are ASCII).
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);

// True when one insertion, deletion, substitution or swap of neighbours makes a into b (and a !=
// b), ignoring ASCII case.
bool is_near_miss(std::string_view a, std::string_view b);

bool is_utf8(std::string_view text);

// A value as it may stand in a message or a log line: control characters, quotes and invalid UTF-8
// escaped (\n, \x01), cut after `limit` characters with "..." so that a hostile megabyte stays one
// line.
std::string quoted(std::string_view value, std::size_t limit = 80);

// For a component of a URI: all but unreserved characters (RFC 3986 section 2.3) and those of
// `kept` as %XX.
std::string percent_encode(std::string_view text, std::string_view kept = {});

}  // namespace soda
