#include "textfile.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "fits/header.h"
#include "target.h"

namespace soda::fuzz {
namespace {

class Builder {
 public:
  explicit Builder(std::size_t limit) : limit_(limit) {}

  void line(std::string_view text) {
    struct Word {
      std::string_view name;
      void (Builder::*act)(std::string_view rest);
    };
    static constexpr Word words[] = {{"end", &Builder::end},   {"hex", &Builder::hex},
                                     {"fill", &Builder::fill}, {"pad", &Builder::pad},
                                     {"gzip", &Builder::gzip}, {"cut", &Builder::cut}};
    const std::string_view first = text.substr(0, text.find(' '));
    const auto* const found = std::ranges::find(words, first, &Word::name);
    if (found == std::end(words)) return add(cards_of(text));
    (this->*found->act)(text.substr(std::min(text.size(), first.size() + 1)));
  }
  void add(std::string_view bytes) { bytes_ += bytes.substr(0, limit_ - bytes_.size()); }
  std::string take() { return std::move(bytes_); }

 private:
  void end(std::string_view) {
    add(cards_of("END"));
    fill_block(' ');
  }
  void hex(std::string_view digits) { add(bytes_of(digits)); }
  void pad(std::string_view) { fill_block('\0'); }
  void fill(std::string_view rest) {
    const auto words = split_blanks(rest);
    if (words.empty()) return;
    const auto count = to_integer(words.front()).value_or(0);
    const auto value = to_integer(words.back()).value_or(0);
    const auto room = static_cast<std::int64_t>(limit_ - bytes_.size());
    bytes_.append(static_cast<std::size_t>(std::clamp<std::int64_t>(count, 0, room)),
                  static_cast<char>(value & 0xFF));
  }
  void cut(std::string_view rest) {
    const auto size = static_cast<std::int64_t>(bytes_.size());
    const auto count = std::clamp<std::int64_t>(to_integer(trim(rest)).value_or(0), 0, size);
    bytes_.resize(static_cast<std::size_t>(size - count));
  }
  void gzip(std::string_view) {
    z_stream z{};
    constexpr int gzip_window = 15 + 16;
    deflateInit2(&z, 1, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&z, bytes_.size()), '\0');
    z.next_in = reinterpret_cast<Bytef*>(bytes_.data());
    z.avail_in = static_cast<uInt>(bytes_.size());
    z.next_out = reinterpret_cast<Bytef*>(packed.data());
    z.avail_out = static_cast<uInt>(packed.size());
    require(deflate(&z, Z_FINISH) == Z_STREAM_END, "gzip has room enough");
    packed.resize(z.total_out);
    deflateEnd(&z);
    bytes_.clear();
    add(packed);
  }
  void fill_block(char value) {
    const auto whole = fits::padded(static_cast<std::int64_t>(bytes_.size()));
    add(std::string(static_cast<std::size_t>(whole) - bytes_.size(), value));
  }

  std::size_t limit_;
  std::string bytes_;
};

int nibble(char c) {
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c & 15;
}

}  // namespace

std::string cards_of(std::string_view lines) {
  std::string cards;
  do {
    std::string card(take_until(lines, "\n"));
    card.resize(fits::card_length, ' ');
    cards += card;
  } while (!lines.empty());
  return cards;
}

std::string file_of(std::string_view lines, std::size_t limit) {
  Builder builder(limit);
  while (!lines.empty()) {
    const std::string_view line = take_until(lines, "\n");
    if (line == "raw") {
      builder.add(lines);
      break;
    }
    builder.line(line);
  }
  return builder.take();
}

std::string bytes_of(std::string_view digits) {
  std::string bytes;
  for (; digits.size() >= 2; digits.remove_prefix(2)) {
    bytes.push_back(static_cast<char>(nibble(digits[0]) << 4 | nibble(digits[1])));
  }
  return bytes;
}

ScratchFile::ScratchFile(std::string_view bytes) : file_(memfd_create("fuzz", MFD_CLOEXEC)) {
  require(static_cast<bool>(file_), "the kernel gives a scratch file");
  const auto written = write(file_.get(), bytes.data(), bytes.size());
  require(written == static_cast<ssize_t>(bytes.size()), "the scratch file takes the bytes");
}

std::string ScratchFile::path() const { return fmt::format("/proc/self/fd/{}", file_.get()); }

}  // namespace soda::fuzz
