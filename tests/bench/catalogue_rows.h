// A catalogue of realistic rows, the same for the same number of rows, wherever it is written to.
//
// Footprints of 0.15 degrees (80 %), 0.5 (18 %), 2 (1.9 %) and 10 (0.1 %); one row in ten lies in
// one of 200 crowded fields; 20 collections, 50 instruments, five bands, 27 years.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "sky/direction.h"
#include "store/recorder.h"

namespace bench {

// Random numbers of one row, the same whatever was drawn before.
class Draw {
 public:
  explicit Draw(std::uint64_t row) : random_(row * 0x9E3779B97F4A7C15 + 1) {}
  double uniform(double lo, double hi) {
    return std::uniform_real_distribution<double>(lo, hi)(random_);
  }
  int below(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }
  soda::sky::Direction anywhere();

 private:
  std::mt19937_64 random_;
};

struct CatalogueEntry {
  soda::store::ObsCore obscore;
  std::vector<double> outline;  // degrees: longitude and latitude of four corners
};
CatalogueEntry entry_of(std::uint64_t number);

// Where question `number` to a catalogue of so many rows is asked: even ones at random, odd ones at
// the centre of a row.
soda::sky::Direction place_of(std::uint64_t number, std::uint64_t rows);

// Numbers of the rows in order along the sky, as a bulk load has them.
std::vector<std::uint64_t> numbers_in_order(std::uint64_t rows);

// For PostgreSQL: a line of COPY's text format, the columns of ObsCore and the outline as pgsphere
// writes it; and the statement that makes the table.
std::string copy_line(std::uint64_t number);
std::string create_statement(const std::string& table);

}  // namespace bench
