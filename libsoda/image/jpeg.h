// The JPEG half of encode(). Of use inside this room only.
#pragma once

#include <string>

#include "image/encode.h"

namespace soda::image {

std::string encode_jpeg(const Picture& picture, const Notes& notes);

}  // namespace soda::image
