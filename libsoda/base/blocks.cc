#include "base/blocks.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace soda {
namespace {

constexpr std::size_t longest_number = 32;  // "-2.2250738585072014e-308" has 24

}  // namespace

Blocks::Blocks(Sink sink)
    : sink_(std::move(sink)),
      memory_(std::make_unique_for_overwrite<char[]>(capacity)),
      at_(memory_.get()) {}

void Blocks::number(std::int64_t value) {
  char* const start = claim(longest_number);
  commit(std::to_chars(start, start + longest_number, value).ptr);
}

void Blocks::number(double value) {
  char* const start = claim(longest_number);
  commit(std::to_chars(start, start + longest_number, value).ptr);
}

void Blocks::number(float value) {
  char* const start = claim(longest_number);
  commit(std::to_chars(start, start + longest_number, value).ptr);
}

void Blocks::append_in_parts(std::string_view text) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, room());
    at_ = std::ranges::copy(part, at_).out;
    text.remove_prefix(part.size());
    if (room() == 0) flush();
  }
}

void Blocks::flush() {
  const std::string_view block(memory_.get(), static_cast<std::size_t>(at_ - memory_.get()));
  if (block.empty()) return;
  begun_ = true;
  at_ = memory_.get();
  sink_(block);
}

}  // namespace soda
