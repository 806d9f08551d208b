// Writes the synthetic FITS files of the tests into a folder: make_data FOLDER
//
// The same bytes every time. What each file is for stands beside its function; pixel values: see
// synthetic.h. Damaged files go to FOLDER/damaged.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "make_compressed.h"
#include "synthetic.h"

namespace synthetic {
namespace {

using std::filesystem::path;

constexpr double degree = 3.14159265358979323846 / 180;

// A gnomonic picture of `scale` degrees a pixel about (lon, lat), turned by `angle` degrees.
Cards tangent(double lon, double lat, double x, double y, double scale, double angle = 0) {
  Cards cards;
  cards.add("CTYPE1", "RA---TAN").add("CTYPE2", "DEC--TAN");
  cards.add("CUNIT1", "deg").add("CUNIT2", "deg");
  cards.add("CRVAL1", lon, "right ascension of the reference pixel");
  cards.add("CRVAL2", lat, "declination of the reference pixel");
  cards.add("CRPIX1", x, "reference pixel").add("CRPIX2", y, "reference pixel");
  cards.add("CD1_1", -scale * std::cos(angle * degree));
  cards.add("CD1_2", scale * std::sin(angle * degree));
  cards.add("CD2_1", scale * std::sin(angle * degree));
  cards.add("CD2_2", scale * std::cos(angle * degree));
  return cards.add("RADESYS", "ICRS");
}

Cards observation(const char* object) {
  Cards cards;
  cards.add("OBJECT", object, "what was looked at").add("TELESCOP", "Synthetic 1m");
  cards.add("INSTRUME", "SynCam").add("FILTER", "r");
  cards.add("DATE-OBS", "2020-01-02T03:04:05.678", "start of the exposure");
  return cards.add("EXPTIME", 60.0, "[s] exposure time");
}

constexpr double arcsecond = 1.0 / 3600;

// One plain image of each type on the same grid of 60 × 50 pixels about (150.1, +2.2).
void plain_types(const path& folder) {
  struct Type {
    const char* name;
    int bitpix;
    std::int64_t zero;
  };
  constexpr Type types[] = {{"tan_uint8", 8, 0},   {"tan_uint16", 16, 32768},
                            {"tan_int32", 32, 0},  {"tan_int64", 64, 0},
                            {"tan_float", -32, 0}, {"tan_double", -64, 0}};
  const Shape shape = {60, 50};
  for (const Type& type : types) {
    Cards cards = primary(type.bitpix, shape);
    if (type.zero != 0) {
      cards.add("BSCALE", 1.0).add("BZERO", static_cast<double>(type.zero), "unsigned integers");
    }
    if (type.bitpix == 32) cards.add("BLANK", std::int64_t{-2147483648}, "undefined pixels");
    cards.add("BUNIT", "adu").all(tangent(150.1, 2.2, 30.5, 25.5, arcsecond));
    cards.all(observation(type.name));
    write(folder / fmt::format("{}.fits", type.name),
          cards.blocks() + pixels(type.bitpix, shape, type.zero));
  }
}

// A larger picture: 600 × 400, with stars' worth of room for polygons and ranges.
void wide(const path& folder) {
  const Shape shape = {600, 400};
  Cards cards = primary(-32, shape);
  cards.all(tangent(150.1, 2.2, 300.5, 200.5, arcsecond)).all(observation("wide"));
  const std::string bytes = cards.blocks() + pixels(-32, shape);
  write(folder / "wide.fits", bytes);
  write_gzipped(folder / "wide_gzipped.fits.gz", bytes);
}

void distorted(const path& folder) {
  const Shape shape = {200, 200};
  Cards cards = primary(-32, shape);
  Cards wcs = tangent(202.5, 47.2, 100.5, 100.5, 10 * arcsecond, 12);
  std::string text = wcs.text();
  text.replace(text.find("RA---TAN'"), 13, "RA---TAN-SIP'");
  text.replace(text.find("DEC--TAN'"), 13, "DEC--TAN-SIP'");
  for (std::size_t at = 0; at < text.size(); at += 80) cards.raw(text.substr(at, 80));
  cards.add("A_ORDER", 2).add("A_2_0", 2e-4).add("A_1_1", -1e-4).add("A_0_2", 5e-5);
  cards.add("B_ORDER", 2).add("B_2_0", -3e-5).add("B_1_1", 1.5e-4).add("B_0_2", 2e-4);
  cards.all(observation("distorted"));
  write(folder / "tan_sip.fits", cards.blocks() + pixels(-32, shape));
}

// Pictures in awkward places: turned, at the poles, over 0 h.
void awkward_places(const path& folder) {
  struct Place {
    const char* name;
    double lon, lat, angle;
  };
  constexpr Place places[] = {{"rotated", 83.6, -5.4, 33},
                              {"north_pole", 0, 90, 0},
                              {"south_pole", 120, -90, 70},
                              {"zero_hour", 0, 0.5, 0}};
  const Shape shape = {120, 100};
  for (const Place& place : places) {
    Cards cards = primary(-32, shape);
    cards.all(tangent(place.lon, place.lat, 60.5, 50.5, 60 * arcsecond, place.angle));
    cards.all(observation(place.name));
    write(folder / fmt::format("{}.fits", place.name), cards.blocks() + pixels(-32, shape));
  }
}

// The whole sky in galactic coordinates, two degrees a pixel.
void all_sky(const path& folder) {
  const Shape shape = {180, 90};
  Cards cards = primary(-32, shape);
  cards.add("CTYPE1", "GLON-CAR").add("CTYPE2", "GLAT-CAR");
  cards.add("CRVAL1", 0.0).add("CRVAL2", 0.0).add("CRPIX1", 90.5).add("CRPIX2", 45.5);
  cards.add("CDELT1", -2.0).add("CDELT2", 2.0);
  write(folder / "galactic_car.fits", cards.blocks() + pixels(-32, shape));
}

Cards sky_axes() {
  Cards cards;
  cards.add("CTYPE1", "RA---TAN").add("CTYPE2", "DEC--TAN");
  cards.add("CRVAL1", 10.0).add("CRVAL2", -30.0).add("CRPIX1", 20.5).add("CRPIX2", 15.5);
  return cards.add("CDELT1", -0.01).add("CDELT2", 0.01).add("RADESYS", "ICRS");
}

void cubes(const path& folder) {
  Shape shape = {40, 30, 20};
  Cards cards = primary(-32, shape);
  cards.all(sky_axes()).add("CTYPE3", "FREQ").add("CUNIT3", "Hz");
  cards.add("CRVAL3", 1.42e9).add("CRPIX3", 1.0).add("CDELT3", 1e6);
  cards.add("RESTFRQ", 1.420405751786e9, "[Hz] H I").add("SPECSYS", "BARYCENT").add("BUNIT", "K");
  write(folder / "cube_freq.fits", cards.blocks() + pixels(-32, shape));

  shape = {40, 30, 10, 4};
  cards = primary(-64, shape);
  cards.all(sky_axes()).add("CTYPE3", "WAVE").add("CUNIT3", "m");
  cards.add("CRVAL3", 5e-7).add("CRPIX3", 1.0).add("CDELT3", 1e-9);
  cards.add("CTYPE4", "STOKES").add("CRVAL4", 1.0).add("CRPIX4", 1.0).add("CDELT4", 1.0);
  write(folder / "cube_wave_stokes.fits", cards.blocks() + pixels(-64, shape));

  shape = {500};
  cards = primary(-32, shape);
  cards.add("CTYPE1", "WAVE").add("CUNIT1", "Angstrom").add("CRVAL1", 4000.0);
  cards.add("CRPIX1", 1.0).add("CDELT1", 2.0);
  write(folder / "spectrum.fits", cards.blocks() + pixels(-32, shape));
}

// A binary table of three rows: (n, 10 n).
std::string small_table() {
  Cards cards;
  cards.add("XTENSION", "BINTABLE").add("BITPIX", 8).add("NAXIS", 2).add("NAXIS1", 6);
  cards.add("NAXIS2", 3).add("PCOUNT", 0).add("GCOUNT", 1).add("TFIELDS", 2);
  cards.add("TTYPE1", "N").add("TFORM1", "1I").add("TTYPE2", "TEN").add("TFORM2", "1J");
  cards.add("EXTNAME", "NOTES");
  std::string data;
  for (char n = 1; n <= 3; ++n) {
    data += std::string({'\0', n, '\0', '\0', '\0', static_cast<char>(10 * n)});
  }
  return cards.blocks() + padded(std::move(data));
}

// An empty primary HDU, SCI, ERR and DQ on one grid, and a small table.
void with_errors(const path& folder) {
  const Shape shape = {90, 70};
  const Cards wcs = tangent(53.1, -27.8, 45.5, 35.5, arcsecond, 20);
  std::string bytes = primary(8, {}).all(observation("with errors")).blocks();
  bytes += extension(-32, shape, "SCI").all(wcs).blocks() + pixels(-32, shape);
  bytes += extension(-32, shape, "ERR").all(wcs).blocks() + pixels(-32, shape);
  bytes += extension(16, shape, "DQ").all(wcs).blocks() + pixels(16, shape, 32768);
  bytes += small_table();
  write(folder / "sci_err_dq.fits", bytes);
}

// Four detectors side by side, with gaps of ten pixels, each its own HDU.
void mosaic(const path& folder) {
  const Shape shape = {80, 60};
  std::string bytes = primary(16, {}).all(observation("mosaic")).blocks();
  for (int i = 0; i < 4; ++i) {
    const int column = i % 2, row = i / 2;
    Cards cards = extension(-32, shape, fmt::format("CCD{}", i + 1).c_str());
    cards.all(tangent(30.0, 10.0, 85.5 - 90 * column, 65.5 - 70 * row, 2 * arcsecond));
    cards.add("DETSEC", fmt::format("[{}:{},{}:{}]", 1 + 80 * column, 80 + 80 * column,
                                    1 + 60 * row, 60 + 60 * row)
                            .c_str());
    bytes += cards.blocks() + pixels(-32, shape);
  }
  write(folder / "mosaic.fits", bytes);
}

// Everything that a cut has to shift: WCS A, LTV, section keywords, checksums, long strings.
void many_keywords(const path& folder) {
  const Shape shape = {100, 80};
  Cards cards = primary(-32, shape);
  cards.all(tangent(150.1, 2.2, 50.5, 40.5, arcsecond)).all(observation("many keywords"));
  cards.add("WCSNAMEA", "detector").add("CTYPE1A", "DETX").add("CTYPE2A", "DETY");
  cards.add("CRPIX1A", 1.0).add("CRPIX2A", 1.0).add("CRVAL1A", 101.0).add("CRVAL2A", 201.0);
  cards.add("CDELT1A", 1.0).add("CDELT2A", 1.0);
  cards.add("LTV1", -100.0).add("LTV2", -200.0).add("LTM1_1", 1.0).add("LTM2_2", 1.0);
  cards.add("DATASEC", "[1:100,1:80]").add("TRIMSEC", "[3:98,3:78]");
  cards.add("CCDSEC", "[101:200,201:280]").add("DETSEC", "[101:200,201:280]");
  cards.add("BIASSEC", "[95:100,1:80]").add("DATAMIN", 1001.0).add("DATAMAX", 80100.0);
  cards.raw("LONGSTRN= 'OGIP 1.0'           / long strings are used");
  cards.raw("LONGNOTE= 'a string that is too long for one card and goes on in the next &'");
  cards.raw("CONTINUE  'until it ends' / as it does here");
  cards.raw("HIERARCH ESO DET NAME = 'synthetic' / a keyword of three words");
  cards.raw("COMMENT   two comments,").raw("COMMENT   in this order").raw("");
  cards.raw("HISTORY   made by make_data");
  write(folder / "many_keywords.fits", cards.blocks() + pixels(-32, shape));
  sign_file(folder / "many_keywords.fits");
}

void without_sky(const path& folder) {
  const Shape shape = {64, 48};
  write(folder / "no_wcs.fits", primary(32, shape).blocks() + pixels(32, shape));
}

// 100,000 cards: large, but whole.
void many_cards(const path& folder) {
  const Shape shape = {20, 20};
  Cards cards = primary(-32, shape);
  cards.all(tangent(200, 20, 10.5, 10.5, arcsecond));
  while (cards.text().size() < 100000 * 80) {
    cards.raw(fmt::format("HISTORY   line {}", cards.text().size() / 80 + 1));
  }
  write(folder / "many_cards.fits", cards.blocks() + pixels(-32, shape));
}

// Files that do not keep every rule, but whose pixels are all there: they are read.
void tolerated(const path& folder) {
  const Shape shape = {20, 20};
  Cards cards = primary(-32, shape);
  cards.all(tangent(210, 20, 10.5, 10.5, arcsecond)).raw("END");
  const std::string data = pixels(-32, shape);
  write(folder / "null_padding.fits", padded(cards.text(), '\0') + data);
  write(folder / "no_padding.fits", padded(cards.text(), ' ') + data.substr(0, 4 * 20 * 20));
  write(folder / "trailing_junk.fits", padded(cards.text(), ' ') + data + std::string(5000, 'x'));
}

// An image without a value.
void undefined_only(const path& folder) {
  Cards nothing = primary(-32, {20, 16});
  nothing.all(tangent(220, 20, 10.5, 8.5, arcsecond));
  std::string undefined;  // NaN in 320 pixels
  for (int i = 0; i < 20 * 16; ++i) undefined += std::string("\x7F\xC0\0\0", 4);
  write(folder / "all_nan.fits", nothing.blocks() + padded(std::move(undefined)));
}

// Files that hold nothing to be cut: a table only, and an image of one pixel.
void without_images(const path& folder) {
  write(folder / "table_only.fits", primary(8, {}).blocks() + small_table());
  Cards cards = primary(-32, {1, 1});
  cards.all(tangent(230, 20, 1, 1, arcsecond));
  write(folder / "one_pixel.fits", cards.blocks() + pixels(-32, {1, 1}));
}

void damaged(const path& folder) {
  const Shape shape = {100, 100};
  Cards cards = primary(-32, shape);
  cards.all(tangent(150.1, 2.2, 50.5, 50.5, arcsecond));
  const std::string bytes = cards.blocks() + pixels(-32, shape);
  write(folder / "truncated_data.fits", bytes.substr(0, bytes.size() / 2));
  write(folder / "truncated_header.fits", bytes.substr(0, 1500));
  write(folder / "no_end.fits", padded(cards.text(), ' ') + pixels(-32, shape));
  write(folder / "zero_length.fits", "");
  write(folder / "not_fits.fits", "<html><body>404 Not Found</body></html>\n");
  const std::string small = pixels(16, {20, 20});
  write(folder / "naxis_bomb.fits", primary(16, {2000000000, 2000000000}).blocks() + small);
  write(folder / "naxis_overflow.fits",
        primary(-64, {4294967296, 4294967296, 4294967296}).blocks() + small);
  write(folder / "negative_naxis.fits", primary(16, {20, -20}).blocks() + small);
  write(folder / "bitpix_7.fits", primary(7, {20, 20}).blocks() + small);
  // The second HDU lies; the first is as good as ever.
  const std::string good = primary(16, {20, 20}).blocks() + small;
  std::string lying = extension(16, {20, 20}, "LIES").text();
  lying.replace(lying.find("PCOUNT  =                    0"), 30, "PCOUNT  =  9000000000000000000");
  write(folder / "pcount_lies.fits", good + padded(lying + "END", ' ') + small);
  write_gzipped(folder / "whole.fits.gz", bytes);
  std::filesystem::resize_file(folder / "whole.fits.gz",
                               std::filesystem::file_size(folder / "whole.fits.gz") / 2);
  std::filesystem::rename(folder / "whole.fits.gz", folder / "truncated_gzip.fits.gz");
}

void make_all(const path& folder) {
  std::filesystem::create_directories(folder / "damaged");
  plain_types(folder);
  wide(folder);
  distorted(folder);
  awkward_places(folder);
  all_sky(folder);
  cubes(folder);
  with_errors(folder);
  mosaic(folder);
  many_keywords(folder);
  without_sky(folder);
  undefined_only(folder);
  without_images(folder);
  many_cards(folder);
  tolerated(folder);
  damaged(folder / "damaged");
  make_compressed(folder);
}

}  // namespace
}  // namespace synthetic

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: make_data FOLDER\n", stderr);
    return 2;
  }
  try {
    synthetic::make_all(arguments[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_data: %s\n", error.what());
    return 1;
  }
  return 0;
}
