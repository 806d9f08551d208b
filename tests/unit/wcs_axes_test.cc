// Spectral, time and polarisation axes.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "base/failure.h"
#include "wcs/pixels.h"
#include "wcs/wcs.h"
#include "wcs_header.h"

using namespace soda;
using namespace soda::wcs;
using soda::wcs::test::parse;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

std::shared_ptr<const Wcs> line(const std::vector<std::string>& cards, std::int64_t length,
                                const TableSource& tables = {}) {
  return parse(cards, {length}, tables);
}

std::optional<PixelInterval> channels(const Wcs& wcs, double lo, double hi) {
  return channels_of(wcs, {{lo}, {hi}});
}

using Pixels = std::optional<PixelInterval>;

}  // namespace

namespace soda::wcs {
std::ostream& operator<<(std::ostream& out, const PixelInterval& i) {
  return out << i.first << ".." << i.last;
}
}  // namespace soda::wcs
namespace std {
ostream& operator<<(ostream& out, const optional<soda::wcs::PixelInterval>& i) {
  return i ? soda::wcs::operator<<(out, *i) : out << "none";
}
}  // namespace std

BOOST_AUTO_TEST_SUITE(spectral)

BOOST_AUTO_TEST_CASE(frequencies) {
  // 1.0, 1.1, 1.2, 1.3 GHz; edges c / (0.95 … 1.35 GHz)
  const auto wcs = line(
      {"CTYPE1  = 'FREQ'", "CRPIX1  = 1.0", "CRVAL1  = 1e9", "CDELT1  = 1e8", "CUNIT1  = 'Hz'"}, 4);
  const double edges[] = {0.3155710084210526, 0.28551662666666666, 0.26068909391304346,
                          0.2398339664, 0.2220684874074074};
  const auto band = band_of(*wcs);
  BOOST_REQUIRE(band);
  BOOST_TEST(band->lo.metres == edges[4], boost::test_tools::tolerance(1e-14));
  BOOST_TEST(band->hi.metres == edges[0], boost::test_tools::tolerance(1e-14));
  BOOST_TEST(channels(*wcs, 0.27, 0.28) == Pixels({2, 2}));
  BOOST_TEST(channels(*wcs, 0.25, 0.27) == Pixels({2, 3}));
  BOOST_TEST(channels(*wcs, 0.25, 0.25) == Pixels({3, 3}));
  BOOST_TEST(channels(*wcs, 0, kInf) == Pixels({1, 4}));
  BOOST_TEST(channels(*wcs, -kInf, kInf) == Pixels({1, 4}));
  BOOST_TEST(channels(*wcs, 0.3, kInf) == Pixels({1, 1}));
  BOOST_TEST(channels(*wcs, 0.1, 0.2222) == Pixels({4, 4}));
  BOOST_TEST(channels(*wcs, 0.1, 0.2) == Pixels());
  BOOST_TEST(channels(*wcs, 0.32, 0.4) == Pixels());
  BOOST_TEST(channels(*wcs, 0.32, 0.32) == Pixels());
  BOOST_TEST(channels(*wcs, 0.1, 0.1) == Pixels());
  // Just inside and outside the edges between the channels.
  for (int k = 0; k < 4; ++k) {
    const double inside = (edges[k] + edges[k + 1]) / 2, up = edges[k] * (1 - 1e-12),
                 down = edges[k + 1] * (1 + 1e-12);
    BOOST_TEST(channels(*wcs, down, up) == Pixels({k + 1, k + 1}));
    BOOST_TEST(channels(*wcs, inside, inside) == Pixels({k + 1, k + 1}));
    const Pixels wider = channels(*wcs, inside, edges[k] * (1 + 1e-12));
    BOOST_TEST(wider == Pixels({std::max(k, 1), k + 1}));
  }
}

BOOST_AUTO_TEST_CASE(either_direction) {
  const auto wcs = line(
      {"CTYPE1  = 'WAVE'", "CRPIX1  = 1.0", "CRVAL1  = 500.0", "CDELT1  = 1.0", "CUNIT1  = 'nm'"},
      100);
  BOOST_TEST(channels(*wcs, 510.2e-9, 512.7e-9) == Pixels({11, 14}));
  BOOST_TEST(channels(*wcs, 599.6e-9, 700e-9) == Pixels());
  BOOST_TEST(channels(*wcs, 599.4e-9, 700e-9) == Pixels({100, 100}));
  const auto falling = line({"CTYPE1  = 'WAVE'", "CRPIX1  = 100.0", "CRVAL1  = 500.0",
                             "CDELT1  = -1.0", "CUNIT1  = 'nm'"},
                            100);
  BOOST_TEST(channels(*falling, 510.2e-9, 512.7e-9) == Pixels({87, 90}));
}

// Wavelengths of the axis's outer edges, from the definitions of paper III table 3 in Python; air
// wavelengths with the index of standard air of Morton (1991, ApJS 77, 119), iterated. WCSLIB's
// electron volt is off by 8e-8, its index is not iterated (4e-9).
BOOST_AUTO_TEST_CASE(all_kinds) {
  struct Row {
    const char* name;
    std::vector<std::string> cards;
    std::int64_t length;
    double lo, hi;
  };
  const Row rows[] = {
      {"VRAD",
       {"CTYPE1  = 'VRAD'", "CRVAL1  = 0.0", "CDELT1  = 10.0", "CRPIX1  = 2.0", "CUNIT1  = 'km/s'",
        "RESTFRQ = 1.42040575E9"},
       3,
       0.21105058096989654,
       0.21107170169548864},
      {"VOPT",
       {"CTYPE1  = 'VOPT'", "CRVAL1  = 0.0", "CDELT1  = 10.0", "CRPIX1  = 2.0", "CUNIT1  = 'km/s'",
        "RESTWAV = 0.21106114054"},
       3,
       0.21105058017724362,
       0.21107170090275637},
      {"VELO",
       {"CTYPE1  = 'VELO'", "CRVAL1  = 0.0", "CDELT1  = 10.0", "CRPIX1  = 2.0", "CUNIT1  = 'km/s'",
        "RESTWAV = 0.21106114054"},
       3,
       0.21105058044142225,
       0.21107170116696145},
      {"ZOPT",
       {"CTYPE1  = 'ZOPT'", "CRVAL1  = 0.5", "CDELT1  = 0.1", "CRPIX1  = 1.0", "RESTWAV = 1e-6"},
       5,
       1.45e-6,
       1.95e-6},
      {"BETA",
       {"CTYPE1  = 'BETA'", "CRVAL1  = 0.0", "CDELT1  = 0.6", "CRPIX1  = 0.5", "RESTWAV = 1e-6"},
       1,
       1e-6,
       2e-6},
      {"ENER",
       {"CTYPE1  = 'ENER'", "CRVAL1  = 1.0", "CDELT1  = 1.0", "CRPIX1  = 1.0", "CUNIT1  = 'keV'"},
       2,
       4.959367937328011e-10,
       2.4796839686640053e-09},
      {"WAVN",
       {"CTYPE1  = 'WAVN'", "CRVAL1  = 10000.0", "CDELT1  = 1.0", "CRPIX1  = 1.0",
        "CUNIT1  = 'cm-1'"},
       3,
       9.997500624843788e-07,
       1.000050002500125e-06},
      {"AWAV",
       {"CTYPE1  = 'AWAV'", "CRVAL1  = 5000.0", "CDELT1  = 1.0", "CRPIX1  = 1.0",
        "CUNIT1  = 'Angstrom'"},
       4,
       5.000894667723263e-07,
       5.004895730831239e-07},
      {"WAVE-LOG",
       {"CTYPE1  = 'WAVE-LOG'", "CRVAL1  = 1e-6", "CDELT1  = 1e-7", "CRPIX1  = 0.5",
        "CUNIT1  = 'm'"},
       10,
       1e-6,
       2.718281828459045e-6}};
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const auto wcs = line(row.cards, row.length);
      BOOST_REQUIRE(wcs->axis(Role::spectral));
      const auto band = band_of(*wcs);
      BOOST_REQUIRE_MESSAGE(band, wcs->problem());
      BOOST_TEST(band->lo.metres == row.lo, boost::test_tools::tolerance(1e-7));
      BOOST_TEST(band->hi.metres == row.hi, boost::test_tools::tolerance(1e-7));
      BOOST_TEST(channels(*wcs, band->lo.metres, band->hi.metres) == Pixels({1, row.length}));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_channel_wider_than_its_frequency) {
  const auto wcs = line(
      {"CTYPE1  = 'FREQ'", "CRPIX1  = 1.0", "CRVAL1  = 1e8", "CDELT1  = 3e8", "CUNIT1  = 'Hz'"}, 1);
  const auto band = band_of(*wcs);
  BOOST_REQUIRE(band);
  BOOST_TEST(band->hi.metres == kInf);
  BOOST_TEST(channels(*wcs, 100, 200) == Pixels({1, 1}));
}

// AIPS wrote FELO-HEL: a radial velocity of the optical convention, linear in frequency (paper III,
// table 12 and section 8.1); at the reference pixel the wavelength is that of the rest frequency
// times 1 + v / c.
BOOST_AUTO_TEST_CASE(velocities_of_aips) {
  const std::vector<std::string> cards = {
      "CTYPE1  = 'RA---SIN'", "CRVAL1  = 267.49", "CDELT1  = -0.0033",   "CRPIX1  = 32.25",
      "CTYPE2  = 'DEC--SIN'", "CRVAL2  = 70.157", "CDELT2  = 0.0033",    "CRPIX2  = 32.75",
      "CTYPE3  = 'FELO-HEL'", "CRVAL3  = 26000.", "CDELT3  = -10307.62", "CRPIX3  = 16.0"};
  auto garbage = cards;
  garbage.insert(garbage.end(), {"VELREF  = 2706", "RESTFREQ= 1.420405751E9"});
  const auto wcs = parse(garbage, {64, 64, 30});
  BOOST_TEST(wcs->celestial());
  const double metres = 299792458. / 1.420405751e9 * (1 + 26000. / 299792458.);
  BOOST_TEST(channels(*wcs, metres, metres) == Pixels({16, 16}));
  // An axis that WCSLIB does not know is no reason to lose the others.
  auto unknown = cards;
  unknown[8] = "CTYPE3  = 'FELO-XYZ'";
  BOOST_TEST(parse(unknown, {64, 64, 30})->celestial());
}

BOOST_AUTO_TEST_CASE(missing_keywords_are_named) {
  const auto wcs = line(
      {"CTYPE1  = 'VOPT'", "CRVAL1  = 0.0", "CDELT1  = 10.0", "CRPIX1  = 2.0", "CUNIT1  = 'km/s'"},
      3);
  BOOST_TEST(!band_of(*wcs));
  BOOST_CHECK_EXCEPTION(channels(*wcs, 0.1, 0.2), Failure, [](const Failure& failure) {
    const std::string text = failure.what();
    return failure.kind() == FailureKind::usage && failure.parameter() == "BAND" &&
           text.find("RESTFRQ") != text.npos && text.find("RESTWAV") != text.npos;
  });
}

BOOST_AUTO_TEST_CASE(tables_of_wavelengths) {
  const auto source = [](const TableRequest& request) -> std::optional<TableArray> {
    if (request.extname != "SPEC" || request.column != "lambda") return std::nullopt;
    return TableArray{{1, 5}, {400, 410, 430, 460, 500}, {}};
  };
  const std::vector<std::string> cards = {
      "CTYPE1  = 'WAVE-TAB'", "CRVAL1  = 1.0",    "CDELT1  = 1.0",      "CRPIX1  = 1.0",
      "CUNIT1  = 'nm'",       "PS1_0   = 'SPEC'", "PS1_1   = 'lambda'", "PV1_3   = 1"};
  const auto wcs = line(cards, 5, source);
  BOOST_REQUIRE_MESSAGE(wcs->axis(Role::spectral), wcs->problem());
  // Linear between the entries, extended by half a cell (paper III section 6.1.2): edges 395, 405,
  // 420, 445, 480, 520.
  const auto band = band_of(*wcs);
  BOOST_REQUIRE(band);
  BOOST_TEST(band->lo.metres == 395e-9, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(band->hi.metres == 520e-9, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(channels(*wcs, 421e-9, 444e-9) == Pixels({3, 3}));
  BOOST_TEST(channels(*wcs, 419e-9, 446e-9) == Pixels({2, 4}));
  BOOST_TEST(channels(*wcs, 450e-9, 450e-9) == Pixels({4, 4}));

  // Parameters that contradict each other.
  for (const char* more : {"PV1_3   = 2", "PV1_3   = -1", "PV1_1   = 1.5", "PS1_0   = ' '"}) {
    auto bad = cards;
    bad.push_back(more);
    const auto without = line(bad, 5, source);
    BOOST_TEST(!without->axis(Role::spectral), more);
  }
  // A table that is missing or lies about its size leaves an axis without a name.
  const std::vector<TableSource> bad = {
      {},
      [](const TableRequest&) {
        return TableArray{{1, 6}, {1, 2, 3}, {}};
      },
      [](const TableRequest&) {
        return TableArray{{2, 3}, {1, 2, 3, 4, 5, 6}, {}};
      },
      [](const TableRequest&) {
        return TableArray{{1, -3}, {1, 2, 3}, {}};
      },
      [](const TableRequest&) {
        return TableArray{{1, std::int64_t{1} << 40}, {1, 2, 3}, {}};
      },
      [](const TableRequest&) {
        return TableArray{{}, {}, {}};
      }};
  for (const TableSource& tables : bad) {
    const auto without = line(cards, 5, tables);
    BOOST_TEST(!without->axis(Role::spectral));
    BOOST_TEST(without->problem().find("-TAB") != std::string::npos);
    BOOST_TEST(!band_of(*without));
  }
}

BOOST_AUTO_TEST_CASE(an_axis_that_turns) {
  const auto source = [](const TableRequest&) -> std::optional<TableArray> {
    return TableArray{{1, 5}, {400, 410, 430, 415, 405}, {}};
  };
  const auto wcs = line({"CTYPE1  = 'WAVE-TAB'", "CRVAL1  = 1.0", "CDELT1  = 1.0", "CRPIX1  = 1.0",
                         "CUNIT1  = 'nm'", "PS1_0   = 'SPEC'", "PS1_1   = 'lambda'", "PV1_3   = 1"},
                        5, source);
  BOOST_TEST(channels(*wcs, 411e-9, 412e-9) == Pixels({2, 4}));
}

BOOST_AUTO_TEST_CASE(endless_axes_do_not_hang) {
  const auto wcs = line(
      {"CTYPE1  = 'FREQ'", "CRPIX1  = 1.0", "CRVAL1  = 1e9", "CDELT1  = 1e-9", "CUNIT1  = 'Hz'"},
      std::int64_t{1} << 50);
  BOOST_TEST(band_of(*wcs).has_value());
  BOOST_TEST(channels(*wcs, 0.2995, 0.29975).has_value());
}

BOOST_AUTO_TEST_CASE(a_long_axis_that_turns_is_refused) {
  const auto source = [](const TableRequest&) -> std::optional<TableArray> {
    return TableArray{{1, 3}, {400, 430, 410}, {}};
  };
  const std::vector<std::string> cards = {
      "CTYPE1  = 'WAVE-TAB'", "CRVAL1  = 1.0",    "CDELT1  = 1e-5",     "CRPIX1  = 1.0",
      "CUNIT1  = 'nm'",       "PS1_0   = 'SPEC'", "PS1_1   = 'lambda'", "PV1_3   = 1"};
  BOOST_TEST(channels(*line(cards, 200000, source), 411e-9, 412e-9).has_value());
  BOOST_CHECK_EXCEPTION(
      channels(*line(cards, 260000, source), 411e-9, 412e-9), Failure, [](const Failure& failure) {
        const std::string text = failure.what();
        return failure.kind() == FailureKind::usage && text.find("250000") != text.npos;
      });
}

BOOST_AUTO_TEST_CASE(axes_that_the_image_lacks) {
  auto cards = test::tan_cards("10.0", "20.0");
  cards.insert(cards.end(),
               {"CTYPE3  = 'FREQ'", "CRPIX3  = 1.0", "CRVAL3  = 1e9", "CDELT3  = 1e8",
                "CTYPE4  = 'STOKES'", "CRVAL4  = 2.0", "CRPIX4  = 1.0", "CDELT4  = 1.0"});
  const auto wcs = parse(cards, {200, 150});
  BOOST_TEST(!wcs->axis(Role::spectral));
  BOOST_TEST(wcs->axes().size() == 2U);
  const auto band = band_of(*wcs);
  BOOST_REQUIRE(band);
  BOOST_TEST(band->lo.metres == 299792458 / 1.05e9, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(states_of(*wcs) == std::vector<std::string>({"Q"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(times)

// UTC from astropy 5.2.1: Time([53000, 59000.5], format="mjd", scale=S).utc.mjd
BOOST_AUTO_TEST_CASE(scales) {
  struct Row {
    const char* scale;
    double first, last;
  };
  const Row rows[] = {{"UTC", 53000, 59000.5},
                      {"TT", 52999.99925712963, 59000.49919925926},
                      {"TDB", 52999.999257132105, 59000.49919924859},
                      {"TCB", 52999.99910431212, 59000.498953389666}};
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.scale) {
      const auto wcs = line({"CTYPE1  = 'TIME'", "CUNIT1  = 'd'", "CRPIX1  = 0.5", "CRVAL1  = 0.25",
                             "CDELT1  = 6000.5", "MJDREFI = 52999", "MJDREFF = 0.75",
                             std::string("TIMESYS = '") + row.scale + "'"},
                            1);
      BOOST_REQUIRE(wcs->axis(Role::time));
      const auto span = time_of(*wcs);
      BOOST_REQUIRE(span);
      BOOST_TEST(std::fabs(span->lo.days - row.first) < 2e-9);
      BOOST_TEST(std::fabs(span->hi.days - row.last) < 2e-9);
    }
  }
}

BOOST_AUTO_TEST_CASE(planes) {
  // Minutes from MJD 58000 (UTC), in seconds by default.
  const auto wcs = line(
      {"CTYPE1  = 'UTC'", "CRPIX1  = 1.0", "CRVAL1  = 30.0", "CDELT1  = 60.0", "MJDREF  = 58000.0"},
      10);
  const auto at = [](double minute) { return 58000 + minute / 1440; };
  BOOST_TEST(planes_of(*wcs, {{at(2.5)}, {at(4.5)}}) == Pixels({3, 5}));
  BOOST_TEST(planes_of(*wcs, {{at(2.5)}, {at(2.5)}}) == Pixels({3, 3}));
  BOOST_TEST(planes_of(*wcs, {{at(-5)}, {at(-1)}}) == Pixels());
  BOOST_TEST(planes_of(*wcs, {{-kInf}, {kInf}}) == Pixels({1, 10}));
  const auto local =
      line({"CTYPE1  = 'TIME'", "CRPIX1  = 1.0", "CDELT1  = 1.0", "TIMESYS = 'LOCAL'"}, 10);
  BOOST_TEST(!time_of(*local));
  BOOST_CHECK_THROW(planes_of(*local, {{1}, {2}}), Failure);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(polarisation)

BOOST_AUTO_TEST_CASE(states) {
  const auto stokes = [](const std::string& first, const std::string& step, std::int64_t length) {
    return states_of(
        *line({"CTYPE1  = 'STOKES'", "CRPIX1  = 1.0", "CRVAL1  = " + first, "CDELT1  = " + step},
              length));
  };
  const auto same = [](const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return a == b;
  };
  BOOST_TEST(same(stokes("1.0", "1.0", 4), {"I", "Q", "U", "V"}));
  BOOST_TEST(same(stokes("-1.0", "-1.0", 8), {"RR", "LL", "RL", "LR", "XX", "YY", "XY", "YX"}));
  BOOST_TEST(same(stokes("0.0", "1.0", 2), {"?", "I"}));
  BOOST_TEST(stokes("1.0", "1.0", 2000000000).empty());
  BOOST_TEST(states_of(*line({"CTYPE1  = 'FREQ'"}, 3)).empty());
}

BOOST_AUTO_TEST_SUITE_END()
