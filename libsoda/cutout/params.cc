#include "cutout/params.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/failure.h"
#include "base/text.h"
#include "dali/literal.h"

namespace soda::cutout {
namespace {

using dali::Repeat;

constexpr dali::Parameter table[] = {
    {"ID", "char", "*", "", "", "meta.id;meta.dataset", Repeat::list, "",
     "Publisher identifier of the data set; for a picture also three, shown in red, green and blue",
     true},
    {"POS", "char", "*", "", "", "pos.outline;obs", Repeat::list, "",
     "Region to cut out (ICRS, degrees): CIRCLE lon lat r, RANGE lon1 lon2 lat1 lat2, POLYGON lon1 "
     "lat1 lon2 lat2 lon3 lat3 ..., or BRECT lon lat w h [pixel|arcsec|deg]",
     true},
    {"CIRCLE", "double", "3", "circle", "deg", "pos.outline;obs", Repeat::list, "",
     "Circle to cut out (ICRS): lon lat radius", true},
    {"POLYGON", "double", "*", "polygon", "deg", "pos.outline;obs", Repeat::list, "",
     "Polygon to cut out (ICRS): lon1 lat1 lon2 lat2 lon3 lat3 ...", true},
    {"BAND", "double", "2", "interval", "m", "em.wl;stat.interval", Repeat::list, "",
     "Vacuum wavelengths to cut out: lo hi, or one value", true},
    {"TIME", "double", "2", "interval", "d", "time.interval;obs.exposure", Repeat::list, "",
     "Times to cut out (MJD, UTC): lo hi, or one value", true},
    {"POL", "char", "*", "", "", "meta.code;phys.polarization", Repeat::filter,
     dali::polarisation_states, "Polarisation states to keep; may be repeated", true},
    {"CHANNEL", "long", "2", "interval", "", "meta.number;em", Repeat::single, "",
     "Planes of the spectral axis to keep: first last, counted from 1, both included", true},
    {"PIXELS", "char", "*", "", "", "meta.section;pos.cartesian", Repeat::single, "",
     "Pixels to keep, one section an axis: [x1:x2,y1:y2,*], counted from 1, both included", true},
    {"EXT", "char", "*", "", "", "meta.id;meta.file", Repeat::list, "",
     "Only these HDUs: an EXTNAME, or a number with 0 = primary; may be repeated", true},
    {"DETAIL", "char", "*", "", "", "meta.code.class", Repeat::single, "Image|MaskedImage|All",
     "What comes along: the image alone, its mask and errors too, or every table as well", true},
    {"CUTOUTDETAIL", "char", "*", "", "", "meta.code.class", Repeat::single,
     "Image|MaskedImage|Exposure|All", "The same as DETAIL, with Exposure for All", false},
    {"MASK", "char", "*", "", "", "meta.code", Repeat::single, "none|nan|plane",
     "Pixels outside the shape: nan sets them to NaN or BLANK, plane appends a byte image (1 = "
     "inside)",
     true},
    {"PAD", "boolean", "", "", "", "meta.code", Repeat::single, "",
     "true: fill the box up with NaN or BLANK where it reaches over the image's edge", true},
    {"RESPONSEFORMAT", "char", "*", "", "", "meta.code.mime", Repeat::single, "",
     "application/fits, image/fits, image/png or image/jpeg; of several cuts application/x-tar or "
     "multi-fits",
     false},
    {"RUNID", "char", "*", "", "", "meta.id", Repeat::single, "",
     "A text of at most 64 characters for the service's log", false},
    // Not in descriptors, which speak of FITS; and pyvo (1.2) fails at PARAMs of one real number
    // without a value.
    {"STRETCH", "char", "*", "", "", "meta.code", Repeat::single, "linear|log|sqrt|asinh|histogram",
     "Of a picture: how values between the limits become shades; asinh without it", false},
    {"MIN", "double", "", "", "", "stat.min", Repeat::single, "",
     "Of a picture: the value shown darkest; chosen by the image (zscale) without it", false},
    {"MAX", "double", "", "", "", "stat.max", Repeat::single, "",
     "Of a picture: the value shown brightest; chosen by the image (zscale) without it", false},
    {"PERCENTILE", "char", "*", "", "", "stat.rank", Repeat::single, "",
     "Of a picture, instead of MIN and MAX: the central share of the values in per cent, or two "
     "percentiles: lo hi",
     false},
    {"CMAP", "char", "*", "", "", "meta.code", Repeat::single,
     "grey|viridis|inferno|heat|grey_r|viridis_r|inferno_r|heat_r",
     "Of a picture: the colours; _r is from bright to dark", false},
    {"SIZE", "int", "", "", "pixel", "pos.cartesian;instr.pixel", Repeat::single, "",
     "Of a picture: its longer side in pixels", false},
    {"INVERT", "boolean", "", "", "", "meta.code", Repeat::single, "",
     "Of a picture, true: bright and dark exchanged", false},
};

// What jobs take beside those: tables of positions, and which images of each to cut.
constexpr dali::Parameter batch_table[] = {
    {"UPLOAD", "char", "*", "", "", "", Repeat::single, "",
     "NAME,param:PART: a table of positions (VOTable, CSV, FITS) with ra, dec and, where a row has "
     "them, radius or width and height, id, collection, band, time",
     false},
    {"RADIUS", "double", "", "", "deg", "phys.angSize", Repeat::single, "",
     "Of positions that have no size in their table: a circle of that radius", false},
    {"BOX", "char", "*", "", "", "phys.angSize", Repeat::single, "",
     "Of positions that have no size in their table: w h, with an optional unit pixel, arcsec or "
     "deg",
     false},
    {"COLLECTION", "char", "*", "", "", "meta.id;meta.curation", Repeat::list, "",
     "Of positions: only images of this collection; may be repeated", false},
    {"INSTRUMENT", "char", "*", "", "", "meta.id;instr", Repeat::list, "",
     "Of positions: only images of this instrument; may be repeated", false},
    {"MAXPERPOS", "long", "", "", "", "meta.number", Repeat::single, "",
     "Of positions: at most so many images of each, the newest ones", false},
};

Failure malformed(std::string_view parameter, std::string_view expected, std::string_view value) {
  return {FailureKind::usage,
          fmt::format("{} must be {}, got \"{}\"", parameter, expected, quoted(value)),
          std::string(parameter)};
}

constexpr std::string_view brect_form =
    "BRECT lon lat w h with an optional unit pixel, arcsec or deg";

// `value` with its first word. w and h along the pixel axes for `pixel`; else the sides of a box in
// the tangent plane at the centre.
Shape parse_brect(std::string_view value) {
  auto words = split_blanks(split_word(value).second);
  std::string unit = "deg";
  if (words.size() == 5) {
    unit = to_lower(words.back());
    words.pop_back();
  }
  if (words.size() != 4) throw malformed("POS", brect_form, value);
  std::array<double, 4> v{};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto number = to_double(words[i]);
    if (!number || !std::isfinite(*number)) throw malformed("POS", brect_form, value);
    v[i] = *number;
  }
  if (std::abs(v[1]) > 90) throw malformed("POS", "BRECT with a latitude in [-90, 90]", value);
  if (!(v[2] > 0 && v[3] > 0)) throw malformed("POS", "BRECT with w and h above 0", value);
  const auto centre =
      sky::Direction::from_lon_lat(sky::Angle::from_degrees(v[0]), sky::Angle::from_degrees(v[1]));
  if (unit == "pixel") {
    if (v[2] > 1e9 || v[3] > 1e9)
      throw malformed("POS", "BRECT of at most 1e9 pixels a side", value);
    return PixelRectangle{centre, v[2], v[3]};
  }
  if (unit != "deg" && unit != "arcsec") throw malformed("POS", brect_form, value);
  const double scale = unit == "deg" ? 1 : 1.0 / 3600;
  try {
    return sky::Region(sky::tangent_box(centre, sky::Angle::from_degrees(v[2] * scale),
                                        sky::Angle::from_degrees(v[3] * scale)));
  } catch (const Failure& failure) {
    throw Failure(failure.kind(), fmt::format("POS: {}, got \"{}\"", failure.what(), quoted(value)),
                  "POS");
  }
}

Shape parse_position(std::string_view value, std::size_t max_vertices) {
  if (equal_ignoring_case(split_word(value).first, "BRECT")) return parse_brect(value);
  return dali::parse_position("POS", value, max_vertices);
}

// POS, CIRCLE and POLYGON are three spellings of one filter.
std::optional<Shape> parse_shape(const dali::Arguments& arguments, std::size_t max_vertices) {
  std::optional<Shape> shape;
  std::string_view first;
  const auto take = [&](std::string_view name, const auto& parse) {
    const auto value = arguments.one(name);
    if (!value) return;
    if (shape) {
      throw Failure(
          FailureKind::multi_valued,
          fmt::format("{} and {} are both given, and one shape is supported", first, name),
          std::string(name));
    }
    shape = parse(*value);
    first = name;
  };
  take("POS", [&](std::string_view v) { return parse_position(v, max_vertices); });
  take("CIRCLE",
       [](std::string_view v) -> Shape { return sky::Region(dali::parse_circle("CIRCLE", v)); });
  take("POLYGON", [&](std::string_view v) -> Shape {
    return sky::Region(dali::parse_polygon("POLYGON", v, max_vertices));
  });
  return shape;
}

wcs::PixelInterval parse_interval(std::string_view parameter, std::string_view lo,
                                  std::string_view hi, std::string_view expected,
                                  std::string_view value) {
  const auto first = to_integer(trim(lo));
  const auto last = to_integer(trim(hi));
  constexpr std::int64_t most = std::int64_t{1} << 53;
  if (!first || !last || *first < 1 || *last < *first || *last > most) {
    throw malformed(parameter, expected, value);
  }
  return {*first, *last};
}

wcs::PixelInterval parse_channel(std::string_view value) {
  constexpr std::string_view expected = "two whole numbers, first last, with 1 <= first <= last";
  const auto words = split_blanks(value);
  if (words.empty() || words.size() > 2) throw malformed("CHANNEL", expected, value);
  return parse_interval("CHANNEL", words.front(), words.back(), expected, value);
}

// CFITSIO's spelling of an image section: "[x1:x2,y1:y2,*]"; a step is not offered.
std::vector<AxisSection> parse_pixels(std::string_view value) {
  constexpr std::string_view expected =
      "[first:last,...] with one section an axis, counted from 1, first <= last, * for a whole "
      "axis "
      "and no step";
  const std::string_view text = trim(value);
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') {
    throw malformed("PIXELS", expected, value);
  }
  std::vector<AxisSection> sections;
  for (const auto part : split(text.substr(1, text.size() - 2), ',')) {
    if (sections.size() == 999) throw malformed("PIXELS", expected, value);  // FITS: NAXIS <= 999
    if (trim(part) == "*") {
      sections.emplace_back();
      continue;
    }
    const auto ends = split(part, ':');
    if (ends.size() > 2) throw malformed("PIXELS", expected, value);
    sections.emplace_back(parse_interval("PIXELS", ends.front(), ends.back(), expected, value));
  }
  return sections;
}

template <class T>
T chosen(std::string_view value, std::initializer_list<std::pair<std::string_view, T>> choices,
         T fallback) {
  for (const auto& [name, meaning] : choices) {
    if (equal_ignoring_case(value, name)) return meaning;
  }
  return fallback;
}

Detail parse_detail(const dali::Arguments& arguments) {
  const auto one = arguments.one("DETAIL");
  const auto other = arguments.one("CUTOUTDETAIL");
  if (one && other) {
    throw Failure(FailureKind::multi_valued,
                  "DETAIL and CUTOUTDETAIL are two names of one parameter", "CUTOUTDETAIL");
  }
  if (!one && !other) return Detail::standard;
  return chosen<Detail>(one ? *one : *other,
                        {{"Image", Detail::image},
                         {"MaskedImage", Detail::masked_image},
                         {"Exposure", Detail::all},
                         {"All", Detail::all}},
                        Detail::standard);
}

// One cut has one of each.
void require_one(const dali::Arguments& arguments, std::string_view name) {
  const auto count = arguments.all(name).size();
  if (count < 2) return;
  throw Failure(FailureKind::multi_valued,
                fmt::format("{}: one value is supported, received {}", name, count),
                std::string(name));
}

constexpr std::size_t picture_rows = 7;  // the last ones of the table

// The filters as received, in the table's order, printable: for the provenance card.
std::string request_text(const dali::Arguments& arguments) {
  std::string text;
  for (const auto& parameter : std::span(table).first(std::size(table) - picture_rows)) {
    if (parameter.name == "ID" || parameter.name == "RESPONSEFORMAT" || parameter.name == "RUNID") {
      continue;
    }
    for (const auto& value : arguments.all(parameter.name)) {
      if (!text.empty()) text += "; ";
      text += fmt::format("{}={}", parameter.name, quoted(value, 400));
    }
  }
  return text;
}

}  // namespace

std::span<const dali::Parameter> parameters() { return table; }

std::span<const dali::Parameter> picture_parameters() {
  return std::span(table).last(picture_rows);
}

std::span<const dali::Parameter> batch_parameters() {
  static const std::vector<dali::Parameter> rows = [] {
    std::vector<dali::Parameter> all(std::begin(table), std::end(table));
    all.insert(all.end(), std::begin(batch_table), std::end(batch_table));
    return all;
  }();
  return rows;
}

Cut parse_cut(const dali::Arguments& arguments, std::size_t max_vertices) {
  for (const std::string_view name : combined) {
    if (name != "ID") require_one(arguments, name);
  }
  Cut cut;
  cut.shape = parse_shape(arguments, max_vertices);
  cut.request_text = request_text(arguments);
  if (const auto value = arguments.one("BAND")) cut.band = dali::parse_band("BAND", *value);
  if (const auto value = arguments.one("TIME")) cut.time = dali::parse_time("TIME", *value);
  if (const auto value = arguments.one("CHANNEL")) cut.channel = parse_channel(*value);
  if (const auto value = arguments.one("PIXELS")) cut.pixels = parse_pixels(*value);
  for (const auto& value : arguments.all("POL")) cut.states.push_back(to_upper(value));
  cut.extensions = arguments.all("EXT");
  cut.detail = parse_detail(arguments);
  cut.outside =
      chosen<Outside>(arguments.one("MASK").value_or(""),
                      {{"nan", Outside::blank}, {"plane", Outside::plane}}, Outside::keep);
  if (const auto value = arguments.one("PAD")) {
    cut.beyond = dali::parse_flag("PAD", *value) ? Beyond::pad : Beyond::clip;
  }
  return cut;
}

}  // namespace soda::cutout
