// At most so many queries of one user, or one address, at a time, in all processes together.
//
// Each place is one byte of a file, locked for as long as the query runs (fcntl(2), open file
// description locks): the kernel frees it when the process ends, however it ends. Which bytes are
// whose is by a hash: that two users share their places is possible, and rare.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/handle.h"

namespace soda::tap {

class Turnstile {
 public:
  // The file is made, with its folder, when it is first needed.
  Turnstile(std::string path, std::int64_t places);

  // Throws Failure(unavailable) when all places of `key` are taken, or the file cannot be had.
  FileDescriptor enter(std::string_view key) const;

 private:
  std::string path_;
  std::int64_t places_;
};

}  // namespace soda::tap
