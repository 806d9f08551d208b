#include "ingest/bands.h"

#include <array>
#include <cmath>
#include <string>

#include "base/text.h"

namespace soda::ingest {
namespace {

struct Filter {
  std::string_view name;
  double low_nm, high_nm;
};

// Half-power limits. Johnson-Cousins: Binney & Merrifield, Galactic Astronomy, table 2.1. ugriz:
// Fukugita et al. 1996; y: Tonry et al. 2012. JHKs: Cohen et al. 2003 (2MASS); Z, Y: Hewett et al.
// 2006. WISE: Jarrett et al. 2011. IRAC, MIPS: instrument handbooks. GALEX: Morrissey et al. 2007.
// UVOT: Poole et al. 2008. IRAS: Explanatory Supplement. PACS, SPIRE: observers' manuals. A
// letter's case counts: r is Sloan's, R is Cousins'.
constexpr std::array filters = {
    Filter{"U", 332, 398},
    Filter{"B", 398, 492},
    Filter{"V", 507, 595},
    Filter{"R", 589, 727},
    Filter{"I", 731.5, 880.5},
    Filter{"Rc", 589, 727},
    Filter{"Ic", 731.5, 880.5},
    Filter{"u", 325.8, 385.7},
    Filter{"g", 413.6, 551.5},
    Filter{"r", 557.0, 695.2},
    Filter{"i", 690.5, 844.0},
    Filter{"z", 841.2, 978.2},
    Filter{"y", 918, 1001},
    Filter{"Z", 835.5, 928.5},
    Filter{"Y", 980, 1082},
    Filter{"J", 1154, 1316},
    Filter{"j", 1154, 1316},
    Filter{"H", 1536.5, 1787.5},
    Filter{"h", 1536.5, 1787.5},
    Filter{"K", 1995, 2385},
    Filter{"k", 2028, 2290},
    Filter{"Ks", 2028, 2290},
    Filter{"K_s", 2028, 2290},
    Filter{"K'", 1950, 2290},
    Filter{"L", 3214, 3686},
    Filter{"L'", 3430, 4130},
    Filter{"M", 4520, 4980},
    Filter{"W1", 3021, 3684},
    Filter{"W2", 4082, 5124},
    Filter{"W3", 8807, 14314},
    Filter{"W4", 20038, 24139},
    Filter{"IRAC1", 3175, 3925},
    Filter{"IRAC2", 3986, 5001},
    Filter{"IRAC3", 5019, 6444},
    Filter{"IRAC4", 6420, 9325},
    Filter{"MIPS1", 21325, 26025},
    Filter{"MIPS2", 61900, 80900},
    Filter{"MIPS3", 138400, 173400},
    Filter{"FUV", 134.4, 178.6},
    Filter{"NUV", 177.1, 283.1},
    Filter{"UVW2", 160, 225.7},
    Filter{"UVM2", 199.7, 249.5},
    Filter{"UVW1", 225.4, 294.7},
    Filter{"IRAS12", 8500, 15000},
    Filter{"IRAS25", 19000, 30000},
    Filter{"IRAS60", 40000, 80000},
    Filter{"IRAS100", 83000, 120000},
    Filter{"blue", 60000, 85000},
    Filter{"green", 85000, 125000},
    Filter{"red", 125000, 210000},
    Filter{"PSW", 211000, 290000},
    Filter{"PMW", 297000, 405000},
    Filter{"PLW", 409000, 611000},
    Filter{"Halpha", 652.8, 660.3},
    Filter{"H-alpha", 652.8, 660.3},
    Filter{"Ha", 652.8, 660.3},
    Filter{"H_alpha", 652.8, 660.3},
};

constexpr sky::Band nanometres(double low, double high) { return {{low * 1e-9}, {high * 1e-9}}; }

std::optional<sky::Band> listed(std::string_view name) {
  for (const Filter& filter : filters) {
    if (filter.name == name) return nanometres(filter.low_nm, filter.high_nm);
  }
  return std::nullopt;
}

// Width classes of the space telescopes' names, as a fraction of the wavelength to either side; a
// long-pass filter reaches from its wavelength to where silicon goes blind, or 1.5 times as far in
// the infrared.
struct Width {
  std::string_view suffix;
  double below, above;
};
constexpr std::array widths = {
    Width{"W", 0.12, 0.12},  Width{"M", 0.05, 0.05}, Width{"N", 0.007, 0.007},
    Width{"X", 0.25, 0.25},  Width{"LP", 0, 0.5},    Width{"LPX", 0, 0.5},
    Width{"W2", 0.05, 0.05},
};

bool counts_hundredths_of_micrometres(const Camera& camera) {
  return equal_ignoring_case(camera.telescope, "JWST") ||
         equal_ignoring_case(camera.instrument, "NICMOS") ||
         equal_ignoring_case(camera.detector, "IR");
}

// HST's and JWST's F<number><width>.
std::optional<sky::Band> numbered(std::string_view name, const Camera& camera) {
  if (name.size() < 5 || name[0] != 'F') return std::nullopt;
  std::size_t end = 1;
  while (end < name.size() && name[end] >= '0' && name[end] <= '9') ++end;
  const std::optional<std::int64_t> number = to_integer(name.substr(1, end - 1));
  if (!number || end < 4 || end > 5 || *number == 0) return std::nullopt;
  const double nm =
      static_cast<double>(*number) * (counts_hundredths_of_micrometres(camera) ? 10 : 1);
  for (const Width& width : widths) {
    if (width.suffix == name.substr(end))
      return nanometres(nm * (1 - width.below), nm * (1 + width.above));
  }
  return std::nullopt;
}

// "g DECam SDSS c0001 4720.0 1520.0": centre and width in angstroms are part of the name.
std::optional<sky::Band> spelt_out(std::string_view name) {
  const std::vector<std::string_view> words = split_blanks(name);
  if (words.size() < 4 || words[1] != "DECam") return std::nullopt;
  const std::optional<double> centre = to_double(words[words.size() - 2]);
  const std::optional<double> width = to_double(words[words.size() - 1]);
  if (!centre || !width || !(*width > 0) || !(*centre > *width / 2) || *centre > 1e6)
    return std::nullopt;
  return nanometres((*centre - *width / 2) / 10, (*centre + *width / 2) / 10);
}

// Subaru's Hyper Suprime-Cam writes Sloan-like bands in capitals, and its narrow ones by number.
std::optional<sky::Band> suprime(std::string_view name) {
  if (!starts_with_ignoring_case(name, "HSC-")) return std::nullopt;
  return listed(to_lower(name.substr(4, 1)));
}

// "V (Johnson)", "g.MP9401", "r'", "i_SDSS", "SDSS g", "Bessell R": a known name before the first
// or after the last separator.
std::optional<sky::Band> decorated(std::string_view name) {
  constexpr std::string_view separators = " .'_-(:#";
  const std::size_t first = name.find_first_of(separators);
  if (first == std::string_view::npos) return std::nullopt;
  if (const auto band = listed(name.substr(0, first))) return band;
  return listed(name.substr(name.find_last_of(separators) + 1));
}

// "gp", "rp": primes where an apostrophe would not do.
std::optional<sky::Band> primed(std::string_view name) {
  if (name.size() != 2 || name[1] != 'p') return std::nullopt;
  return listed(name.substr(0, 1));
}

std::optional<sky::Band> chosen_by_site(std::string_view name, const site::Collection& settings) {
  const auto found = settings.filters.find(name);
  if (found == settings.filters.end()) return std::nullopt;
  return sky::Band{{found->second.first}, {found->second.second}};
}

}  // namespace

std::optional<sky::Band> band_of_filter(std::string_view name, const Camera& camera,
                                        const site::Collection& settings) {
  name = trim(name);
  if (const auto band = chosen_by_site(name, settings)) return band;
  if (const auto band = listed(name)) return band;
  if (const auto band = numbered(name, camera)) return band;
  if (const auto band = spelt_out(name)) return band;
  if (const auto band = suprime(name)) return band;
  if (const auto band = primed(name)) return band;
  return decorated(name);
}

bool means_no_filter(std::string_view name) {
  constexpr std::array words = {"N/A",    "NA",    "NONE",      "OPEN",     "EMPTY", "UNKNOWN",
                                "MIRROR", "BLANK", "NO FILTER", "NOFILTER", "0"};
  for (const std::string_view word : words) {
    if (equal_ignoring_case(name, word)) return true;
  }
  return name.empty() || starts_with_ignoring_case(name, "CLEAR");
}

}  // namespace soda::ingest
