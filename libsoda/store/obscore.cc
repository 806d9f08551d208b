#include "store/obscore.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace soda::store {
namespace {

using T = ColumnType;
constexpr bool mandatory = true;
constexpr bool optional = false;
constexpr bool nullable = true;
constexpr bool never_null = false;

// ObsCore 1.1 sections 3 and 4, tables 1, 6 and 7, with the errata's UCDs. bib_reference has the
// UCD that validators expect; its value is a bibcode. filter is ours.
// A row of the declaration; a column in the terms of base/table.h is made of it once.
struct Declared {
  std::string_view name;
  ColumnType type;
  std::string_view arraysize, xtype, unit, ucd, utype, description;
  bool mandatory;
  bool nullable;
  decltype(ObsCoreColumn::member) member;
};

constexpr std::array declarations = std::to_array<Declared>({
    {"dataproduct_type", T::text, "*", "", "", "meta.code.class",
     "obscore:ObsDataset.dataProductType", "Kind of data: image, cube, spectrum, ...", mandatory,
     nullable, &ObsCore::dataproduct_type},
    {"calib_level", T::integer, "", "", "", "meta.code;obs.calib", "obscore:ObsDataset.calibLevel",
     "Calibration: 0 raw, private format; 1 raw, standard format; 2 calibrated; 3 enhanced; 4 "
     "analysis product",
     mandatory, never_null, &ObsCore::calib_level},
    {"obs_collection", T::text, "*", "", "", "meta.id", "obscore:DataID.collection",
     "Name of the collection that the data set belongs to", mandatory, never_null,
     &ObsCore::obs_collection},
    {"obs_id", T::text, "*", "", "", "meta.id", "obscore:DataID.observationID",
     "Identifier of the observation, shared by all its products", mandatory, never_null,
     &ObsCore::obs_id},
    {"obs_publisher_did", T::text, "*", "", "", "meta.ref.ivoid", "obscore:Curation.publisherDID",
     "Identifier of the data set, as DataLink and SODA take it in ID", mandatory, never_null,
     &ObsCore::obs_publisher_did},
    {"access_url", T::text, "*", "", "", "meta.ref.url", "obscore:Access.reference",
     "Where the data set, or the list of what belongs to it, is fetched", mandatory, nullable,
     &ObsCore::access_url},
    {"access_format", T::text, "*", "", "", "meta.code.mime", "obscore:Access.format",
     "Media type of what access_url returns", mandatory, nullable, &ObsCore::access_format},
    {"access_estsize", T::integer, "", "", "kbyte", "phys.size;meta.file", "obscore:Access.size",
     "Size of the file, about", mandatory, nullable, &ObsCore::access_estsize},
    {"target_name", T::text, "*", "", "", "meta.id;src", "obscore:Target.name",
     "Object observed, as the observer named it", mandatory, nullable, &ObsCore::target_name},
    {"s_ra", T::real, "", "", "deg", "pos.eq.ra",
     "obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1",
     "Centre, right ascension, ICRS", mandatory, nullable, &ObsCore::s_ra},
    {"s_dec", T::real, "", "", "deg", "pos.eq.dec",
     "obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2",
     "Centre, declination, ICRS", mandatory, nullable, &ObsCore::s_dec},
    {"s_fov", T::real, "", "", "deg", "phys.angSize;instr.fov",
     "obscore:Char.SpatialAxis.Coverage.Bounds.Extent.diameter",
     "Diameter of a circle that holds the data", mandatory, nullable, &ObsCore::s_fov},
    {"s_region", T::text, "*", "adql:REGION", "", "pos.outline;obs.field",
     "obscore:Char.SpatialAxis.Coverage.Support.Area", "Outline of the data on the sky, ICRS",
     mandatory, nullable, &ObsCore::s_region},
    {"s_resolution", T::real, "", "", "arcsec", "pos.angResolution",
     "obscore:Char.SpatialAxis.Resolution.Refval.value",
     "Angular resolution, full width at half maximum", mandatory, nullable, &ObsCore::s_resolution},
    {"s_xel1", T::integer, "", "", "", "meta.number", "obscore:Char.SpatialAxis.numBins1",
     "Pixels along the first spatial axis", mandatory, nullable, &ObsCore::s_xel1},
    {"s_xel2", T::integer, "", "", "", "meta.number", "obscore:Char.SpatialAxis.numBins2",
     "Pixels along the second spatial axis", mandatory, nullable, &ObsCore::s_xel2},
    {"t_min", T::real, "", "", "d", "time.start;obs.exposure",
     "obscore:Char.TimeAxis.Coverage.Bounds.Limits.StartTime", "Start of the observation, MJD, UTC",
     mandatory, nullable, &ObsCore::t_min},
    {"t_max", T::real, "", "", "d", "time.end;obs.exposure",
     "obscore:Char.TimeAxis.Coverage.Bounds.Limits.StopTime", "End of the observation, MJD, UTC",
     mandatory, nullable, &ObsCore::t_max},
    {"t_exptime", T::real, "", "", "s", "time.duration;obs.exposure",
     "obscore:Char.TimeAxis.Coverage.Support.Extent", "Exposure time", mandatory, nullable,
     &ObsCore::t_exptime},
    {"t_resolution", T::real, "", "", "s", "time.resolution",
     "obscore:Char.TimeAxis.Resolution.Refval.value", "Resolution in time", mandatory, nullable,
     &ObsCore::t_resolution},
    {"t_xel", T::integer, "", "", "", "meta.number", "obscore:Char.TimeAxis.numBins",
     "Samples along the time axis", mandatory, nullable, &ObsCore::t_xel},
    {"em_min", T::real, "", "", "m", "em.wl;stat.min",
     "obscore:Char.SpectralAxis.Coverage.Bounds.Limits.LoLimit", "Shortest wavelength, in vacuum",
     mandatory, nullable, &ObsCore::em_min},
    {"em_max", T::real, "", "", "m", "em.wl;stat.max",
     "obscore:Char.SpectralAxis.Coverage.Bounds.Limits.HiLimit", "Longest wavelength, in vacuum",
     mandatory, nullable, &ObsCore::em_max},
    {"em_res_power", T::real, "", "", "", "spect.resolution",
     "obscore:Char.SpectralAxis.Resolution.ResolPower.refVal", "Spectral resolving power",
     mandatory, nullable, &ObsCore::em_res_power},
    {"em_xel", T::integer, "", "", "", "meta.number", "obscore:Char.SpectralAxis.numBins",
     "Samples along the spectral axis", mandatory, nullable, &ObsCore::em_xel},
    {"o_ucd", T::text, "*", "", "", "meta.ucd", "obscore:Char.ObservableAxis.ucd",
     "UCD of the pixel values", mandatory, nullable, &ObsCore::o_ucd},
    {"pol_states", T::text, "*", "", "", "meta.code;phys.polarization",
     "obscore:Char.PolarizationAxis.stateList", "Polarisation states, as in /I/Q/U/V/", mandatory,
     nullable, &ObsCore::pol_states},
    {"pol_xel", T::integer, "", "", "", "meta.number", "obscore:Char.PolarizationAxis.numBins",
     "Number of polarisation states; 0: polarisation was not measured", mandatory, nullable,
     &ObsCore::pol_xel},
    {"facility_name", T::text, "*", "", "", "meta.id;instr.tel",
     "obscore:Provenance.ObsConfig.Facility.name", "Telescope or mission", mandatory, nullable,
     &ObsCore::facility_name},
    {"instrument_name", T::text, "*", "", "", "meta.id;instr",
     "obscore:Provenance.ObsConfig.Instrument.name", "Instrument", mandatory, nullable,
     &ObsCore::instrument_name},
    {"target_class", T::text, "*", "", "", "src.class", "obscore:Target.class",
     "Class of the object observed", optional, nullable, &ObsCore::target_class},
    {"obs_creation_date", T::text, "*", "timestamp", "", "time;meta.dataset", "obscore:DataID.date",
     "When the data set was made", optional, nullable, &ObsCore::obs_creation_date},
    {"obs_creator_did", T::text, "*", "", "", "meta.id", "obscore:DataID.creatorDID",
     "Identifier given by the creator of the data set", optional, nullable,
     &ObsCore::obs_creator_did},
    {"obs_title", T::text, "*", "", "", "meta.title;obs", "obscore:DataID.title",
     "One line that describes the data set", optional, nullable, &ObsCore::obs_title},
    {"bib_reference", T::text, "*", "", "", "meta.bib.bibcode", "obscore:Curation.reference",
     "Bibcode of the publication about the data", optional, nullable, &ObsCore::bib_reference},
    {"data_rights", T::text, "*", "", "", "meta.code", "obscore:Curation.rights",
     "public, secure or proprietary", optional, nullable, &ObsCore::data_rights},
    {"obs_release_date", T::text, "*", "timestamp", "", "time.release",
     "obscore:Curation.releaseDate", "When the data become public", optional, nullable,
     &ObsCore::obs_release_date},
    {"s_pixel_scale", T::real, "", "", "arcsec", "phys.angSize;instr.pixel",
     "obscore:Char.SpatialAxis.Sampling.RefVal.SamplingPeriod", "Side of a pixel at the centre",
     optional, nullable, &ObsCore::s_pixel_scale},
    {"em_ucd", T::text, "*", "", "", "meta.ucd", "obscore:Char.SpectralAxis.ucd",
     "UCD of the spectral axis", optional, nullable, &ObsCore::em_ucd},
    {"o_unit", T::text, "*", "", "", "meta.unit", "obscore:Char.ObservableAxis.unit",
     "Unit of the pixel values", optional, nullable, &ObsCore::o_unit},
    {"proposal_id", T::text, "*", "", "", "meta.id;obs.proposal",
     "obscore:Provenance.Proposal.identifier", "Identifier of the proposal", optional, nullable,
     &ObsCore::proposal_id},
    {"filter", T::text, "*", "", "", "meta.id;instr.filter", "", "Filter, as the header names it",
     optional, nullable, &ObsCore::filter},
});

template <class Number>
bool set_number(Number& member, const auto& value) {
  if (value) member = *value;
  return value.has_value();
}

// Degrees with at most eight decimals (36 microarcseconds), without trailing zeros.
std::string short_degrees(double value) {
  std::string text = fmt::format("{:.8f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

// What people write may hold any letter, and VOTable's char only ASCII (VOTable 1.4 section 2.1);
// words of standards, addresses, dates and regions are ASCII.
std::string_view datatype_of(const Declared& column) {
  constexpr std::array<std::string_view, 9> free_texts = {
      "obs_collection", "obs_id",    "target_name", "facility_name", "instrument_name",
      "target_class",   "obs_title", "proposal_id", "filter"};
  if (column.type == T::real) return "double";
  if (column.type == T::integer) return column.name == "calib_level" ? "int" : "long";
  return std::ranges::count(free_texts, column.name) > 0 ? "unicodeChar" : "char";
}

}  // namespace

std::span<const ObsCoreColumn> obscore_columns() {
  static const std::vector<ObsCoreColumn> columns = [] {
    std::vector<ObsCoreColumn> made;
    for (const Declared& of : declarations) {
      ObsCoreColumn column{};
      column.name = of.name;
      column.type = of.type;
      column.datatype = datatype_of(of);
      column.arraysize = of.arraysize;
      column.xtype = of.xtype;
      column.unit = of.unit;
      column.ucd = of.ucd;
      column.utype = of.utype;
      column.description = of.description;
      column.mandatory = of.mandatory;
      column.nullable = of.nullable;
      column.member = of.member;
      made.push_back(std::move(column));
    }
    return made;
  }();
  return columns;
}

bool set_column(ObsCore& record, std::string_view name, std::string_view text) {
  struct Setter {
    ObsCore& record;
    std::string_view text;
    bool operator()(std::string ObsCore::*member) const {
      record.*member = text;
      return true;
    }
    bool operator()(std::int64_t ObsCore::*member) const {
      return set_number(record.*member, to_integer(text));
    }
    bool operator()(std::optional<std::int64_t> ObsCore::*member) const {
      record.*member = std::nullopt;
      return text.empty() || set_number(record.*member, to_integer(text));
    }
    bool operator()(std::optional<double> ObsCore::*member) const {
      record.*member = std::nullopt;
      return text.empty() || set_number(record.*member, to_double(text));
    }
  };
  for (const Declared& column : declarations) {
    if (column.name == name) return std::visit(Setter{record, text}, column.member);
  }
  return false;
}

std::string polygon_text(std::span<const double> lon_lat) {
  if (lon_lat.size() < 6) return {};
  std::string text = "Polygon ICRS";
  for (const double degrees : lon_lat) text += ' ' + short_degrees(degrees);
  return text;
}

std::string circle_text(double lon, double lat, double radius) {
  return fmt::format("Circle ICRS {} {} {}", short_degrees(lon), short_degrees(lat),
                     short_degrees(radius));
}

std::string defect_of(const ObsCore& record) {
  const auto outside = [](const std::optional<double>& value, double lo, double hi) {
    return value && !(*value >= lo && *value <= hi);
  };
  const auto reversed = [](const std::optional<double>& lo, const std::optional<double>& hi) {
    return lo && hi && !(*lo <= *hi);
  };
  const auto negative = [](const std::optional<double>& value) { return value && !(*value >= 0); };
  if (record.obs_publisher_did.empty()) return "obs_publisher_did is missing";
  if (record.obs_collection.empty()) return "obs_collection is missing";
  if (record.obs_id.empty()) return "obs_id is missing";
  if (record.calib_level < 0 || record.calib_level > 4)
    return fmt::format("calib_level is {}, not 0 to 4", record.calib_level);
  if (outside(record.s_ra, 0, 360))
    return "s_ra is " + to_text(*record.s_ra) + ", not 0 to 360 degrees";
  if (outside(record.s_dec, -90, 90))
    return "s_dec is " + to_text(*record.s_dec) + ", not -90 to 90 degrees";
  if (outside(record.s_fov, 0, 360))
    return "s_fov is " + to_text(*record.s_fov) + ", not 0 to 360 degrees";
  if (reversed(record.t_min, record.t_max)) return "t_min is greater than t_max, or no number";
  if (reversed(record.em_min, record.em_max)) return "em_min is greater than em_max, or no number";
  if (negative(record.em_min)) return "em_min is negative";
  if (negative(record.t_exptime)) return "t_exptime is negative";
  return {};
}

}  // namespace soda::store
