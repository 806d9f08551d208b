#include "image/encode.h"

#include <algorithm>
#include <string_view>

#include "base/failure.h"
#include "base/text.h"
#include "image/jpeg.h"
#include "image/png.h"

namespace soda::image {
namespace {

constexpr std::size_t longest_note = 4096;
constexpr int longest_side = 65500;  // JPEG_MAX_DIMENSION, the smaller of the two formats' limits

Notes printable(const Notes& notes) {
  Notes kept;
  std::ranges::copy_if(notes, std::back_inserter(kept), [](const auto& note) {
    const auto& [keyword, text] = note;
    return !text.empty() && text.size() <= longest_note && is_utf8(text) &&
           text.find('\0') == std::string::npos;
  });
  return kept;
}

bool is_sound(const Picture& picture) {
  return picture.width >= 1 && picture.height >= 1 && picture.width <= longest_side &&
         picture.height <= longest_side && (picture.channels == 1 || picture.channels == 3) &&
         picture.samples.size() == static_cast<std::size_t>(picture.width) *
                                       static_cast<std::size_t>(picture.height) *
                                       static_cast<std::size_t>(picture.channels);
}

}  // namespace

std::string encode(const Picture& picture, Encoding encoding, const Notes& notes) {
  if (!is_sound(picture)) {
    throw Failure(FailureKind::internal, "a picture has another size than it says");
  }
  return encoding == Encoding::png ? encode_png(picture, printable(notes))
                                   : encode_jpeg(picture, printable(notes));
}

}  // namespace soda::image
