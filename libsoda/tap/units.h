// Units as VOUnit 1.0 writes them, and the factor between two. Private to the room.
//
// Known: the base and derived units of SI, those of astronomy in VOUnit's tables 1 to 3, decimal
// prefixes (and binary ones of bit and byte), powers (m**2, m2, m^2, s-1, Hz**(1/2)), products
// (m.s, "m s", m*s), quotients (W/m**2: one solidus, or several from left to right), sqrt(), a
// leading factor that is a number or a power of ten. Logarithms (mag, dB of a quantity) have units
// of their own, which convert only to themselves and their multiples.
#pragma once

#include <string>
#include <string_view>

namespace soda::tap {

struct Conversion {
  double factor = 1;    // target value = source value * factor
  std::string problem;  // a sentence when there is none
  bool of_target = false;
};

Conversion unit_conversion(std::string_view from, std::string_view to);

}  // namespace soda::tap
