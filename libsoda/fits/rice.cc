#include "fits/rice.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/failure.h"
#include "fits/endian.h"

namespace soda::fits {
namespace {

[[noreturn]] void ended_early() {
  throw Failure(FailureKind::corrupt_data,
                "a compressed tile is damaged: its RICE code ends early");
}

// The coded bytes as bits, the most significant first; behind them come the zeros of the padding.
class Bits {
 public:
  explicit Bits(std::span<const unsigned char> coded)
      : next_(coded.data()), end_(coded.data() + coded.size()) {}

  // Makes at least 56 bits available.
  void refill() {
    if (next_ > end_ + 8) ended_early();
    std::uint64_t word = 0;
    std::memcpy(&word, next_, sizeof word);
    if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
    bits_ |= word >> count_;
    next_ += (63 - count_) >> 3;
    count_ |= 56;
  }

  // REQUIRES: 0 < count <= available bits.
  std::uint32_t take(unsigned count) noexcept {
    const auto value = static_cast<std::uint32_t>(bits_ >> (64 - count));
    bits_ <<= count;
    count_ -= count;
    return value;
  }

  void need(unsigned count) {
    if (count_ < count) refill();
  }

  // Zeros up to the next one; both are taken.
  std::uint32_t zeros() {
    std::uint32_t total = 0;
    auto more = static_cast<unsigned>(std::countl_zero(bits_));
    while (more >= count_) {
      total += count_;
      bits_ <<= count_;
      count_ = 0;
      refill();
      more = static_cast<unsigned>(std::countl_zero(bits_));
    }
    // Shifted in two steps: 64 places at once are undefined.
    bits_ = bits_ << more << 1;
    count_ -= more + 1;
    return total + more;
  }

  bool overrun() const noexcept { return (next_ - end_) * 8 > static_cast<std::ptrdiff_t>(count_); }

 private:
  const unsigned char* next_;
  const unsigned char* end_;
  std::uint64_t bits_ = 0;  // aligned to the top; below `count_` of them, bits that come again
  unsigned count_ = 0;
};

// Code parameters by element size: FITS 4.0 section 10.4.1.
template <class Word>
struct Parameters;
template <>
struct Parameters<std::uint8_t> {
  static constexpr unsigned code_bits = 3, raw = 6;
};
template <>
struct Parameters<std::uint16_t> {
  static constexpr unsigned code_bits = 4, raw = 14;
};
template <>
struct Parameters<std::uint32_t> {
  static constexpr unsigned code_bits = 5, raw = 25;
};

// Differences are folded: 0, -1, 1, -2, 2 … become 0, 1, 2, 3, 4 …
constexpr std::uint32_t unfolded(std::uint32_t value) noexcept {
  return (value >> 1) ^ (0U - (value & 1U));
}

template <class Word>
void decode(std::span<const unsigned char> coded, std::int64_t block, std::int64_t pixels,
            char* into) {
  using Code = Parameters<Word>;
  constexpr unsigned word_bits = 8 * sizeof(Word);
  Bits bits(coded);
  bits.refill();
  auto value = static_cast<Word>(bits.take(word_bits));
  const auto put = [&](std::uint32_t difference) {
    value = static_cast<Word>(value + difference);
    store_big_endian(into, value);
    into += sizeof(Word);
  };
  for (std::int64_t left = pixels; left > 0;) {
    const std::int64_t count = std::min(block, left);
    bits.need(Code::code_bits);
    const std::uint32_t code = bits.take(Code::code_bits);
    if (code == 0) {
      for (std::int64_t i = 0; i < count; ++i) put(0);
    } else if (code == Code::raw + 1) {
      for (std::int64_t i = 0; i < count; ++i) {
        bits.need(word_bits);
        put(unfolded(bits.take(word_bits)));
      }
    } else if (code > Code::raw + 1) {
      throw Failure(FailureKind::corrupt_data,
                    "a compressed tile is damaged: its RICE code has an impossible parameter");
    } else {
      const unsigned low_bits = code - 1;
      for (std::int64_t i = 0; i < count; ++i) {
        const std::uint32_t high = bits.zeros();
        bits.need(low_bits);
        put(unfolded(low_bits == 0 ? high : (high << low_bits) | bits.take(low_bits)));
      }
    }
    if (bits.overrun()) ended_early();
    left -= count;
  }
}

}  // namespace

void rice_decode(std::span<const unsigned char> coded, int element, std::int64_t block,
                 std::int64_t pixels, std::span<char> into) {
  if (block < 1 || pixels < 0 || static_cast<std::uint64_t>(pixels) > into.size() / element) {
    throw Failure(FailureKind::internal, "a RICE tile does not fit its buffer");
  }
  if (element == 1) return decode<std::uint8_t>(coded, block, pixels, into.data());
  if (element == 2) return decode<std::uint16_t>(coded, block, pixels, into.data());
  return decode<std::uint32_t>(coded, block, pixels, into.data());
}

}  // namespace soda::fits
