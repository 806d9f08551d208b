#include "fits/quantized.h"

#include <cmath>
#include <limits>

#include "fits/endian.h"

namespace soda::fits {
namespace {

constexpr std::int64_t number_count = 10000;
constexpr std::int32_t exact_zero = -2147483646;  // SUBTRACTIVE_DITHER_2: a pixel that was 0

// Walks through the numbers as appendix I says: a tile begins at a place that its number and the
// seed choose, and at the table's end goes on at a place chosen by the next number.
class Walk {
 public:
  Walk(const Quantization& how, std::span<const float> numbers, std::int64_t skip)
      : numbers_(numbers) {
    seed_ = (how.tile + how.seed - 1) % number_count;
    if (seed_ < 0) seed_ += number_count;
    start();
    while (skip >= number_count - next_) {
      skip -= number_count - next_;
      again();
    }
    next_ += skip;
  }

  float operator()() noexcept {
    const float number = numbers_[static_cast<std::size_t>(next_)];
    if (++next_ == number_count) again();
    return number;
  }

 private:
  void start() noexcept {
    next_ = static_cast<std::int64_t>(numbers_[static_cast<std::size_t>(seed_)] * 500);
  }
  void again() noexcept {
    if (++seed_ == number_count) seed_ = 0;
    start();
  }

  std::span<const float> numbers_;
  std::int64_t seed_ = 0, next_ = 0;
};

struct NoWalk {
  // With it the formula of dithering is that without.
  float operator()() const noexcept { return 0.5F; }
};

template <class Pixel, class Numbers>
void convert(const char* integers, std::int64_t count, const Quantization& how, Numbers numbers,
             char* into) {
  const std::int64_t blank = how.blank ? *how.blank : std::numeric_limits<std::int64_t>::max();
  const std::int64_t zero =
      how.dither == Dither::subtractive_2 ? exact_zero : std::numeric_limits<std::int64_t>::max();
  for (std::int64_t i = 0; i < count; ++i) {
    const auto integer = load_big_endian<std::int32_t>(integers + 4 * i);
    const double number = numbers();
    double value = (integer - number + 0.5) * how.scale + how.zero;
    if (integer == zero) value = 0;
    store_big_endian(into, integer == blank ? blank_pixel<Pixel>() : static_cast<Pixel>(value));
    into += sizeof(Pixel);
  }
}

template <class Numbers>
void convert_to(int bitpix, const char* integers, std::int64_t count, const Quantization& how,
                Numbers numbers, char* into) {
  if (bitpix == -32) return convert<float>(integers, count, how, numbers, into);
  return convert<double>(integers, count, how, numbers, into);
}

}  // namespace

std::vector<float> dither_numbers() {
  constexpr double a = 16807, m = 2147483647;
  std::vector<float> numbers;
  numbers.reserve(number_count);
  double seed = 1;
  for (std::int64_t i = 0; i < number_count; ++i) {
    const double product = a * seed;
    seed = product - m * std::floor(product / m);
    numbers.push_back(static_cast<float>(seed / m));
  }
  return numbers;
}

void dequantize(const char* integers, std::int64_t first, std::int64_t count, int bitpix,
                const Quantization& how, std::span<const float> numbers, char* into) {
  if (how.dither == Dither::none) {
    return convert_to(bitpix, integers, count, how, NoWalk{}, into);
  }
  convert_to(bitpix, integers, count, how, Walk(how, numbers, first), into);
}

}  // namespace soda::fits
