// A file's bytes -> its HDUs, and then what ingest and the services read of them: fits/file,
// fits/section, but for tiles (tiles.cc).
//
// Input: a file as textfile.h describes it.
#include <cstdlib>
#include <span>

#include "fits/file.h"
#include "fits/section.h"
#include "target.h"
#include "textfile.h"

namespace {

using namespace soda;
using fuzz::require;

constexpr std::size_t file_limit = 4 << 20;
constexpr std::int64_t inflated_limit = 8 << 20;
constexpr auto corrupt = FailureKind::corrupt_data;

void check_hdu(const fits::Hdu& hdu, const fits::Scan& scan) {
  require(hdu.header_offset >= 0 && hdu.data_offset > hdu.header_offset, "a header has a length");
  require(hdu.data_offset % 2880 == 0 && hdu.data_length >= 0, "data begin with a block");
  require(scan.gzipped || hdu.data_length == 0 ||
              hdu.data_length <= scan.identity.size - hdu.data_offset,
          "data lie inside the file");
  const fits::Header image = hdu.image_header();
  if (hdu.kind != fits::HduKind::image) return;
  std::int64_t bytes = hdu.shape.empty() ? 0 : std::abs(hdu.bitpix) / 8;
  for (const std::int64_t length : hdu.shape) {
    require(length > 0, "an image with data has pixels on every axis");
    require(!__builtin_mul_overflow(bytes, length, &bytes), "the size of an image is a number");
  }
  require(bytes <= hdu.data_length, "an image's pixels lie inside its data");
}

// The whole image, in as many bytes as it has.
void copy_image(const fits::MappedFile& file, const fits::Hdu& hdu) {
  if (hdu.kind != fits::HduKind::image || hdu.shape.empty()) return;
  const fits::Section whole{std::vector<std::int64_t>(hdu.shape.size(), 1), hdu.shape};
  std::int64_t bytes = 0;
  unsigned char sum = 0;
  fits::copy_plain(file, {hdu.data_offset, hdu.bitpix, hdu.shape}, whole,
                   [&](std::span<const iovec> pieces) {
                     for (const iovec& piece : pieces) {
                       const auto* at = static_cast<const unsigned char*>(piece.iov_base);
                       for (std::size_t i = 0; i < piece.iov_len; ++i) sum ^= at[i];
                       bytes += static_cast<std::int64_t>(piece.iov_len);
                     }
                   });
  require(bytes == whole.pixels() * (std::abs(hdu.bitpix) / 8), "an image is copied whole");
}

void read_arrays(const std::string& path, const fits::Hdu& hdu) {
  constexpr std::int64_t limit = 1 << 16;
  fuzz::survives({corrupt, FailureKind::unavailable, FailureKind::too_large}, [&] {
    const auto image = fits::read_image(path, hdu.index, limit);
    require(!image || image->values.size() * sizeof(double) <= 8 * limit, "an array is bounded");
  });
  const std::string column = hdu.header.string("TTYPE1").value_or("");
  fuzz::survives({corrupt, FailureKind::unavailable, FailureKind::too_large},
                 [&] { fits::read_column(path, hdu.index, column, 1, limit); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::ScratchFile scratch(fuzz::file_of(fuzz::text_of(data, size), file_limit));
  fits::Scan scan;
  const bool readable = fuzz::survives({corrupt, FailureKind::too_large},
                                       [&] { scan = fits::scan(scratch.path(), inflated_limit); });
  if (!readable) return 0;
  require(!scan.hdus.empty() || scan.problem, "a file has HDUs or a problem");
  for (const auto& hdu : scan.hdus) check_hdu(hdu, scan);
  if (scan.gzipped) return 0;
  const fits::MappedFile file(scratch.path(), scan.identity);
  for (std::size_t i = 0; i < scan.hdus.size() && i < 8; ++i) {
    copy_image(file, scan.hdus[i]);
    read_arrays(scratch.path(), scan.hdus[i]);
  }
  return 0;
}
