// Values -> shades of a picture: 0 at the lower limit, 255 at the upper.
#pragma once

#include <span>
#include <vector>

#include "image/limits.h"

namespace soda::image {

// With x running from 0 to 1 between the limits: x; log(1000 x + 1) / log(1001); sqrt(x);
// asinh(10 x) / asinh(10); or the share of the values between the limits that are not above it
// (equalisation). These are LinearStretch, LogStretch, SqrtStretch, AsinhStretch and HistEqStretch
// of astropy.visualization with their defaults.
enum class Stretch { linear, log, sqrt, asinh, histogram };

enum class Sense { normal, reversed };  // reversed: 255 at the lower limit

// One shade a value. What is beyond a limit, infinities too, has the shade of the limit. NaN has
// shade 0, and `lowest` (0 or 1) is the darkest shade of the others, so that 1 tells the two apart
// at the price of one level. Limits that do not differ make a constant image black (as astropy
// does), or white when reversed.
std::vector<unsigned char> shades(std::span<const double> values, const Limits& limits,
                                  Stretch stretch, Sense sense, unsigned char lowest);

}  // namespace soda::image
