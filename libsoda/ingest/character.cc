#include "ingest/character.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "base/time.h"
#include "ingest/times.h"

namespace soda::ingest {
namespace {

using store::ObsCore;
using wcs::Role;

// ObsCore 1.1 section B.6.6.
constexpr std::array canonical_states = {"I",  "Q",  "U",  "V",  "RR", "LL",   "RL",
                                         "LR", "XX", "YY", "XY", "YX", "POLI", "POLA"};

struct Pair {
  std::string_view name, value;
};

std::string_view value_for(std::span<const Pair> pairs, std::string_view name) {
  for (const Pair& pair : pairs) {
    if (equal_ignoring_case(pair.name, name)) return pair.value;
  }
  return {};
}

// First four letters of CTYPE (WCS paper III table 1) -> UCD of the axis.
constexpr std::array spectral_ucds = {
    Pair{"FREQ", "em.freq"},
    Pair{"WAVE", "em.wl"},
    Pair{"AWAV", "em.wl"},
    Pair{"ENER", "em.energy"},
    Pair{"WAVN", "em.wavenumber"},
    Pair{"VRAD", "spect.dopplerVeloc.radio"},
    Pair{"VOPT", "spect.dopplerVeloc.opt"},
    Pair{"VELO", "spect.dopplerVeloc.rel"},
    Pair{"FELO", "spect.dopplerVeloc.opt"},
    Pair{"ZOPT", "spect.doppler.z"},
    Pair{"BETA", "spect.dopplerVeloc.rel"},
};

constexpr std::array observable_ucds = {
    Pair{"adu", "phot.count"},
    Pair{"dn", "phot.count"},
    Pair{"count", "phot.count"},
    Pair{"counts", "phot.count"},
    Pair{"ct", "phot.count"},
    Pair{"electron", "phot.count"},
    Pair{"electrons", "phot.count"},
    Pair{"e-", "phot.count"},
    Pair{"photon", "phot.count"},
    Pair{"ph", "phot.count"},
    Pair{"counts/s", "phot.count;arith.rate"},
    Pair{"count/s", "phot.count;arith.rate"},
    Pair{"dn/s", "phot.count;arith.rate"},
    Pair{"adu/s", "phot.count;arith.rate"},
    Pair{"electron/s", "phot.count;arith.rate"},
    Pair{"electrons/s", "phot.count;arith.rate"},
    Pair{"jy", "phot.flux.density"},
    Pair{"mjy", "phot.flux.density"},
    Pair{"ujy", "phot.flux.density"},
    Pair{"jy/beam", "phot.flux.density"},
    Pair{"mjy/beam", "phot.flux.density"},
    Pair{"ujy/beam", "phot.flux.density"},
    Pair{"jy/pixel", "phot.flux.density"},
    Pair{"jy/pix", "phot.flux.density"},
    Pair{"nanomaggy", "phot.flux.density"},
    Pair{"nanomaggies", "phot.flux.density"},
    Pair{"mjy/sr", "phot.flux.sb"},
    Pair{"jy/sr", "phot.flux.sb"},
    Pair{"erg/s/cm2/a", "phot.flux.density;em.wl"},
    Pair{"erg/cm2/s/a", "phot.flux.density;em.wl"},
    Pair{"erg/s/cm**2/a", "phot.flux.density;em.wl"},
    Pair{"10**(-20)*erg/s/cm**2/angstrom", "phot.flux.density;em.wl"},
    Pair{"w/m2/um", "phot.flux.density;em.wl"},
    Pair{"mag", "phot.mag"},
    Pair{"k", "phys.temperature"},
    Pair{"km/s", "spect.dopplerVeloc"},
    Pair{"m/s", "spect.dopplerVeloc"},
};

std::int64_t length_of(const Subject& subject, int axis) {
  return subject.shape[static_cast<std::size_t>(axis)];
}

std::optional<std::int64_t> axis_length(const Subject& subject, Role role) {
  if (subject.wcs == nullptr) return std::nullopt;
  const std::optional<int> axis = subject.wcs->axis(role);
  if (!axis || static_cast<std::size_t>(*axis) >= subject.shape.size()) return std::nullopt;
  return length_of(subject, *axis);
}

// ObsCore 1.1 section 3.3.1. Two long axes of which one is spectral or time (slit spectra,
// position-velocity maps) are none of its types, nor are profiles along the sky.
std::string product_type(const Subject& subject) {
  const auto longer = std::count_if(subject.shape.begin(), subject.shape.end(),
                                    [](std::int64_t n) { return n > 1; });
  const auto is_long = [&](Role role) { return axis_length(subject, role).value_or(1) > 1; };
  if (longer >= 3) return "cube";
  if (longer == 2) {
    const bool other = is_long(Role::spectral) || is_long(Role::time) || is_long(Role::stokes);
    return other ? "" : "image";
  }
  if (is_long(Role::spectral)) return "spectrum";
  return is_long(Role::time) ? "timeseries" : "";
}

bool has_sky(const Subject& subject) { return subject.wcs != nullptr && subject.wcs->celestial(); }

void describe_sky(const Subject& subject, ObsCore& record) {
  if (has_sky(subject)) {
    const int lon = subject.wcs->lon_axis();
    const int lat = subject.wcs->lat_axis();
    record.s_xel1 = length_of(subject, std::min(lon, lat));
    record.s_xel2 = length_of(subject, std::max(lon, lat));
  } else if (record.dataproduct_type == "image" && subject.shape.size() >= 2) {
    record.s_xel1 = subject.shape[0];
    record.s_xel2 = subject.shape[1];
  }
  const std::optional<wcs::Footprint>& footprint = subject.world.footprint;
  if (!footprint) return;
  record.s_ra = footprint->centre.lon().degrees();
  record.s_dec = footprint->centre.lat().degrees();
  record.s_fov = 2 * footprint->radius.degrees();
  record.s_region = footprint->all_sky ? store::circle_text(*record.s_ra, *record.s_dec,
                                                            footprint->radius.degrees())
                                       : store::polygon_text(subject.world.outline);
  const double scale = footprint->pixel_scale.arcseconds();
  if (std::isfinite(scale) && scale > 0) record.s_pixel_scale = scale;
}

// "HISTORY AIPS   CLEAN BMAJ=  1.2500E-02 BMIN=  1.2500E-02 BPA=   0.00": AIPS keeps the beam
// there, in degrees.
std::optional<double> aips_beam(const fits::Header& header) {
  std::optional<double> beam;
  for (std::optional<std::size_t> at = header.find("HISTORY"); at;
       at = header.find("HISTORY", *at + 1)) {
    const std::string_view card = header.card(*at);
    const std::size_t place = card.find("BMAJ=");
    if (card.find("AIPS") == std::string_view::npos || place == std::string_view::npos) continue;
    const std::vector<std::string_view> words = split_blanks(card.substr(place + 5));
    if (words.empty()) continue;
    if (const std::optional<double> degrees = to_double(words.front())) beam = *degrees * 3600;
  }
  return beam;
}

void describe_resolution(const Subject& subject, ObsCore& record) {
  const auto sensible = [](const std::optional<double>& value) {
    return value && *value > 0 && *value < 180 * 3600.0;
  };
  const std::optional<double> keyword = subject.keywords.number("s_resolution");
  if (sensible(keyword)) {
    record.s_resolution = keyword;
  } else if (const std::optional<double> beam = aips_beam(subject.header); sensible(beam)) {
    record.s_resolution = beam;
  }
}

// Instruments whose headers name the band otherwise than by a filter.
std::string band_by_instrument(const Keywords& keywords) {
  const std::string instrument = to_upper(keywords.first("instrument_name"));
  const std::optional<double> channel = keywords.real("CHNLNUM");
  if (channel && (instrument == "IRAC" || instrument == "MIPS"))
    return instrument + to_text(*channel);
  const std::optional<double> wise = keywords.real("BAND");
  const std::string telescope = to_upper(keywords.first("facility_name"));
  if (wise && telescope == "WISE") return "W" + to_text(*wise);
  return {};
}

void describe_filter(const Subject& subject, ObsCore& record) {
  const std::string detector = subject.keywords.text("DETECTOR");
  const Camera camera{record.facility_name, record.instrument_name, detector};
  std::vector<std::string> names = subject.keywords.all("filter");
  std::erase_if(names, [](const std::string& name) { return means_no_filter(name); });
  if (const std::string name = band_by_instrument(subject.keywords); !name.empty())
    names.insert(names.begin(), name);
  if (names.empty()) return;
  record.filter = names.front();
  for (const std::string& name : names) {
    const std::optional<sky::Band> band = band_of_filter(name, camera, subject.settings);
    if (!band) continue;
    record.filter = name;
    record.em_min = band->lo.metres;
    record.em_max = band->hi.metres;
    return;
  }
}

struct Unit {
  std::string_view name;
  double metres;
};

// A single wavelength: WAVELNTH with its WAVEUNIT (solar and far-infrared missions).
void describe_single_wavelength(const Subject& subject, ObsCore& record) {
  constexpr std::array units = {
      Unit{"angstrom", 1e-10},  Unit{"nm", 1e-9}, Unit{"um", 1e-6},        Unit{"micron", 1e-6},
      Unit{"micrometer", 1e-6}, Unit{"mm", 1e-3}, Unit{"nanometer", 1e-9}, Unit{"-9", 1e-9},
      Unit{"-10", 1e-10},       Unit{"m", 1},
  };
  const std::optional<double> number = subject.keywords.real("WAVELNTH");
  const std::string unit = subject.keywords.text("WAVEUNIT");
  if (!number || !(*number > 0)) return;
  for (const Unit& known : units) {
    if (!equal_ignoring_case(known.name, unit)) continue;
    record.em_min = *number * known.metres;
    record.em_max = record.em_min;
  }
}

void describe_spectrum(const Subject& subject, ObsCore& record) {
  const std::optional<std::int64_t> channels = axis_length(subject, Role::spectral);
  const std::optional<sky::Band>& band = subject.world.band;
  describe_filter(subject, record);
  if (band) {
    record.em_min = band->lo.metres;
    record.em_max = band->hi.metres;
  } else if (!record.em_min) {
    describe_single_wavelength(subject, record);
  }
  if (channels) {
    record.em_xel = channels;
    const std::optional<int> axis = subject.wcs->axis(Role::spectral);
    const std::string& ctype = subject.wcs->axes()[static_cast<std::size_t>(*axis)].ctype;
    record.em_ucd = value_for(spectral_ucds, std::string_view(ctype).substr(0, 4));
  } else if (record.em_min) {
    record.em_xel = 1;
    record.em_ucd = "em.wl";
  }
  if (record.em_min && *record.em_max > *record.em_min) {
    const double width =
        (*record.em_max - *record.em_min) / static_cast<double>(record.em_xel.value_or(1));
    record.em_res_power = (*record.em_max + *record.em_min) / 2 / width;
  }
}

void describe_time(const Subject& subject, ObsCore& record) {
  const Exposure exposure = exposure_of(subject.keywords);
  record.t_min = exposure.t_min;
  record.t_max = exposure.t_max;
  record.t_exptime = exposure.seconds;
  if (subject.world.time) {
    record.t_min = subject.world.time->lo.days;
    record.t_max = subject.world.time->hi.days;
  }
  if (const std::optional<std::int64_t> planes = axis_length(subject, Role::time)) {
    record.t_xel = planes;
  } else if (record.t_min) {
    record.t_xel = 1;
  }
}

void describe_polarisation(const Subject& subject, ObsCore& record) {
  record.pol_states = subject.world.pol_states();
  record.pol_xel = static_cast<std::int64_t>(subject.world.states.size());
}

void describe_observable(const Subject& subject, ObsCore& record) {
  record.o_unit = subject.keywords.first("o_unit");
  std::string compact;
  for (const char c : record.o_unit) {
    if (c != ' ') compact += c;
  }
  record.o_ucd = value_for(observable_ucds, compact);
  if (!record.pol_states.empty() && record.pol_states != "/I/" && !record.o_ucd.empty())
    record.o_ucd += ";phys.polarization";
}

// DALI timestamps without zone; a date that is none is left out.
std::string timestamp(const std::string& text) {
  const std::optional<double> mjd = mjd_from_iso8601(text);
  return mjd ? iso8601_from_mjd(*mjd) : std::string();
}

void describe_origin(const Subject& subject, ObsCore& record) {
  const Keywords& keywords = subject.keywords;
  record.target_name = keywords.first("target_name");
  record.facility_name = keywords.first("facility_name");
  record.instrument_name = keywords.first("instrument_name");
  record.target_class = keywords.first("target_class");
  record.obs_creator_did = keywords.first("obs_creator_did");
  record.proposal_id = keywords.first("proposal_id");
  record.bib_reference = keywords.first("bib_reference");
  record.data_rights = to_lower(keywords.first("data_rights"));
  record.obs_creation_date = timestamp(keywords.first("obs_creation_date"));
  record.obs_release_date = timestamp(keywords.first("obs_release_date"));
  record.obs_id = keywords.first("obs_id");
}

std::string made_up_title(const ObsCore& record) {
  std::string title;
  for (const std::string* part :
       {&record.target_name, &record.facility_name, &record.instrument_name, &record.filter}) {
    if (part->empty()) continue;
    if (!title.empty()) title += ' ';
    title += *part;
  }
  return title;
}

// Columns that only a collection's settings fill, or that they overrule as they stand.
void apply_overrides(const Subject& subject, ObsCore& record) {
  constexpr std::array special = {"t_min", "t_max", "filter", "obs_release_date",
                                  "obs_creation_date"};
  for (const auto& [column, alternatives] : subject.settings.columns) {
    if (std::find(special.begin(), special.end(), column) != special.end()) continue;
    for (const std::string& text : subject.keywords.all(column)) {
      if (store::set_column(record, column, text)) break;
    }
  }
}

}  // namespace

World World::of(const wcs::Wcs* wcs) {
  World world;
  if (wcs == nullptr) return world;
  if (wcs->celestial()) world.footprint = wcs::footprint_of(*wcs);
  if (world.footprint) {
    for (const sky::Direction& vertex : world.footprint->outline) {
      world.outline.push_back(vertex.lon().degrees());
      world.outline.push_back(vertex.lat().degrees());
    }
  }
  world.band = wcs::band_of(*wcs);
  world.time = wcs::time_of(*wcs);
  const std::vector<std::string> states = wcs::states_of(*wcs);
  for (const char* state : canonical_states) {
    if (std::find(states.begin(), states.end(), state) != states.end())
      world.states.emplace_back(state);
  }
  return world;
}

std::string World::pol_states() const {
  std::string text;
  for (const std::string& state : states) text += "/" + state;
  return text.empty() ? text : text + "/";
}

store::ObsCore characterise(const Subject& subject) {
  ObsCore record;
  record.dataproduct_type = product_type(subject);
  describe_origin(subject, record);
  describe_sky(subject, record);
  describe_resolution(subject, record);
  describe_spectrum(subject, record);
  describe_time(subject, record);
  describe_polarisation(subject, record);
  describe_observable(subject, record);
  record.obs_title = subject.keywords.first("obs_title");
  if (record.obs_title.empty()) record.obs_title = made_up_title(record);
  apply_overrides(subject, record);
  return record;
}

}  // namespace soda::ingest
