#include "make_compressed.h"

#include <fitsio.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "synthetic.h"

namespace synthetic {
namespace {

using std::filesystem::path;

void check(int status) {
  if (status == 0) return;
  std::array<char, FLEN_STATUS> text{};
  fits_get_errstatus(status, text.data());
  throw std::runtime_error(fmt::format("CFITSIO: {}", text.data()));
}

struct Kind {
  const char* name;
  int algorithm;
  int bitpix;
  std::vector<long> shape, tile;
  float quantize = 0;  // 0: lossless
  int dither = NO_DITHER;
};

// Pixels that name their place, and on top of it, where they are to be quantized, a sine wave, so
// that there is noise to be quantized against.
std::vector<double> values_of(const Kind& kind) {
  std::vector<double> values;
  Shape place(kind.shape.size(), 1);
  std::int64_t count = 1;
  for (const long length : kind.shape) count *= length;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto value = static_cast<double>(value_at(place));
    const double wave = 50 * std::sin(0.7 * static_cast<double>(i * i % 1009));
    double pixel = kind.quantize != 0 ? 1e-3 * value + wave : value;
    if (kind.bitpix == BYTE_IMG) pixel = static_cast<double>(value_at(place) % 251);
    if (kind.algorithm == PLIO_1) pixel = static_cast<double>(i / 7 % 5);
    values.push_back(pixel);
    for (std::size_t axis = 0; axis < place.size(); ++axis) {
      if (++place[axis] <= kind.shape[axis]) break;
      place[axis] = 1;
    }
  }
  return values;
}

// A plain image in memory, then compressed as a whole: the way of fpack, which takes any number of
// axes.
void write_compressed(const path& target, Kind kind) {
  fitsfile* plain = nullptr;
  fitsfile* file = nullptr;
  int status = 0;
  fits_create_file(&plain, "mem://", &status);
  fits_create_img(plain, kind.bitpix, static_cast<int>(kind.shape.size()), kind.shape.data(),
                  &status);
  const std::array<const char*, 2> types = {"RA---TAN", "DEC--TAN"};
  const std::array<double, 2> centre = {150.1, 2.2};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto key = [&](const char* stem) { return fmt::format("{}{}", stem, i + 1); };
    const double middle = 0.5 + 0.5 * static_cast<double>(kind.shape[i]);
    fits_update_key_str(plain, key("CTYPE").c_str(), types[i], nullptr, &status);
    fits_update_key_dbl(plain, key("CRVAL").c_str(), centre[i], 12, nullptr, &status);
    fits_update_key_dbl(plain, key("CRPIX").c_str(), middle, 12, nullptr, &status);
    fits_update_key_dbl(plain, key("CDELT").c_str(), (i == 0 ? -1 : 1) / 3600.0, 12, nullptr,
                        &status);
  }
  std::vector<double> values = values_of(kind);
  fits_write_img(plain, TDOUBLE, 1, static_cast<LONGLONG>(values.size()), values.data(), &status);

  fits_create_file(&file, ("!" + target.string()).c_str(), &status);
  fits_set_compression_type(file, kind.algorithm, &status);
  fits_set_tile_dim(file, static_cast<int>(kind.tile.size()), kind.tile.data(), &status);
  fits_set_quantize_level(file, kind.quantize, &status);
  fits_set_quantize_method(file, kind.dither, &status);
  // A fixed seed: the same bytes every time.
  fits_set_dither_seed(file, 4711, &status);
  fits_img_compress(plain, file, &status);
  fits_close_file(file, &status);
  fits_close_file(plain, &status);
  check(status);
}

// Zeroes what follows the first `kept` bytes of tile number `tile` (0-based) of the first
// extension, or writes `with` there.
void spoil(const path& target, long tile, std::size_t kept, const std::string& with = {}) {
  fitsfile* file = nullptr;
  int status = 0, column = 0;
  LONGLONG count = 0, place = 0, data = 0;
  long width = 0, rows = 0;
  fits_open_diskfile(&file, target.c_str(), READONLY, &status);
  fits_movabs_hdu(file, 2, nullptr, &status);
  fits_get_colnum(file, CASEINSEN, const_cast<char*>("COMPRESSED_DATA"), &column, &status);
  fits_read_descriptll(file, column, tile + 1, &count, &place, &status);
  fits_get_hduaddrll(file, nullptr, &data, nullptr, &status);
  fits_read_key(file, TLONG, "NAXIS1", &width, nullptr, &status);
  fits_read_key(file, TLONG, "NAXIS2", &rows, nullptr, &status);
  fits_close_file(file, &status);
  check(status);
  std::fstream bytes(target, std::ios::binary | std::ios::in | std::ios::out);
  bytes.seekp(data + static_cast<LONGLONG>(width) * rows + place + static_cast<LONGLONG>(kept));
  const std::string zeros(static_cast<std::size_t>(count) - kept, '\0');
  bytes << (with.empty() ? zeros : with);
  if (!bytes.flush()) throw std::runtime_error("cannot write " + target.string());
}

}  // namespace

void make_compressed(const path& folder) {
  const Kind kinds[] = {
      {"rice_int16_rows", RICE_1, SHORT_IMG, {120, 30}, {120, 1}},
      {"rice_uint16_tiles", RICE_1, USHORT_IMG, {130, 60}, {32, 32}},
      {"rice_int32_tiles", RICE_1, LONG_IMG, {130, 100}, {50, 40}},
      {"rice_uint8_rows", RICE_1, BYTE_IMG, {200, 1}, {200, 1}},
      {"rice_float_rows", RICE_1, FLOAT_IMG, {120, 100}, {120, 1}, 4, SUBTRACTIVE_DITHER_1},
      {"rice_float_tiles", RICE_1, FLOAT_IMG, {200, 150}, {64, 50}, 4, SUBTRACTIVE_DITHER_2},
      {"rice_double_tiles", RICE_1, DOUBLE_IMG, {200, 150}, {100, 100}, 16, NO_DITHER},
      {"rice_cube", RICE_1, LONG_IMG, {40, 30, 9}, {16, 16, 4}},
      {"gzip1_float", GZIP_1, FLOAT_IMG, {120, 100}, {120, 1}},
      {"gzip2_double", GZIP_2, DOUBLE_IMG, {120, 100}, {50, 50}},
      {"gzip2_int16", GZIP_2, SHORT_IMG, {120, 30}, {120, 1}},
      {"hcompress_int32", HCOMPRESS_1, LONG_IMG, {130, 100}, {50, 40}},
      {"plio_int16", PLIO_1, SHORT_IMG, {120, 100}, {120, 1}},
      {"plio_four_axes", PLIO_1, SHORT_IMG, {20, 10, 3, 2}, {20, 1, 1, 1}},
  };
  for (const Kind& kind : kinds) write_compressed(folder / fmt::format("{}.fits", kind.name), kind);

  // CFITSIO 4.2 dies of this one: behind the first pixel and a code parameter there are only zeros,
  // and its decoder looks for a one beyond the end of the tile. The other tiles are whole.
  const path rice = folder / "damaged" / "rice_tile_zeroed.fits";
  write_compressed(rice, {"", RICE_1, SHORT_IMG, {512, 30}, {256, 30}});
  spoil(rice, 0, 6);
  // The tile says that it is 30000 × 30000 pixels.
  const path hcompress = folder / "damaged" / "hcompress_tile_lies.fits";
  write_compressed(hcompress, {"", HCOMPRESS_1, LONG_IMG, {130, 100}, {50, 40}});
  spoil(hcompress, 0, 2, std::string({0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30}));
  const path gzip = folder / "damaged" / "gzip_tile_zeroed.fits";
  write_compressed(gzip, {"", GZIP_1, FLOAT_IMG, {120, 100}, {120, 1}});
  spoil(gzip, 5, 12);
}

void sign_file(const path& target) {
  fitsfile* file = nullptr;
  int status = 0, hdus = 0;
  fits_open_diskfile(&file, target.c_str(), READWRITE, &status);
  fits_get_num_hdus(file, &hdus, &status);
  for (int i = 1; i <= hdus; ++i) {
    // Not fits_write_chksum(), which would write the time as well.
    unsigned long data = 0, whole = 0;
    std::array<char, 17> text{};
    fits_movabs_hdu(file, i, nullptr, &status);
    fits_get_chksum(file, &data, &whole, &status);
    fits_update_key_str(file, "CHECKSUM", "0000000000000000", "HDU checksum", &status);
    fits_update_key_str(file, "DATASUM", fmt::format("{}", data).c_str(), "data checksum", &status);
    fits_set_hdustruc(file, &status);
    fits_get_chksum(file, &data, &whole, &status);
    fits_encode_chksum(whole, 1, text.data());
    fits_update_key_str(file, "CHECKSUM", text.data(), nullptr, &status);
  }
  fits_close_file(file, &status);
  check(status);
}

}  // namespace synthetic
