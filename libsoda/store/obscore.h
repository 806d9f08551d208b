// The ObsCore record of a data set (ObsCore 1.1) and the one declaration of its columns: name,
// type, unit, UCD, utype, description. The table of the data base, later the answers of SIA,
// TAP_SCHEMA and /tables, are derived from `obscore_columns`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/table.h"

namespace soda::store {

// Empty optionals and empty strings are NULL. Units as in ObsCore: degrees, arcsec, metres, MJD
// (UTC), seconds.
struct ObsCore {
  std::string dataproduct_type;  // "image", "cube" …
  std::int64_t calib_level = 2;
  std::string obs_collection, obs_id, obs_publisher_did, obs_title, obs_creator_did;
  std::string access_url;  // empty: where the data are is for a service to say
  std::string access_format, target_name, target_class, obs_creation_date, obs_release_date,
      data_rights, proposal_id, bib_reference;
  std::optional<std::int64_t> access_estsize;  // kbyte
  std::optional<double> s_ra, s_dec, s_fov, s_resolution, s_pixel_scale;
  std::string
      s_region;  // "Polygon ICRS lon lat …" or "Circle ICRS lon lat radius", see `polygon_text`
  std::optional<std::int64_t> s_xel1, s_xel2;
  std::optional<double> t_min, t_max, t_exptime, t_resolution;
  std::optional<std::int64_t> t_xel;
  std::optional<double> em_min, em_max, em_res_power;
  std::optional<std::int64_t> em_xel;
  std::string em_ucd, o_ucd, o_unit, pol_states;
  std::optional<std::int64_t> pol_xel;
  std::string facility_name, instrument_name;
  std::string filter;  // the archive's own column "filter": name as in the header
};

// What access_url leads to, for data sets with a file: their links (DataLink 1.1 section 3.3 fixes
// the very letters of that type), or the file.
enum class Access { links, file };
enum class Packing { none, gzip };
inline constexpr std::string_view links_format = "application/x-votable+xml;content=datalink";
inline constexpr std::string_view fits_format = "application/fits";
inline constexpr std::string_view gzipped_fits_format = "image/x-fits-gzip";
constexpr std::string_view access_format_of(Access access, Packing packing) noexcept {
  if (access == Access::links) return links_format;
  return packing == Packing::gzip ? gzipped_fits_format : fits_format;
}

struct ObsCoreColumn : Column {
  bool mandatory;
  bool nullable;
  std::variant<std::string ObsCore::*, std::int64_t ObsCore::*,
               std::optional<std::int64_t> ObsCore::*, std::optional<double> ObsCore::*>
      member;
};
// In the order of ObsCore 1.1 table 6, the optional ones after the mandatory ones.
std::span<const ObsCoreColumn> obscore_columns();

// Sets a column by its name from text, as configuration and headers give it: numbers strictly,
// empty text is NULL. False when there is no such column or the text is no number of the column's
// type.
bool set_column(ObsCore& record, std::string_view name, std::string_view text);

// s_region of an outline (degrees, ICRS; lon, lat, lon, lat …): "Polygon ICRS …", to 1e-8 degrees.
// Counter-clockwise seen from inside, first vertex not repeated: the outline's own order is kept.
// Empty for fewer than three vertices.
std::string polygon_text(std::span<const double> lon_lat);
// "Circle ICRS lon lat radius", degrees.
std::string circle_text(double lon, double lat, double radius);

// What is wrong with a record that comes from outside, as a sentence: what must not be NULL is,
// numbers that no sky, calibration level or interval can have. Empty when all is well; s_region is
// not looked at.
std::string defect_of(const ObsCore& record);

}  // namespace soda::store
