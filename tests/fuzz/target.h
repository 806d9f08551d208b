// What the fuzz targets share. A target is one function that takes any bytes and must come back:
// built by clang++ with --enable-fuzz it runs under libFuzzer, built otherwise it replays the kept
// corpus (replay.cc).
//
// The rule for all rooms: whatever the bytes, the only way out is a Failure of a kind that the room
// announces, with one printable sentence. Another exception, a false property, a sanitizer's
// complaint, a hang or a leak is a bug.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "base/failure.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace soda::fuzz {

// Ends the process, saying what is not so, when `holds` is false.
void require(bool holds, std::string_view property);

// Requires that the kind is one of `allowed`, and that the sentence can go to a client as it is:
// one line of printable UTF-8 of bounded length.
void require_presentable(const Failure& failure, std::initializer_list<FailureKind> allowed);

// Runs `work`; true when it came back without a Failure.
template <class Work>
bool survives(std::initializer_list<FailureKind> allowed, Work&& work) {
  try {
    std::forward<Work>(work)();
    return true;
  } catch (const Failure& failure) {
    require_presentable(failure, allowed);
    return false;
  }
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// The text up to `mark` (taken off `text` with it), or all of it.
std::string_view take_until(std::string_view& text, std::string_view mark);

}  // namespace soda::fuzz
