// The world coordinates of one image HDU, from its header text (FITS 4.0 section 8; WCS papers I to
// IV, VII; SIP; TPV; TNX; -TAB; lookup distortions CPDIS/D2IM). The only room that knows WCSLIB and
// ERFA; it gets text, so it never meets a file.
//
// A Wcs is immutable once parsed, but WCSLIB keeps scratch space in its structs: one object, one
// thread. Pixel coordinates are FITS's: 1-based, centre of the first pixel = 1.0, its outer edge
// 0.5.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sky/direction.h"
#include "sky/interval.h"

namespace soda::wcs {

enum class Role { longitude, latitude, spectral, time, stokes, other };

struct Axis {
  Role role = Role::other;
  std::int64_t length = 0;  // NAXISj
  std::string ctype;        // CTYPEi as in the header, trimmed; empty when absent
  std::string unit;
};

// An array that the header refers to and that lies in another HDU: the cell of a -TAB binary table
// (row 1 unless said), or the image of a lookup distortion (WCSDVARR, D2IMARR), whose `cards` are
// then needed too.
struct TableRequest {
  std::string extname;
  std::int64_t extver = 1;
  std::int64_t extlevel = 1;
  std::string column;  // empty: the image of that HDU
  std::int64_t row = 1;
};
struct TableArray {
  std::vector<std::int64_t> shape;  // FITS order, fastest first
  std::vector<double> values;       // scaled (TZERO/TSCAL, BZERO/BSCALE applied)
  std::string cards;                // header text of an image
};
// Empty when there is no such HDU or it is larger than the caller reads (1 MiB).
using TableSource = std::function<std::optional<TableArray>(const TableRequest&)>;

class Wcs {
 public:
  // cards: the header as stored, 80 bytes a card, END optional. shape: NAXIS1.. of the
  // (decompressed) image. Never throws for a header without any or with a hopeless WCS: such axes
  // get Role::other and `problem()` says why in one sentence. Throws Failure(corrupt_data) only
  // when `cards` is no header at all.
  static std::shared_ptr<const Wcs> parse(std::string_view cards,
                                          std::span<const std::int64_t> shape,
                                          const TableSource& tables = {});

  const std::vector<Axis>& axes()
      const noexcept;  // one per pixel axis: the role of the world axis that it mainly drives
  bool celestial() const noexcept;  // lon and lat present and convertible to ICRS
  const std::string& problem()
      const noexcept;  // why not, or why some axis could not be understood; empty when all is well
  // 0-based pixel axes that drive the longitude and the latitude (after any rotation or swap, the
  // two that drive the pair).
  int lon_axis() const noexcept;
  int lat_axis() const noexcept;
  // The same two in the order of the celestial plane: x the lower-numbered, y the other.
  int x_axis() const noexcept { return std::min(lon_axis(), lat_axis()); }
  int y_axis() const noexcept { return std::max(lon_axis(), lat_axis()); }
  std::optional<int> axis(Role role) const noexcept;  // first with that role
  const std::string& frame()
      const noexcept;  // "ICRS", "FK5 J2000", "FK4 B1950", "galactic" …, for people

  // ICRS direction of points of the celestial plane: x along the first (lower-numbered) of the two
  // celestial pixel axes, y along the other; every other pixel axis is held at its centre, (N+1)/2.
  // Empty where the projection has no sky.
  std::optional<sky::Direction> to_sky(double x, double y) const;
  struct Pixel {
    double x, y;
  };
  std::optional<Pixel> to_pixel(const sky::Direction& icrs) const;
  // The same for many at once (half the cost per point); ok[i] tells which are meaningful.
  void to_sky(std::span<const Pixel> pixels, std::span<sky::Direction> icrs,
              std::span<char> ok) const;
  void to_pixel(std::span<const sky::Direction> icrs, std::span<Pixel> pixels,
                std::span<char> ok) const;

  std::size_t memory() const noexcept;  // bytes held, roughly, for the cache's budget

  struct Impl;
  explicit Wcs(std::unique_ptr<Impl> impl);
  ~Wcs();
  const Impl& impl() const noexcept { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace soda::wcs
