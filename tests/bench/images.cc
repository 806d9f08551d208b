// Writes one image for the benchmark: noise and stars, TAN-SIP of order 3.
//
//   images FILE SIDE BITPIX CARDS      SIDE x SIDE pixels, BITPIX 16 or -32, CARDS header cards
//
// Really written and synced, never sparse: a page that is not on the disk cannot be read cold. The
// noise is cut out of one table at random places, which a tile compressor cannot tell from real
// noise and which costs a copy only.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "base/handle.h"
#include "base/text.h"

namespace {

constexpr std::size_t block = 2880;
constexpr double degrees_per_pixel = 0.2 / 3600;

std::string card(std::string_view name, std::string_view value) {
  return fmt::format("{:<80}", fmt::format("{:<8}= {:>20}", name, value));
}

std::string header(std::int64_t side, std::int64_t bitpix, std::int64_t count) {
  const std::string middle = fmt::format("{:.1f}", (static_cast<double>(side) + 1) / 2);
  const double half = static_cast<double>(side) / 2;
  // A distortion of some pixels at the edges of a large image, of a fraction in a small one: the
  // scale, and with it the size of a circle's box, stays nearly the same everywhere.
  const double distortion = std::min(3.0, 1.2e-4 * static_cast<double>(side));
  const auto term = [&](double weight, int order) {
    return fmt::format("{:.8E}", weight * distortion / std::pow(half, order));
  };
  const auto scale = [](double factor) {
    return fmt::format("{:.8E}", factor * degrees_per_pixel);
  };
  std::vector<std::string> cards = {card("SIMPLE", "T"),
                                    card("BITPIX", std::to_string(bitpix)),
                                    card("NAXIS", "2"),
                                    card("NAXIS1", std::to_string(side)),
                                    card("NAXIS2", std::to_string(side)),
                                    card("OBJECT", "'NOISE AND STARS'"),
                                    card("FILTER", "'r       '"),
                                    card("DATE-OBS", "'2024-03-01T02:03:04'"),
                                    card("EXPTIME", "30.0"),
                                    card("RADESYS", "'ICRS    '"),
                                    card("CTYPE1", "'RA---TAN-SIP'"),
                                    card("CTYPE2", "'DEC--TAN-SIP'"),
                                    card("CRVAL1", "150.1"),
                                    card("CRVAL2", "2.2"),
                                    card("CRPIX1", middle),
                                    card("CRPIX2", middle),
                                    card("CUNIT1", "'deg     '"),
                                    card("CUNIT2", "'deg     '"),
                                    card("CD1_1", scale(-0.995)),
                                    card("CD1_2", scale(0.0998)),
                                    card("CD2_1", scale(0.0998)),
                                    card("CD2_2", scale(0.995)),
                                    card("A_ORDER", "3"),
                                    card("B_ORDER", "3"),
                                    card("A_2_0", term(0.5, 2)),
                                    card("A_1_1", term(-0.3, 2)),
                                    card("A_3_0", term(0.2, 3)),
                                    card("B_0_2", term(0.4, 2)),
                                    card("B_1_1", term(0.3, 2)),
                                    card("B_0_3", term(-0.3, 3))};
  if (bitpix > 0) cards.insert(cards.begin() + 5, card("BLANK", "-32768"));
  for (int i = 1; static_cast<std::int64_t>(cards.size()) < count - 1; ++i) {
    cards.push_back(card(fmt::format("KEY{:05}", i), fmt::format("{:.6f}", 0.125 * i)));
  }
  std::string text;
  for (const auto& each : cards) text += each;
  text += fmt::format("{:<80}", "END");
  text.resize((text.size() + block - 1) / block * block, ' ');
  return text;
}

std::vector<float> noise_table() {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(1000, 10);
  std::vector<float> table(std::size_t{1} << 21);
  for (auto& value : table) value = normal(random);
  return table;
}

// One star in each cell of 128 pixels, whole stamp inside it: a row meets the stars of one row of
// cells.
class Stars {
 public:
  explicit Stars(std::size_t side) : places_(side / cell) {}

  void add_to(std::vector<float>& row, std::size_t y) {
    if (y % cell == 0) draw();
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const auto [x, at, peak] = places_[i];
      const int dy = static_cast<int>(y % cell) - at;
      if (std::abs(dy) > reach) continue;
      for (int dx = -reach; dx <= reach; ++dx) {
        row[i * cell + static_cast<std::size_t>(x + dx)] +=
            peak * std::exp(-0.125F * static_cast<float>(dx * dx + dy * dy));
      }
    }
  }

 private:
  static constexpr std::size_t cell = 128;
  static constexpr int reach = 7;
  struct Place {
    int x, y;
    float peak;
  };

  void draw() {
    std::uniform_int_distribution<int> inside(reach, static_cast<int>(cell) - reach - 1);
    std::exponential_distribution<float> brightness(1.0F / 500);
    for (auto& place : places_) {
      place = {inside(random_), inside(random_), std::min(brightness(random_), 20000.0F)};
    }
  }

  std::mt19937 random_{2};
  std::vector<Place> places_;
};

void append(std::string& out, const std::vector<float>& row, std::int64_t bitpix) {
  const std::size_t at = out.size();
  if (bitpix > 0) {
    out.resize(at + 2 * row.size());
    auto* to = reinterpret_cast<std::uint16_t*>(out.data() + at);
    for (std::size_t i = 0; i < row.size(); ++i) {
      to[i] = __builtin_bswap16(static_cast<std::uint16_t>(static_cast<std::int16_t>(row[i])));
    }
  } else {
    out.resize(at + 4 * row.size());
    auto* to = reinterpret_cast<std::uint32_t*>(out.data() + at);
    for (std::size_t i = 0; i < row.size(); ++i) {
      to[i] = __builtin_bswap32(std::bit_cast<std::uint32_t>(row[i]));
    }
  }
}

bool write_all(int file, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = ::write(file, bytes.data() + done, bytes.size() - done);
    if (written <= 0) return false;
    done += static_cast<std::size_t>(written);
  }
  return true;
}

bool write_pixels(int file, std::size_t side, std::int64_t bitpix) {
  constexpr std::size_t run = 1 << 16, portion = std::size_t{8} << 20;
  const auto table = noise_table();
  std::mt19937 random(3);
  std::uniform_int_distribution<std::size_t> place(0, table.size() - run);
  Stars stars(side);
  std::vector<float> row(side);
  std::string out;
  for (std::size_t y = 0; y < side; ++y) {
    for (std::size_t x = 0; x < side; x += run) {
      std::copy_n(table.begin() + static_cast<std::ptrdiff_t>(place(random)),
                  std::min(run, side - x), row.begin() + static_cast<std::ptrdiff_t>(x));
    }
    stars.add_to(row, y);
    append(out, row, bitpix);
    if (out.size() < portion && y + 1 < side) continue;
    if (y + 1 == side) {
      const std::size_t data = side * side * static_cast<std::size_t>(std::abs(bitpix) / 8);
      out.append((block - data % block) % block, '\0');
    }
    if (!write_all(file, out)) return false;
    out.clear();
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const auto side = soda::to_integer(argc > 2 ? argv[2] : "");
  const auto bitpix = soda::to_integer(argc > 3 ? argv[3] : "");
  const auto cards = soda::to_integer(argc > 4 ? argv[4] : "");
  if (argc != 5 || !side || *side < 256 || *side > 100000 || !bitpix ||
      (*bitpix != 16 && *bitpix != -32) || !cards || *cards < 40 || *cards > 10000) {
    fmt::print(stderr, "usage: images FILE SIDE 16|-32 CARDS\n");
    return 2;
  }
  const soda::FileDescriptor file(::open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file || !write_all(file.get(), header(*side, *bitpix, *cards)) ||
      !write_pixels(file.get(), static_cast<std::size_t>(*side), *bitpix) ||
      ::fsync(file.get()) != 0) {
    std::perror(argv[1]);
    return 1;
  }
  return 0;
}
