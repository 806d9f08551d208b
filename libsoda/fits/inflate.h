// zlib's stream with an owner. Of use inside this room only.
#pragma once

#include <zlib.h>

#include "base/failure.h"

namespace soda::fits {

// It does not move: zlib keeps a pointer to it.
class Inflater {
 public:
  Inflater() {
    // 32: gzip or zlib framing, found out from the first bytes.
    if (inflateInit2(&stream_, 32 + MAX_WBITS) != Z_OK) {
      throw Failure(FailureKind::unavailable, "no memory to inflate compressed data");
    }
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream& stream() noexcept { return stream_; }
  void reset() noexcept {
    inflateReset(&stream_);
    stream_.avail_in = 0;
  }

 private:
  z_stream stream_{};
};

}  // namespace soda::fits
