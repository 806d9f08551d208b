// Pictures -> files in memory.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "image/picture.h"

namespace soda::image {

enum class Encoding { png, jpeg };

// Keyword and text, in UTF-8: "Title", "Source", "Comment" are PNG's own words (PNG section
// 11.3.4.2). What is not UTF-8 is left out, and so is what is longer than 4 KiB.
using Notes = std::vector<std::pair<std::string, std::string>>;

// PNG (ISO/IEC 15948): grey, palette or RGB of 8 bits; gaps are transparent (tRNS). JPEG of quality
// 90; gaps are black. REQUIRES: 1 to 65500 pixels a side, as many samples as that makes. Throws
// Failure(internal) with the library's message.
std::string encode(const Picture& picture, Encoding encoding, const Notes& notes = {});

}  // namespace soda::image
