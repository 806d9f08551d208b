#include "fits/cfitsio.h"

#include <fitsio.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/failure.h"
#include "base/text.h"
#include "fits/endian.h"

namespace soda::fits {
namespace {

constexpr std::size_t most_axes = 6;

// CFITSIO keeps one stack of messages a process: emptied here. Messages that name the file are left
// out.
void check(int status) {
  if (status == 0) return;
  std::array<char, FLEN_STATUS> what{};
  fits_get_errstatus(status, what.data());
  std::string sentence = fmt::format("CFITSIO cannot read the compressed image: {}", what.data());
  std::array<char, FLEN_ERRMSG> message{};
  for (bool first = true; fits_read_errmsg(message.data()) != 0;) {
    const std::string_view text = message.data();
    if (!first || text.find('/') != text.npos) continue;
    // CFITSIO quotes the header as it stands.
    sentence += fmt::format(" ({})", quoted(text));
    first = false;
  }
  throw Failure(FailureKind::corrupt_data, std::move(sentence));
}

struct Type {
  int bitpix, code;
};
constexpr std::array<Type, 6> types = {
    {{8, TBYTE}, {16, TSHORT}, {32, TINT}, {64, TLONGLONG}, {-32, TFLOAT}, {-64, TDOUBLE}}};

template <class Word>
void to_big_endian(char* bytes, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i, bytes += sizeof(Word)) {
    Word word;
    std::memcpy(&word, bytes, sizeof word);
    store_big_endian(bytes, word);
  }
}

}  // namespace

struct CfitsioImage::Handle {
  fitsfile* file = nullptr;
  ~Handle() {
    int status = 0;
    if (file != nullptr) fits_close_file(file, &status);
    fits_clear_errmsg();
  }
};

CfitsioImage::CfitsioImage(const MappedFile& file, int hdu, int bitpix, std::size_t axes)
    : handle_(std::make_unique<Handle>()), bitpix_(bitpix) {
  if (axes > most_axes) {
    throw Failure(FailureKind::corrupt_data,
                  fmt::format("a compressed image of {} axes with this algorithm cannot be read; "
                              "CFITSIO reads at most {}",
                              axes, most_axes));
  }
  int status = 0;
  const std::string path = fmt::format("/proc/self/fd/{}", file.descriptor());
  fits_open_diskfile(&handle_->file, path.c_str(), READONLY, &status);
  fits_movabs_hdu(handle_->file, hdu + 1, nullptr, &status);
  check(status);
  if (fits_is_compressed_image(handle_->file, &status) == 0) {
    throw Failure(FailureKind::corrupt_data, "CFITSIO finds no compressed image in this HDU");
  }
  fits_set_bscale(handle_->file, 1, 0, &status);
  check(status);
}

CfitsioImage::~CfitsioImage() = default;

void CfitsioImage::read(const Section& section, char* into) {
  const auto type = std::find_if(types.begin(), types.end(),
                                 [&](const Type& known) { return known.bitpix == bitpix_; });
  std::vector<long> first(section.first.begin(), section.first.end());
  std::vector<long> last(section.last.begin(), section.last.end());
  std::vector<long> step(first.size(), 1);
  // Undefined pixels of quantized images become NaN; integers are taken as they are.
  float blank_float = blank_pixel<float>();
  double blank_double = blank_pixel<double>();
  void* blank = nullptr;
  if (bitpix_ == -32) blank = &blank_float;
  if (bitpix_ == -64) blank = &blank_double;
  int status = 0, any = 0;
  fits_read_subset(handle_->file, type->code, first.data(), last.data(), step.data(), blank, into,
                   &any, &status);
  check(status);
  const std::int64_t count = section.pixels();
  if (std::abs(bitpix_) == 16) to_big_endian<std::uint16_t>(into, count);
  if (std::abs(bitpix_) == 32) to_big_endian<std::uint32_t>(into, count);
  if (std::abs(bitpix_) == 64) to_big_endian<std::uint64_t>(into, count);
}

}  // namespace soda::fits
