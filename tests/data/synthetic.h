// The synthetic FITS files of the tests are put together here, by hand and not by libsoda, so that
// a mistake of the library is not repeated in what it is tested with.
//
// Every pixel names its own place: value(x, y, z, …) = x + 1000 y + 1000000 z + …, counted from 1,
// as far as the type can hold it (bytes hold it modulo 251, a prime).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace synthetic {

// The cards of one HDU, in order.
class Cards {
 public:
  Cards& add(const std::string& keyword, std::int64_t value, const std::string& comment = {});
  Cards& add(const std::string& keyword, int value, const std::string& comment = {});
  Cards& add(const std::string& keyword, double value, const std::string& comment = {});
  Cards& add(const std::string& keyword, bool value, const std::string& comment = {});
  Cards& add(const std::string& keyword, const char* value, const std::string& comment = {});
  Cards& raw(const std::string& card);
  Cards& all(const Cards& more);

  const std::string& text() const { return text_; }
  std::string blocks() const;  // with END, padded

 private:
  Cards& value(const std::string& keyword, const std::string& text, const std::string& comment);
  std::string text_;
};

using Shape = std::vector<std::int64_t>;

// SIMPLE or XTENSION, BITPIX, NAXIS…: what an image begins with.
Cards primary(int bitpix, const Shape& shape);
Cards extension(int bitpix, const Shape& shape, const char* name, int version = 1);

// The value of the pixel at this place (1-based).
std::int64_t value_at(const Shape& place);

// All pixels of an image as FITS stores them, padded to whole blocks. `zero`: BZERO, subtracted
// before storing.
std::string pixels(int bitpix, const Shape& shape, std::int64_t zero = 0);

std::string padded(std::string data, char with = '\0');

void write(const std::filesystem::path& path, const std::string& bytes);
void write_gzipped(const std::filesystem::path& path, const std::string& bytes);

}  // namespace synthetic
