// Text that is produced in small pieces and handed on in large ones: a buffer of one block, whose
// memory does not grow with what passes through it.
//
// Whatever the sink throws comes out of the call that filled the block. What is not flushed is lost
// with the object: the destructor writes nothing, because it may not fail.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace soda {

class Blocks {
 public:
  // The content of one FastCGI record (http/records.cc).
  static constexpr std::size_t capacity = 65528;
  // Gets a block; the memory is valid during the call.
  using Sink = std::function<void(std::string_view)>;

  explicit Blocks(Sink sink);

  void append(std::string_view text) {
    if (text.size() > room()) {
      append_in_parts(text);
    } else {
      at_ = std::copy(text.begin(), text.end(), at_);
    }
  }
  // Decimal; of doubles the shortest text that reads back to the same value. Not for NaN and
  // infinities, for which every format has its own words.
  void number(std::int64_t value);
  void number(double value);
  void number(float value);

  // At least `size` (at most `capacity`) bytes to write into directly; `commit` says where the
  // writing ended. Nothing else may be called between the two.
  char* claim(std::size_t size) {
    if (size > room()) flush();
    return at_;
  }
  void commit(char* end) noexcept { at_ = end; }

  // Hands over what is there.
  void flush();
  // True once a block has been handed over: what was written before can no longer be taken back.
  bool begun() const noexcept { return begun_; }

 private:
  std::size_t room() const noexcept {
    return static_cast<std::size_t>(memory_.get() + capacity - at_);
  }
  void append_in_parts(std::string_view text);

  Sink sink_;
  std::unique_ptr<char[]> memory_;
  char* at_;
  bool begun_ = false;
};

}  // namespace soda
