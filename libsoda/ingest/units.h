// Units of a catalogue's columns, as far as ObsCore's columns can be had from them.
#pragma once

#include <optional>
#include <string_view>

namespace soda::ingest {

// value in the wanted unit = value * numerator / denominator: whole numbers where they can be, so
// that 500 nm become 5e-7 m and not their neighbour.
struct Conversion {
  double numerator = 1, denominator = 1;
  double operator()(double value) const noexcept { return value * numerator / denominator; }
  bool changes() const noexcept { return numerator != denominator; }
};

// Between angles, lengths, times, and amounts of data; VOUnit's names and a few that are common.
// Empty where there is no such conversion. An absent unit is the wanted one.
std::optional<Conversion> conversion(std::string_view from, std::string_view wanted);

}  // namespace soda::ingest
