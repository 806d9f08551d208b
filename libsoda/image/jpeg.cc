#include "image/jpeg.h"

// jpeglib.h needs FILE and size_t.
#include <jpeglib.h>

#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <new>
#include <type_traits>

#include "base/failure.h"

namespace soda::image {
namespace {

constexpr int quality = 90;

// The library's managers, with what our callbacks need behind them. It lives in a frame that
// longjmp does not leave; the casts from the managers back to it need standard layout.
struct Errors {
  jpeg_error_mgr manager{};
  std::jmp_buf jump{};
  std::array<char, JMSG_LENGTH_MAX> message{};
};
struct Destination {
  jpeg_destination_mgr manager{};
  std::string* bytes = nullptr;
  std::array<JOCTET, 16384> buffer{};
};
static_assert(std::is_standard_layout_v<Errors> && std::is_standard_layout_v<Destination>);

[[noreturn]] void take_error(j_common_ptr jpeg) {
  auto* errors = reinterpret_cast<Errors*>(jpeg->err);
  (*jpeg->err->format_message)(jpeg, errors->message.data());
  std::longjmp(errors->jump, 1);
}

void ignore_message(j_common_ptr) {}

void begin(j_compress_ptr jpeg) {
  auto* destination = reinterpret_cast<Destination*>(jpeg->dest);
  destination->manager.next_output_byte = destination->buffer.data();
  destination->manager.free_in_buffer = destination->buffer.size();
}

bool append(const Destination& destination, std::size_t length) noexcept {
  try {
    destination.bytes->append(reinterpret_cast<const char*>(destination.buffer.data()), length);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void fail_for_memory(j_compress_ptr jpeg) {
  jpeg->err->msg_code = 0;
  take_error(reinterpret_cast<j_common_ptr>(jpeg));
}

// The library calls this when the buffer is full, whatever `free_in_buffer` says.
boolean take_buffer(j_compress_ptr jpeg) {
  auto* destination = reinterpret_cast<Destination*>(jpeg->dest);
  if (!append(*destination, destination->buffer.size())) fail_for_memory(jpeg);
  begin(jpeg);
  return TRUE;
}

void take_rest(j_compress_ptr jpeg) {
  auto* destination = reinterpret_cast<Destination*>(jpeg->dest);
  const std::size_t used = destination->buffer.size() - destination->manager.free_in_buffer;
  if (!append(*destination, used)) fail_for_memory(jpeg);
}

struct Compressor {
  Compressor() = default;
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  ~Compressor() { jpeg_destroy_compress(&jpeg); }

  jpeg_compress_struct jpeg{};
};

// Shades through the palette: JPEG has none.
void fill_row(const Picture& picture, int y, std::vector<unsigned char>& row) {
  const auto width = static_cast<std::size_t>(picture.width);
  const unsigned char* from = picture.samples.data() + static_cast<std::size_t>(y) * width;
  for (std::size_t x = 0; x < width; ++x) {
    const bool gap = picture.gaps == Gaps::zeros && from[x] == 0;
    const Colour colour = gap ? Colour{} : (*picture.palette)[from[x]];
    row[3 * x] = colour.red;
    row[3 * x + 1] = colour.green;
    row[3 * x + 2] = colour.blue;
  }
}

// Everything between setjmp and a longjmp: no object with a destructor may be made here. False
// after an error.
bool write_all(jpeg_compress_struct& jpeg, Errors& errors, Destination& destination,
               const Picture& picture, const std::string& comment,
               std::vector<unsigned char>& row) {
  if (setjmp(errors.jump) != 0) return false;
  jpeg_create_compress(&jpeg);
  jpeg.dest = &destination.manager;
  const bool grey = picture.channels == 1 && !picture.palette;
  jpeg.image_width = static_cast<JDIMENSION>(picture.width);
  jpeg.image_height = static_cast<JDIMENSION>(picture.height);
  jpeg.input_components = grey ? 1 : 3;
  jpeg.in_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  if (!comment.empty()) {
    jpeg_write_marker(&jpeg, JPEG_COM, reinterpret_cast<const JOCTET*>(comment.data()),
                      static_cast<unsigned>(comment.size()));
  }
  const std::size_t length =
      static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.channels);
  for (int y = 0; y < picture.height; ++y) {
    auto* from =
        const_cast<JSAMPLE*>(picture.samples.data() + static_cast<std::size_t>(y) * length);
    if (picture.palette) {
      fill_row(picture, y, row);
      from = row.data();
    }
    jpeg_write_scanlines(&jpeg, &from, 1);
  }
  jpeg_finish_compress(&jpeg);
  return true;
}

std::string comment_of(const Notes& notes) {
  constexpr std::size_t longest = 60000;  // a marker's length has 16 bits
  std::string comment;
  for (const auto& [keyword, text] : notes) {
    if (comment.size() + keyword.size() + text.size() + 3 > longest) break;
    if (!comment.empty()) comment += '\n';
    comment += keyword + ": " + text;
  }
  return comment;
}

}  // namespace

std::string encode_jpeg(const Picture& picture, const Notes& notes) {
  std::string bytes;
  const std::string comment = comment_of(notes);
  std::vector<unsigned char> row(picture.palette ? 3 * static_cast<std::size_t>(picture.width) : 0);
  Errors errors;
  Destination destination;
  destination.bytes = &bytes;
  destination.manager.init_destination = begin;
  destination.manager.empty_output_buffer = take_buffer;
  destination.manager.term_destination = take_rest;
  Compressor compressor;
  compressor.jpeg.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = take_error;
  errors.manager.output_message = ignore_message;
  if (!write_all(compressor.jpeg, errors, destination, picture, comment, row)) {
    throw Failure(FailureKind::internal,
                  std::string("a JPEG could not be written: ") + errors.message.data());
  }
  return bytes;
}

}  // namespace soda::image
