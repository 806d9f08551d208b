// What is read out of headers, file by file. Expected numbers are astropy 5.2.1's
// (WCS.all_pix2world, SkyCoord, Time) or c/f.
#include <boost/test/unit_test.hpp>

#include "base/failure.h"
#include "fits_text.h"
#include "ingest/bands.h"
#include "ingest/describe.h"
#include "ingest/keywords.h"
#include "scratch.h"

namespace {

using namespace soda;
using fits_text::extension;
using fits_text::primary;
using fits_text::tan_cards;
using fits_text::operator+;
using Cards = std::vector<std::string>;

store::FileContents described(const std::string& bytes, const site::Collection& settings = {}) {
  scratch::Folder folder;
  scratch::write_file(folder / "a.fits", bytes);
  return ingest::describe({folder / "a.fits", "data", "a.fits", "c", "ivo://x/c?a.fits"}, settings);
}

store::ObsCore record(const Cards& cards, const site::Collection& settings = {}) {
  const store::FileContents contents = described(primary({100, 60}, cards), settings);
  BOOST_REQUIRE_EQUAL(contents.datasets.size(), 1U);
  return contents.datasets[0].obscore;
}

const auto near = boost::test_tools::tolerance(1e-9);

}  // namespace

BOOST_AUTO_TEST_CASE(an_image_knows_its_place) {
  const store::FileContents contents = described(primary({100, 60}, tan_cards()));
  BOOST_REQUIRE_EQUAL(contents.datasets.size(), 1U);
  const store::ObsCore& row = contents.datasets[0].obscore;
  BOOST_TEST(row.obs_publisher_did == "ivo://x/c?a.fits");
  BOOST_TEST(row.dataproduct_type == "image");
  BOOST_TEST(*row.s_ra == 0.1, near);
  BOOST_TEST(*row.s_dec == 40.0, near);
  // A circle that holds all: no smaller than the farthest corner, hardly larger.
  BOOST_TEST(*row.s_fov >= 2 * 0.58307506);
  BOOST_TEST(*row.s_fov < 2 * 0.58307506 * 1.001);
  BOOST_TEST(*row.s_pixel_scale == 36.0, boost::test_tools::tolerance(1e-4));
  BOOST_TEST(*row.s_xel1 == 100);
  BOOST_TEST(*row.s_xel2 == 60);
  BOOST_TEST(row.s_region.starts_with("Polygon ICRS "));
  // The corner of the first pixel, beyond 0 h from the last.
  BOOST_TEST(row.s_region.find(" 0.74982066 39.69819167") != std::string::npos, row.s_region);
  BOOST_TEST(row.s_region.find(" 359.45017934 39.69819167") != std::string::npos, row.s_region);
  BOOST_TEST(contents.hdus[0].outline.size() >= 8U);
  BOOST_TEST(contents.hdus[0].grid == 0);
  BOOST_TEST(row.pol_states.empty());
  BOOST_TEST(*row.pol_xel == 0);
  BOOST_TEST(!row.em_min);
  BOOST_TEST(!row.t_min);
  BOOST_TEST(row.obs_id == "a.fits");
  BOOST_TEST(*row.access_estsize == 12);  // 4 blocks of 2880 bytes
}

BOOST_AUTO_TEST_CASE(an_image_without_a_sky_is_still_an_image) {
  const store::ObsCore row = record({"OBJECT  = 'flat'"});
  BOOST_TEST(row.dataproduct_type == "image");
  BOOST_TEST(!row.s_ra);
  BOOST_TEST(row.s_region.empty());
  BOOST_TEST(*row.s_xel1 == 100);
}

BOOST_AUTO_TEST_CASE(a_cube_knows_its_band_and_states) {
  const Cards cards =
      tan_cards() + Cards{"CTYPE3  = 'FREQ'", "CRVAL3  = 1.42E9", "CRPIX3  = 1",
                          "CDELT3  = 1E6",    "CUNIT3  = 'Hz'",   "CTYPE4  = 'STOKES'",
                          "CRVAL4  = 1",      "CRPIX4  = 1",      "CDELT4  = 1"};
  const store::FileContents contents = described(primary({100, 60, 3, 2}, cards));
  const store::ObsCore& row = contents.datasets[0].obscore;
  BOOST_TEST(row.dataproduct_type == "cube");
  // Edges of the outer channels: 1.4195 and 1.4225 GHz.
  BOOST_TEST(*row.em_min == 299792458.0 / 1.4225e9, near);
  BOOST_TEST(*row.em_max == 299792458.0 / 1.4195e9, near);
  BOOST_TEST(*row.em_xel == 3);
  BOOST_TEST(row.em_ucd == "em.freq");
  BOOST_TEST(row.pol_states == "/I/Q/");
  BOOST_TEST(*row.pol_xel == 2);
  BOOST_TEST(*contents.hdus[0].em_min == *row.em_min);
  BOOST_TEST(contents.hdus[0].pol_states == "/I/Q/");
}

BOOST_AUTO_TEST_CASE(axes_beyond_the_image_count) {
  const store::ObsCore row = record(
      tan_cards() + Cards{"CTYPE3  = 'FREQ'", "CRVAL3  = 1.4E9", "CDELT3  = 1E6", "CRPIX3  = 1",
                          "CTYPE4  = 'STOKES'", "CRVAL4  = 1", "CRPIX4  = 1", "CDELT4  = 1"});
  BOOST_TEST(row.dataproduct_type == "image");
  BOOST_REQUIRE(row.em_min.has_value());
  BOOST_TEST(*row.em_min == 299792458.0 / 1.4005e9, near);
  BOOST_TEST(row.pol_states == "/I/");
}

BOOST_AUTO_TEST_CASE(times_are_what_the_header_says) {
  struct Row {
    Cards cards;
    double t_min, t_max;  // 0: NULL
  };
  const double day = 58850;  // 2020-01-02
  const std::vector<Row> rows = {
      {{"DATE-OBS= '2020-01-02T03:04:05.5'", "EXPTIME = 864.0"},
       day + 0.12784143518518518,
       day + 0.13784143518518518},
      {{"DATE-OBS= '2020-01-02T03:04:05.5'"}, day + 0.12784143518518518, day + 0.12784143518518518},
      {{"DATE-OBS= '2020-01-02'", "TIME-OBS= '12:00:00'", "EXPTIME = 86.4"},
       day + 0.5,
       day + 0.501},
      {{"DATE-OBS= '2020-01-02'"}, day, day + 1},
      {{"DATE-OBS= '02/01/97'", "EXPTIME = 10"}, 50450, 50451},
      {{"MJD-OBS = 58850.25", "DATE-OBS= '1999-01-01'", "EXPTIME = 8640"}, day + 0.25, day + 0.35},
      {{"EXPSTART= 58850.25", "EXPEND  = 58850.75", "EXPTIME = 5"}, day + 0.25, day + 0.75},
      {{"DATE-BEG= '2020-01-02T00:00:00'", "DATE-END= '2020-01-02T06:00:00'"}, day, day + 0.25},
      {{"DATE-OBS= '2020-01-02T00:00:00'", "DATE-END= '2019-01-02T06:00:00'", "EXPTIME = 864"},
       day,
       day + 0.01},
      {{"MJD-AVG = 58850.5", "EXPTIME = 8640"}, day + 0.45, day + 0.55},
      // Nonsense is left out, and the next best taken.
      {{"MJD-OBS = 0.0"}, 0, 0},
      {{"MJD-OBS = 0.0", "DATE-OBS= '2020-01-02T00:00:00'"}, day, day},
      {{"DATE-OBS= '2020-13-02'"}, 0, 0},
      {{"DATE-OBS= '0000-00-00T00:00:00'"}, 0, 0},
      {{"MJD-OBS = 1E300"}, 0, 0},
      {{"MJD-OBS = 2458850.5"}, 0, 0},
      {{"MJD-OBS = 58850", "EXPTIME = -5"}, day, day},
      {{"MJD-OBS = 58850", "EXPTIME = 1E30"}, day, day},
      // 68.184 s: 36 leap seconds and TT - TAI.
      {{"TIMESYS = 'TT'", "MJD-OBS = 57205.00078916667"}, 57205.0, 57205.0},
  };
  for (const Row& row : rows) {
    const store::ObsCore found = record(row.cards);
    BOOST_TEST_CONTEXT(row.cards.front()) {
      BOOST_TEST(found.t_min.has_value() == (row.t_min != 0));
      BOOST_TEST(found.t_max.has_value() == (row.t_max != 0));
      if (found.t_min) BOOST_TEST(std::abs(*found.t_min - row.t_min) < 1e-8);
      if (found.t_max) BOOST_TEST(std::abs(*found.t_max - row.t_max) < 1e-8);
    }
  }
}

BOOST_AUTO_TEST_CASE(exposures_are_in_seconds) {
  const std::vector<std::pair<Cards, double>> rows = {
      {{"EXPTIME = 30"}, 30},
      {{"EXPTIME = 0"}, 0},
      {{"EXPTIME = 0", "EXPOSURE= 12.5"}, 12.5},
      {{"EXPOSURE= 65.0 / Observation: Exposure Minutes"}, 3900},
      {{"EXPTIME = 0.0", "EXPOSURE= 4.0 / Exposure time minutes"}, 240},
  };
  for (const auto& [cards, seconds] : rows) {
    const store::ObsCore found = record(cards);
    BOOST_TEST_CONTEXT(cards.back()) {
      BOOST_REQUIRE(found.t_exptime.has_value());
      BOOST_TEST(*found.t_exptime == seconds);
    }
  }
}

BOOST_AUTO_TEST_CASE(filters_are_known_by_many_names) {
  struct Row {
    const char* name;
    const char* telescope;
    const char* detector;
    double inside_nm;  // 0: not known
  };
  const std::vector<Row> rows = {
      {"V", "", "", 550},
      {"r", "", "", 625},
      {"R", "", "", 655},
      {"r'", "", "", 625},
      {"g.MP9401", "", "", 470},
      {"SDSS i", "", "", 760},
      {"HSC-Z", "", "", 900},
      {"F555W", "HST", "", 555},
      {"F160W", "HST", "IR", 1600},
      {"F160W", "JWST", "", 1600},
      {"F1000W", "JWST", "", 10000},
      {"F850LP", "HST", "", 900},
      {"Ks", "", "", 2150},
      {"W1", "WISE", "", 3350},
      {"NUV", "GALEX", "", 230},
      {"i DECam SDSS c0003 7835.0 1470.0", "", "", 783},
      {"OG590", "", "", 0},
      {"F", "", "", 0},
      {"F0W", "HST", "", 0},
      {"F99999999999999999999W", "HST", "", 0},
      {"", "", "", 0},
      {"X DECam SDSS 1e400 nan", "", "", 0},
  };
  for (const Row& row : rows) {
    const auto band = ingest::band_of_filter(row.name, {row.telescope, "", row.detector}, {});
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(band.has_value() == (row.inside_nm != 0));
      if (band)
        BOOST_TEST(
            (band->lo.metres < row.inside_nm * 1e-9 && row.inside_nm * 1e-9 < band->hi.metres));
    }
  }
  const store::ObsCore hst =
      record({"TELESCOP= 'HST'", "FILTER1 = 'CLEAR1S'", "FILTER2 = 'F814W'"});
  BOOST_TEST(hst.filter == "F814W");
  BOOST_TEST(*hst.em_min > 6.5e-7);
  BOOST_TEST(*hst.em_max < 1e-6);
}

BOOST_AUTO_TEST_CASE(names_come_from_the_image_then_from_the_primary) {
  const std::string file =
      primary({}, {"TELESCOP= 'HST'", "INSTRUME= 'ACS'", "OBJECT  = 'M 31'"}) +
      extension({100, 60}, tan_cards() + Cards{"EXTNAME = 'SCI'", "OBJECT  = 'M 31 chip'",
                                               "BUNIT   = 'ELECTRONS'"});
  const store::FileContents contents = described(file);
  BOOST_REQUIRE_EQUAL(contents.datasets.size(), 1U);
  BOOST_TEST(contents.datasets[0].hdu == 1);
  const store::ObsCore& row = contents.datasets[0].obscore;
  BOOST_TEST(row.facility_name == "HST");
  BOOST_TEST(row.target_name == "M 31 chip");
  BOOST_TEST(row.o_ucd == "phot.count");
  BOOST_TEST(row.obs_title == "M 31 chip HST ACS");
}

BOOST_AUTO_TEST_CASE(a_beam_is_a_resolution) {
  BOOST_TEST(*record({"BMAJ    = 0.01"}).s_resolution == 36.0, near);
  BOOST_TEST(*record({"HISTORY AIPS   CLEAN BMAJ=  1.0000E-03 BMIN=  9.0000E-04 BPA=  10.00"})
                     .s_resolution == 3.6,
             near);
  BOOST_TEST(*record({"SEEING  = 0.8"}).s_resolution == 0.8, near);
  BOOST_TEST(!record({"SEEING  = -1"}).s_resolution);
}

BOOST_AUTO_TEST_CASE(a_collection_has_the_last_word) {
  site::Collection settings;
  settings.columns["target_name"] = {"MYNAME", "0:TARG"};
  settings.columns["facility_name"] = {"'Example 1 m'"};
  settings.columns["s_resolution"] = {"MYFWHM"};
  settings.filters["OG590"] = {5.9e-7, 7e-7};
  settings.constants["calib_level"] = "3";
  const store::ObsCore row = record(
      {"OBJECT  = 'no'", "TARG    = 'yes'", "TELESCOP= 'no'", "MYFWHM  = 1.5", "FILTER  = 'OG590'"},
      settings);
  BOOST_TEST(row.target_name == "yes");
  BOOST_TEST(row.facility_name == "Example 1 m");
  BOOST_TEST(*row.s_resolution == 1.5);
  BOOST_TEST(*row.em_max == 7e-7);
  BOOST_TEST(row.calib_level == 3);
  settings.columns["no_such_column"] = {"X"};
  BOOST_CHECK_THROW(ingest::check_collection(settings, {}), Failure);
}

BOOST_AUTO_TEST_CASE(own_columns_are_filled_like_others) {
  const std::vector<Column> own = {
      {"visit", ColumnType::integer, "long", "", "", "", "", "", ""},
      {"seeing", ColumnType::real, "double", "", "", "arcsec", "", "", ""},
      {"observer", ColumnType::text, "unicodeChar", "*", "", "", "", "", ""},
      {"programme", ColumnType::text, "unicodeChar", "*", "", "", "", "", ""}};
  site::Collection settings;
  settings.columns["visit"] = {"VISIT", "EXPID"};
  settings.columns["seeing"] = {"SEEING"};
  settings.columns["observer"] = {"OBSERVER"};
  settings.constants["programme"] = "deep";
  ingest::check_collection(settings, own);
  scratch::Folder folder;
  scratch::write_file(folder / "a.fits",
                      primary({100, 60}, {"VISIT   = 'twelve'", "EXPID   = 12", "SEEING  = 0.75"}));
  const auto contents = ingest::describe(
      {folder / "a.fits", "data", "a.fits", "c", "ivo://x/c?a.fits"}, settings, own);
  BOOST_REQUIRE_EQUAL(contents.datasets.size(), 1U);
  const std::vector<store::Value> expected = {std::int64_t{12}, 0.75, std::monostate(),
                                              std::string("deep")};
  BOOST_TEST((contents.datasets[0].own == expected));
  settings.constants["visit"] = "many";
  BOOST_CHECK_THROW(ingest::check_collection(settings, own), Failure);
}

BOOST_AUTO_TEST_CASE(companions_share_a_grid) {
  const auto sci = [](const char* name, int version, const Cards& sky) {
    return extension({100, 60}, sky + Cards{std::string("EXTNAME = '") + name + "'",
                                            "EXTVER  = " + std::to_string(version)});
  };
  const store::FileContents one = described(primary({}, {}) + sci("ERR", 1, tan_cards()) +
                                            sci("SCI", 1, tan_cards()) + sci("DQ", 1, {}));
  BOOST_REQUIRE_EQUAL(one.datasets.size(), 1U);
  BOOST_TEST(one.datasets[0].hdu == 2);
  BOOST_TEST(one.hdus[0].grid == -1);
  for (int i = 1; i <= 3; ++i) BOOST_TEST(one.hdus[static_cast<std::size_t>(i)].grid == 0);

  // Two chips; the flags say nothing of the sky but carry their chip's version.
  const store::FileContents two =
      described(primary({}, {}) + sci("SCI", 1, tan_cards("0.1")) +
                sci("SCI", 2, tan_cards("5.0")) + sci("DQ", 1, {}) + sci("DQ", 2, {}));
  BOOST_REQUIRE_EQUAL(two.datasets.size(), 2U);
  BOOST_TEST(two.datasets[0].obscore.obs_publisher_did == "ivo://x/c?a.fits#1");
  BOOST_TEST(two.datasets[1].obscore.obs_publisher_did == "ivo://x/c?a.fits#2");
  BOOST_TEST(*two.datasets[1].obscore.s_ra == 5.0, near);
  BOOST_TEST(two.hdus[3].grid == 0);
  BOOST_TEST(two.hdus[4].grid == 1);

  // Chips that say nothing of the sky are told apart by their number.
  const store::FileContents raw = described(primary({}, {}) + sci("SCI", 1, {}) +
                                            sci("SCI", 2, tan_cards()) + sci("SCI", 3, {}));
  BOOST_TEST(raw.datasets.size() == 3U);

  // Another shape is another grid; the images of lookup distortions are none.
  const store::FileContents three =
      described(primary({100, 60}, tan_cards()) + extension({10, 10}, {"EXTNAME = 'THUMB'"}) +
                extension({10, 10}, {"EXTNAME = 'WCSDVARR'"}));
  BOOST_TEST(three.datasets.size() == 2U);
  BOOST_TEST(three.hdus[2].grid == -1);
}

BOOST_AUTO_TEST_CASE(lookup_images_are_kept_with_the_image_that_asks) {
  const Cards lookup = {"CPDIS1  = 'LOOKUP'", "DP1     = 'EXTVER: 1'", "DP1     = 'NAXES: 2'",
                        "DP1     = 'AXIS.1: 1'", "DP1     = 'AXIS.2: 2'"};
  const store::FileContents contents = described(
      primary({100, 60}, tan_cards() + lookup) +
      extension({4, 3}, {"EXTNAME = 'WCSDVARR'", "EXTVER  = 1", "CRPIX1  = 1", "CRVAL1  = 1",
                         "CDELT1  = 33", "CRPIX2  = 1", "CRVAL2  = 1", "CDELT2  = 30"}));
  BOOST_REQUIRE_EQUAL(contents.hdus[0].arrays.size(), 1U);
  BOOST_TEST(contents.hdus[0].arrays[0].extname == "WCSDVARR");
  BOOST_TEST((contents.hdus[0].arrays[0].shape == std::vector<std::int64_t>{4, 3}));
  BOOST_TEST(contents.hdus[0].arrays[0].values.size() == 12U);
  BOOST_TEST(!contents.hdus[0].arrays[0].cards.empty());
}

BOOST_AUTO_TEST_CASE(identifiers_are_escaped_where_a_uri_needs_it) {
  BOOST_TEST(ingest::identifier_of("x.org", "c", "", "a/b_1.fits") == "ivo://x.org/c?a/b_1.fits");
  BOOST_TEST(ingest::identifier_of("x.org", "c", "root", "a b#1%?.fits") ==
             "ivo://x.org/c?root/a%20b%231%25%3F.fits");
  BOOST_TEST(ingest::identifier_of("x.org", "c", "", "\xc3\xa9\n\"<>") ==
             "ivo://x.org/c?%C3%A9%0A%22%3C%3E");
}
