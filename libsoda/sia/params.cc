#include "sia/params.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "dali/literal.h"

namespace soda::sia {
namespace {

using dali::Repeat;

// UCDs as ObsCore gives them to the column that is asked: SIA itself fixes none.
constexpr dali::Parameter table[] = {
    {"POS", "char", "*", "", "", "pos.outline;obs.field", Repeat::list, "",
     "Region that the data touch (ICRS, degrees): CIRCLE lon lat r, RANGE lon1 lon2 lat1 lat2, or "
     "POLYGON lon1 lat1 lon2 lat2 lon3 lat3 ...",
     true},
    {"BAND", "double", "2", "interval", "m", "em.wl;stat.interval", Repeat::list, "",
     "Wavelengths that the data overlap: lo hi, or one value", true},
    {"TIME", "double", "2", "interval", "d", "time.interval;obs.exposure", Repeat::list, "",
     "Times that the data overlap (MJD, UTC): lo hi, or one value", true},
    {"POL", "char", "*", "", "", "meta.code;phys.polarization", Repeat::list,
     dali::polarisation_states, "Polarisation state that was measured", true},
    {"FOV", "double", "2", "interval", "deg", "phys.angSize;instr.fov", Repeat::list, "",
     "Diameter of the field of view: lo hi, or one value", true},
    {"SPATRES", "double", "2", "interval", "arcsec", "pos.angResolution", Repeat::list, "",
     "Angular resolution: lo hi, or one value", true},
    {"SPECRP", "double", "2", "interval", "", "spect.resolution", Repeat::list, "",
     "Spectral resolving power: lo hi, or one value", true},
    {"EXPTIME", "double", "2", "interval", "s", "time.duration;obs.exposure", Repeat::list, "",
     "Exposure time: lo hi, or one value", true},
    {"TIMERES", "double", "2", "interval", "s", "time.resolution", Repeat::list, "",
     "Resolution in time: lo hi, or one value", true},
    {"ID", "char", "*", "", "", "meta.ref.ivoid", Repeat::list, "",
     "Publisher identifier of the data set, in any case", true},
    {"COLLECTION", "char", "*", "", "", "meta.id", Repeat::list, "",
     "Name of the collection, letter by letter", true},
    {"FACILITY", "char", "*", "", "", "meta.id;instr.tel", Repeat::list, "",
     "Name of the telescope or mission, letter by letter", true},
    {"INSTRUMENT", "char", "*", "", "", "meta.id;instr", Repeat::list, "",
     "Name of the instrument, letter by letter", true},
    {"DPTYPE", "char", "*", "", "", "meta.code.class", Repeat::list, "image|cube", "Kind of data",
     true},
    {"CALIB", "int", "", "", "", "meta.code;obs.calib", Repeat::list, "0|1|2|3|4",
     "Calibration level", true},
    {"TARGET", "char", "*", "", "", "meta.id;src", Repeat::list, "",
     "Name of the target, letter by letter", true},
    {"FORMAT", "char", "*", "", "", "meta.code.mime", Repeat::list, "",
     "Media type of what access_url returns", true},
    {"MAXREC", "int", "", "", "", "", Repeat::single, "", "Rows to answer at most", true},
    {"RESPONSEFORMAT", "char", "*", "", "", "meta.code.mime", Repeat::single, "",
     "votable, votable/b2, csv, tsv, json, fits or html, or a media type", true},
};

template <class T>
using Lists = std::pair<std::string_view, std::vector<T> store::Question::*>;

constexpr Lists<store::Limits> intervals[] = {
    {"FOV", &store::Question::s_fov},
    {"SPATRES", &store::Question::s_resolution},
    {"SPECRP", &store::Question::em_res_power},
    {"EXPTIME", &store::Question::t_exptime},
    {"TIMERES", &store::Question::t_resolution},
};

constexpr Lists<std::string> texts[] = {
    {"ID", &store::Question::obs_publisher_did},
    {"COLLECTION", &store::Question::obs_collection},
    {"FACILITY", &store::Question::facility_name},
    {"INSTRUMENT", &store::Question::instrument_name},
    {"DPTYPE", &store::Question::dataproduct_type},
    {"TARGET", &store::Question::target_name},
    {"FORMAT", &store::Question::access_format},
    {"POL", &store::Question::pol_states},
};

}  // namespace

std::span<const dali::Parameter> parameters() { return table; }

store::Question parse_question(const dali::Arguments& arguments, std::size_t max_vertices) {
  store::Question question;
  for (const auto& value : arguments.all("POS")) {
    question.positions.push_back(dali::parse_position("POS", value, max_vertices));
  }
  for (const auto& value : arguments.all("BAND")) {
    question.bands.push_back(dali::parse_band("BAND", value));
  }
  for (const auto& value : arguments.all("TIME")) {
    question.times.push_back(dali::parse_time("TIME", value));
  }
  for (const auto& [name, list] : intervals) {
    for (const auto& value : arguments.all(name)) {
      const auto [lo, hi] = dali::parse_interval(name, value);
      (question.*list).push_back({lo, hi});
    }
  }
  for (const auto& [name, list] : texts) question.*list = arguments.all(name);
  for (const auto& value : arguments.all("CALIB")) {
    question.calib_level.push_back(dali::parse_integer("CALIB", value, 0, 4));
  }
  if (question.dataproduct_type.empty()) question.dataproduct_type = {"image", "cube"};
  return question;
}

}  // namespace soda::sia
