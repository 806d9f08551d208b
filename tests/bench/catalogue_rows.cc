#include "catalogue_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>
#include <variant>

#include "base/text.h"
#include "sky/footprint.h"
#include "store/obscore.h"

namespace bench {
namespace {

using namespace soda;
using sky::Angle;
using sky::Direction;

constexpr int fields = 200;

Direction centre_of(Draw& draw) {
  if (draw.below(10) != 0) return draw.anywhere();
  Draw field(1'000'000'007ULL + static_cast<std::uint64_t>(draw.below(fields)));
  return sky::offset(field.anywhere(), Angle::from_degrees(draw.uniform(0, 360)),
                     Angle::from_degrees(0.5 * std::sqrt(draw.uniform(0, 1))));
}

double size_of(Draw& draw) {
  const int of = draw.below(1000);
  return of < 800 ? 0.15 : of < 980 ? 0.5 : of < 999 ? 2 : 10;
}

}  // namespace

Direction Draw::anywhere() {
  const double lon = uniform(0, 360), z = uniform(-1, 1);
  return Direction::from_lon_lat(Angle::from_degrees(lon), Angle::from_radians(std::asin(z)));
}

CatalogueEntry entry_of(std::uint64_t number) {
  struct Band {
    const char* name;
    double lo, hi;
  };
  constexpr std::array<Band, 5> bands = {{{"u", 3.2e-7, 4e-7},
                                          {"g", 4e-7, 5.5e-7},
                                          {"r", 5.5e-7, 7e-7},
                                          {"i", 6.9e-7, 8.2e-7},
                                          {"K", 2e-6, 2.3e-6}}};
  constexpr std::array<double, 10> exposures = {10, 30, 60, 100, 120, 300, 600, 900, 1200, 1800};
  Draw draw(number);
  const Direction centre = centre_of(draw);
  const double size = size_of(draw), turn = draw.uniform(0, 90);
  CatalogueEntry entry;
  store::ObsCore& o = entry.obscore;
  const int collection = draw.below(20), instrument = draw.below(50);
  const Band& band = bands[static_cast<std::size_t>(draw.below(5))];
  std::vector<double>& outline = entry.outline;
  for (int corner = 3; corner >= 0; --corner) {
    const Direction d = sky::offset(centre, Angle::from_degrees(turn + 45 + 90 * corner),
                                    Angle::from_degrees(size / std::numbers::sqrt2));
    outline.insert(outline.end(), {d.lon().degrees(), d.lat().degrees()});
  }
  o.dataproduct_type = draw.below(20) == 0 ? "cube" : "image";
  o.calib_level = 1 + draw.below(3);
  o.obs_collection = fmt::format("SURVEY-DR{}", collection);
  o.obs_id = fmt::format("obs-{:09}", number / 3);
  o.obs_publisher_did =
      fmt::format("ivo://archive.example/survey?dr{}/exposures/{:09}.fits", collection, number);
  o.access_format = "application/x-votable+xml;content=datalink";
  o.access_estsize = 8192 + draw.below(10000);
  // Survey fields of two degrees.
  o.target_name = fmt::format("FIELD {:03.0f}{:+03.0f}", centre.lon().degrees() / 2,
                              centre.lat().degrees() / 2);
  o.s_ra = centre.lon().degrees();
  o.s_dec = centre.lat().degrees();
  o.s_fov = size * std::numbers::sqrt2;
  o.s_region = store::polygon_text(outline);
  o.s_resolution = 0.05 * (10 + draw.below(30));
  o.s_xel1 = 2048;
  o.s_xel2 = 2048;
  o.s_pixel_scale = size / 2048 * 3600;
  o.t_min = draw.uniform(50000, 60000);
  o.t_exptime = exposures[static_cast<std::size_t>(draw.below(exposures.size()))];
  o.t_max = *o.t_min + *o.t_exptime / 86400;
  o.t_resolution = o.t_exptime;
  o.t_xel = 1;
  o.em_min = band.lo;
  o.em_max = band.hi;
  o.em_res_power = 4;
  o.em_xel = 1;
  o.o_ucd = "phot.count";
  o.facility_name = fmt::format("Observatory {}", instrument / 10);
  o.instrument_name = fmt::format("CAM-{}", instrument);
  o.obs_title = fmt::format("{} {} {}", o.instrument_name, o.target_name, band.name);
  o.data_rights = "public";
  o.filter = band.name;
  return entry;
}

Direction place_of(std::uint64_t number, std::uint64_t rows) {
  Draw draw(77'000'000'000ULL + number);
  if (number % 2 == 0) return draw.anywhere();
  Draw of_row(static_cast<std::uint64_t>(draw.uniform(0, static_cast<double>(rows))));
  return centre_of(of_row);
}

std::vector<std::uint64_t> numbers_in_order(std::uint64_t rows) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> keys;
  keys.reserve(rows);
  for (std::uint64_t number = 0; number < rows; ++number) {
    Draw draw(number);
    keys.emplace_back(sky::hilbert_order(centre_of(draw)), number);
  }
  std::sort(keys.begin(), keys.end());
  std::vector<std::uint64_t> numbers;
  numbers.reserve(rows);
  for (const auto& [key, number] : keys) numbers.push_back(number);
  return numbers;
}

namespace {

// A field of COPY's text format; the rows hold no character that would have to be escaped.
struct FieldOf {
  const store::ObsCore& record;
  std::string operator()(std::string store::ObsCore::*member) const {
    const std::string& text = record.*member;
    return text.empty() ? "\\N" : text;
  }
  std::string operator()(std::int64_t store::ObsCore::*member) const {
    return std::to_string(record.*member);
  }
  std::string operator()(std::optional<std::int64_t> store::ObsCore::*member) const {
    return (record.*member) ? std::to_string(*(record.*member)) : "\\N";
  }
  std::string operator()(std::optional<double> store::ObsCore::*member) const {
    return (record.*member) ? to_text(*(record.*member)) : "\\N";
  }
};

}  // namespace

std::string copy_line(std::uint64_t number) {
  const CatalogueEntry entry = entry_of(number);
  std::string line = std::to_string(number);
  for (const store::ObsCoreColumn& column : store::obscore_columns())
    line += '\t' + std::visit(FieldOf{entry.obscore}, column.member);
  line += "\t{";
  for (std::size_t i = 0; i < entry.outline.size(); i += 2) {
    line += fmt::format("{}({}d,{}d)", i == 0 ? "" : ",", to_text(entry.outline[i]),
                        to_text(entry.outline[i + 1]));
  }
  return line + "}\n";
}

std::string create_statement(const std::string& table) {
  constexpr std::array<std::string_view, 3> types = {"text", "bigint", "double precision"};
  std::string sql = fmt::format("CREATE TABLE {} (id bigint", table);
  for (const store::ObsCoreColumn& column : store::obscore_columns())
    sql += fmt::format(", {} {}", column.name, types[static_cast<std::size_t>(column.type)]);
  return sql + ", outline spoly);\n";
}

}  // namespace bench
