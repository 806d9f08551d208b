// Which values become black and which white.
//
// All of these look at finite values only and never fail: without a finite value the limits are 0
// and 0. For a constant image both limits are its value.
#pragma once

#include <span>

namespace soda::image {

struct Limits {
  double low = 0, high = 0;
  bool operator==(const Limits&) const = default;
};

// IRAF's zscale with the usual settings (1000 samples, contrast 0.25, at most half of them rejected
// and 5 left, 2.5 sigma, 5 rounds): a line is fitted to the sorted samples, outliers rejected. The
// samples and the numbers are those of astropy.visualization.ZScaleInterval, so that a picture
// looks as in a notebook.
Limits zscale(std::span<const double> values);

// Percentiles from 0 to 100, interpolated linearly between the two nearest values as
// numpy.percentile does. Exact; takes a copy of the values.
Limits percentiles(std::span<const double> values, double low, double high);

Limits extremes(std::span<const double> values);

}  // namespace soda::image
