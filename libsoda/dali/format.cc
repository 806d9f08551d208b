#include "dali/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/failure.h"
#include "base/text.h"

namespace soda::dali {
namespace {

constexpr std::size_t longest_accept = 8192;  // bytes that are looked at

// "application/fits" of "application/fits; x=y".
std::string_view base_type(std::string_view media_type) {
  return trim(media_type.substr(0, media_type.find(';')));
}

// The value of a parameter of a media type; empty when it has none of that name.
std::string_view value_of(std::string_view media_type, std::string_view name) {
  for (const std::string_view part : split(media_type, ';')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    if (!equal_ignoring_case(trim(part.substr(0, equals)), name)) continue;
    std::string_view value = trim(part.substr(equals + 1));
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return {};
}

bool same_base(const Format& format, std::string_view asked) {
  return equal_ignoring_case(base_type(format.media_type), base_type(asked));
}

// Whether `format` is what `asked` says in all parameters that any of `offered` has.
bool agrees(const Format& format, std::string_view asked, std::span<const Format> offered) {
  const std::vector<std::string_view> parts = split(asked, ';');
  return std::all_of(parts.begin() + 1, parts.end(), [&](std::string_view part) {
    const std::string_view name = trim(part.substr(0, part.find('=')));
    const bool matters = std::ranges::any_of(offered, [&](const Format& other) {
      return same_base(other, asked) && !value_of(other.media_type, name).empty();
    });
    return !matters ||
           equal_ignoring_case(value_of(format.media_type, name), value_of(asked, name));
  });
}

bool names(const Format& format, std::string_view asked, std::span<const Format> offered) {
  return (same_base(format, asked) && agrees(format, asked, offered)) ||
         (!format.short_form.empty() && equal_ignoring_case(format.short_form, asked));
}

struct AcceptRange {
  std::string_view type;  // "*/*", "image/*" or a full type
  double quality = 1;
};

std::vector<AcceptRange> parse_accept(std::string_view accept) {
  std::vector<AcceptRange> ranges;
  for (const std::string_view item : split(accept.substr(0, longest_accept), ',')) {
    AcceptRange range{base_type(item), 1};
    for (const std::string_view part : split(item, ';')) {
      const std::string_view parameter = trim(part);
      if (!starts_with_ignoring_case(parameter, "q=")) continue;
      range.quality = std::clamp(to_double(parameter.substr(2)).value_or(0), 0.0, 1.0);
    }
    if (!range.type.empty()) ranges.push_back(range);
  }
  return ranges;
}

// 0: no match; 1 to 3: the more specific the higher.
int match(std::string_view range, std::string_view type) {
  if (equal_ignoring_case(range, type)) return 3;
  if (range == "*/*") return 1;
  const bool family =
      range.ends_with("/*") && starts_with_ignoring_case(type, range.substr(0, range.size() - 1));
  return family ? 2 : 0;
}

double quality_of(const std::vector<AcceptRange>& ranges, std::string_view media_type) {
  double quality = 0;
  int best = 0;
  for (const AcceptRange& range : ranges) {
    const int specificity = match(range.type, base_type(media_type));
    if (specificity <= best) continue;
    best = specificity;
    quality = range.quality;
  }
  return quality;
}

std::size_t choose_accepted(std::span<const Format> offered, std::string_view accept) {
  const std::vector<AcceptRange> ranges = parse_accept(accept);
  std::size_t chosen = 0;
  double best = 0;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    const Format& format = offered[i];
    const double quality =
        quality_of(ranges, format.accepted_as.empty() ? format.media_type : format.accepted_as);
    if (quality > best) {
      best = quality;
      chosen = i;
    }
  }
  return chosen;
}

// The value goes back in a header.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::string list_of(std::span<const Format> offered) {
  std::string list;
  for (const Format& format : offered) {
    list += list.empty() ? "" : ", ";
    list += format.media_type;
    if (!format.short_form.empty()) list += fmt::format(" ({})", format.short_form);
  }
  return list;
}

}  // namespace

Choice choose_format(std::span<const Format> offered, std::string_view asked,
                     std::string_view accept) {
  asked = trim(asked);
  if (asked.empty()) {
    const std::size_t index = choose_accepted(offered, accept);
    return {index, std::string(offered[index].media_type)};
  }
  const auto found = std::ranges::find_if(
      offered, [&](const Format& format) { return names(format, asked, offered); });
  if (found == offered.end() || !is_plain(asked)) {
    throw Failure(FailureKind::usage,
                  fmt::format("RESPONSEFORMAT: one of {} is expected, received \"{}\"",
                              list_of(offered), quoted(asked)),
                  "RESPONSEFORMAT");
  }
  const bool by_type = same_base(*found, asked);  // a short form may have a slash: votable/b2
  return {static_cast<std::size_t>(found - offered.begin()),
          std::string(by_type ? asked : found->media_type)};
}

}  // namespace soda::dali
