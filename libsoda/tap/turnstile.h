// At most so many queries of one user, or one address, at a time, in all processes together.
//
// Each place is one byte of a file, locked for as long as the query runs (fcntl(2), open file
// description locks): the kernel frees it when the process ends, however it ends. Which bytes are
// whose is by a hash: that two users share their places is possible, and rare.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/handle.h"

namespace soda::tap {

class Turnstile {
 public:
  // The file is made, with its folder, when it is first needed.
  Turnstile(std::string path, std::int64_t places);

  // A place that is held for as long as the object lives, which the turnstile must outlive.
  class Place {
   public:
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    friend class Turnstile;
    Place(Turnstile& home, FileDescriptor file, off_t byte)
        : home_(home), file_(std::move(file)), byte_(byte) {}
    Turnstile& home_;
    FileDescriptor file_;
    off_t byte_;
  };

  // Throws Failure(unavailable) when all places of `key` are taken, or the file cannot be had.
  std::unique_ptr<Place> enter(std::string_view key);

 private:
  FileDescriptor file();

  std::string path_;
  std::int64_t places_;
  FileDescriptor idle_;  // open, without a lock
};

}  // namespace soda::tap
