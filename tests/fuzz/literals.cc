// Text of a request -> numbers, times, literals, and a whole cut: base/text, base/time,
// dali/literal, dali/param, cutout/params.
//
// Input: one NAME=VALUE a line, as the decoded fields of a request; every value also goes through
// every parser.
#include <cmath>
#include <string>

#include "base/text.h"
#include "base/time.h"
#include "cutout/look.h"
#include "cutout/params.h"
#include "dali/format.h"
#include "dali/literal.h"
#include "dali/param.h"
#include "target.h"

namespace {

using namespace soda;
using fuzz::require;

constexpr auto usage = FailureKind::usage;
constexpr std::size_t max_vertices = 200;
constexpr int max_picture = 2048;

void check_numbers(std::string_view value) {
  if (const auto number = to_double(value)) {
    const auto again = to_double(to_text(*number));
    require(again && (*again == *number || (std::isnan(*again) && std::isnan(*number))),
            "a number written reads back the same");
  }
  if (const auto integer = to_integer(value)) {
    require(to_integer(std::to_string(*integer)) == integer, "an integer reads back the same");
    require(to_double(value).has_value(), "an integer is a number");
  }
  for (const auto part : split_blanks(value)) {
    require(!part.empty() && trim(part) == part, "words have no blanks");
  }
  require(is_utf8(quoted(value)) && quoted(value).size() <= 4 * 80 + 16,
          "a quoted value is printable and short");
  require(equal_ignoring_case(to_upper(value), to_lower(value)), "case is one letter's affair");
  require(!is_near_miss(value, to_upper(value)), "a name is no near miss of itself");
}

void check_times(std::string_view value) {
  const auto mjd = mjd_from_iso8601(value);
  if (!mjd) return;
  require(std::isfinite(*mjd), "a time is finite");
  const auto again = mjd_from_iso8601(iso8601_from_mjd(*mjd));
  require(!again || std::abs(*again - *mjd) < 1e-7, "a time written reads back the same");
}

void check_region(const sky::Region& region) {
  const sky::Circle cap = sky::bounding_circle(region);
  const double radius = cap.radius().degrees();
  require(radius > 0 && radius <= 180, "a bounding circle has a legal radius");
  for (const auto& piece : sky::boundary(region)) {
    require(std::isfinite(piece.length.radians()) && piece.length.radians() >= 0,
            "a boundary has a length");
    for (const double t : {0.0, 0.3, 1.0}) {
      const auto at = piece.at(t);
      require(std::abs(at.x() * at.x() + at.y() * at.y() + at.z() * at.z() - 1) < 1e-9,
              "a boundary lies on the sphere");
      require(sky::separation(at, cap.centre()).degrees() <= radius + 1e-6,
              "a bounding circle holds the boundary");
    }
  }
  if (const auto* circle = std::get_if<sky::Circle>(&region)) {
    require(sky::contains(region, circle->centre()), "a circle holds its centre");
  }
  if (const auto* polygon = std::get_if<sky::Polygon>(&region)) {
    for (const auto& vertex : polygon->vertices()) {
      require(sky::contains(region, vertex), "a polygon holds its vertices");
    }
  }
}

void check_literals(std::string_view value) {
  fuzz::survives({usage}, [&] { check_region(dali::parse_circle("P", value)); });
  fuzz::survives({usage}, [&] { check_region(dali::parse_range("P", value)); });
  fuzz::survives({usage}, [&] { check_region(dali::parse_polygon("P", value, max_vertices)); });
  fuzz::survives({usage}, [&] {
    const auto band = dali::parse_band("P", value);
    require(band.lo <= band.hi, "a band is in order");
  });
  fuzz::survives({usage}, [&] {
    const auto time = dali::parse_time("P", value);
    require(time.lo <= time.hi, "a time span is in order");
  });
  fuzz::survives({usage}, [&] {
    for (const double number : dali::parse_numbers("P", value, 100)) {
      require(!std::isnan(number), "NaN is refused");
    }
  });
  fuzz::survives({usage}, [&] {
    const auto number = dali::parse_integer("P", value, -7, 7);
    require(number >= -7 && number <= 7, "an integer is inside its limits");
  });
  fuzz::survives({usage}, [&] { dali::parse_flag("P", value); });
}

void check_format(std::string_view asked, std::string_view accept) {
  constexpr dali::Format formats[] = {{"application/fits", "fits"}, {"image/fits", ""}};
  fuzz::survives({usage}, [&] {
    const auto choice = dali::choose_format(formats, asked, accept);
    require(choice.index < std::size(formats), "a format is one of those offered");
  });
}

void check_pixels(const cutout::Cut& cut) {
  const auto ordered = [](const wcs::PixelInterval& interval) {
    return interval.first >= 1 && interval.first <= interval.last;
  };
  require(!cut.channel || ordered(*cut.channel), "channels are in order");
  for (const auto& axis : cut.pixels) require(!axis || ordered(*axis), "sections are in order");
  require(is_utf8(cut.request_text), "the text of a request is UTF-8");
}

void check_look(const image::Look& look) {
  require(!look.size || (*look.size >= 1 && *look.size <= max_picture), "a size is in its limits");
  require(!look.low || !look.high || *look.low < *look.high, "limits are in order");
  require(!look.percentiles || (look.percentiles->low >= 0 && look.percentiles->high <= 100 &&
                                look.percentiles->low < look.percentiles->high),
          "percentiles are in order");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  http::Form form;
  while (!text.empty() && form.fields.size() < 1000) {
    std::string_view line = fuzz::take_until(text, "\n");
    const std::string_view name = fuzz::take_until(line, "=");
    check_numbers(line);
    check_times(line);
    check_literals(line);
    check_format(name, line);
    // What reaches a service has passed http/form.
    if (is_utf8(name) && is_utf8(line))
      form.fields.push_back({std::string(name), std::string(line)});
  }
  fuzz::survives({usage, FailureKind::multi_valued}, [&] {
    const dali::Arguments arguments(form, cutout::parameters());
    check_pixels(cutout::parse_cut(arguments, max_vertices));
    check_look(cutout::parse_look(arguments, max_picture));
  });
  return 0;
}
