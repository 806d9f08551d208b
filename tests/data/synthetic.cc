#include "synthetic.h"

#include <fmt/format.h>
#include <zlib.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace synthetic {
namespace {

constexpr std::size_t card_length = 80, block_length = 2880;

template <class Word>
void put(std::string& bytes, Word word) {
  for (int shift = 8 * static_cast<int>(sizeof(Word)) - 8; shift >= 0; shift -= 8) {
    bytes += static_cast<char>((word >> shift) & 0xFF);
  }
}

void put_pixel(std::string& bytes, int bitpix, std::int64_t value) {
  switch (bitpix) {
    case 8:
      return put(bytes, static_cast<std::uint8_t>(value % 251));
    case 16:
      return put(bytes, static_cast<std::uint16_t>(value));
    case 32:
      return put(bytes, static_cast<std::uint32_t>(value));
    case 64:
      return put(bytes, static_cast<std::uint64_t>(value));
    case -32:
      return put(bytes, std::bit_cast<std::uint32_t>(static_cast<float>(value)));
    default:
      return put(bytes, std::bit_cast<std::uint64_t>(static_cast<double>(value)));
  }
}

Cards axes(Cards cards, int bitpix, const Shape& shape) {
  cards.add("BITPIX", bitpix, "type of the stored pixels");
  cards.add("NAXIS", static_cast<std::int64_t>(shape.size()), "number of axes");
  for (std::size_t i = 0; i < shape.size(); ++i) cards.add(fmt::format("NAXIS{}", i + 1), shape[i]);
  return cards;
}

}  // namespace

Cards& Cards::raw(const std::string& card) {
  text_ += card.substr(0, card_length);
  text_.append(card_length - std::min(card.size(), card_length), ' ');
  return *this;
}

Cards& Cards::value(const std::string& keyword, const std::string& text,
                    const std::string& comment) {
  const std::string line = fmt::format("{:<8}= {}", keyword, text);
  return raw(comment.empty() ? line : line + " / " + comment);
}

Cards& Cards::add(const std::string& keyword, std::int64_t number, const std::string& comment) {
  return value(keyword, fmt::format("{:>20}", number), comment);
}
Cards& Cards::add(const std::string& keyword, int number, const std::string& comment) {
  return add(keyword, std::int64_t{number}, comment);
}
Cards& Cards::add(const std::string& keyword, double number, const std::string& comment) {
  return value(keyword, fmt::format("{:>#20.15G}", number), comment);
}
Cards& Cards::add(const std::string& keyword, bool truth, const std::string& comment) {
  return value(keyword, fmt::format("{:>20}", truth ? "T" : "F"), comment);
}
Cards& Cards::add(const std::string& keyword, const char* text, const std::string& comment) {
  return value(keyword, fmt::format("{:<20}", fmt::format("'{:<8}'", text)), comment);
}
Cards& Cards::all(const Cards& more) {
  text_ += more.text_;
  return *this;
}

std::string Cards::blocks() const {
  Cards whole = *this;
  whole.raw("END");
  return padded(whole.text_, ' ');
}

Cards primary(int bitpix, const Shape& shape) {
  Cards cards;
  cards.add("SIMPLE", true, "conforms to FITS 4.0");
  cards = axes(std::move(cards), bitpix, shape);
  return cards.add("EXTEND", true);
}

Cards extension(int bitpix, const Shape& shape, const char* name, int version) {
  Cards cards;
  cards.add("XTENSION", "IMAGE", "image extension");
  cards = axes(std::move(cards), bitpix, shape);
  cards.add("PCOUNT", 0).add("GCOUNT", 1);
  return cards.add("EXTNAME", name).add("EXTVER", version);
}

std::int64_t value_at(const Shape& place) {
  std::int64_t value = 0, weight = 1;
  for (const std::int64_t at : place) {
    value += at * weight;
    weight *= 1000;
  }
  return value;
}

std::string pixels(int bitpix, const Shape& shape, std::int64_t zero) {
  std::int64_t count = 1;
  for (const std::int64_t length : shape) count *= length;
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(count * std::abs(bitpix) / 8));
  Shape place(shape.size(), 1);
  for (std::int64_t i = 0; i < count; ++i) {
    put_pixel(bytes, bitpix, value_at(place) - zero);
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      if (++place[axis] <= shape[axis]) break;
      place[axis] = 1;
    }
  }
  return padded(std::move(bytes));
}

std::string padded(std::string data, char with) {
  data.resize((data.size() + block_length - 1) / block_length * block_length, with);
  return data;
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

void write_gzipped(const std::filesystem::path& path, const std::string& bytes) {
  // No time and no name in it: the same bytes every time.
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "wb9"), gzclose);
  if (!file || gzwrite(file.get(), bytes.data(), static_cast<unsigned>(bytes.size())) <= 0) {
    throw std::runtime_error("cannot write " + path.string());
  }
}

}  // namespace synthetic
