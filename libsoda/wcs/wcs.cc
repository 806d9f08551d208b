#include "wcs/wcs.h"

#include <wcslib/prj.h>
#include <wcslib/tab.h>
#include <wcslib/wcs.h>

#include <array>
#include <cmath>

#include "wcs/impl.h"

namespace soda::wcs {

namespace {

constexpr std::size_t kChunk = 32;  // points a call of WCSLIB; its workspace lies on the stack

struct Workspace {
  std::array<double, 2 * kChunk> pixel, image, world;
  std::array<double, kChunk> phi, theta;
  std::array<int, kChunk> status;
};

bool finite(const Wcs::Pixel& p) { return std::isfinite(p.x) && std::isfinite(p.y); }

// WCSLIB's status: 0 all good; 8 or 9 some points bad, as status[] says; others: none is good.
bool usable(int status, int some_bad) { return status == 0 || status == some_bad; }

void sky_of_chunk(const Celestial& sky, std::span<const Wcs::Pixel> pixels,
                  std::span<sky::Direction> icrs, std::span<char> ok) {
  Workspace w{};
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const bool sane = finite(pixels[i]);
    Wcs::Pixel p = sane ? pixels[i] : Wcs::Pixel{0, 0};
    if (!sky.distortion.empty()) p = sky.distortion.apply(p);
    w.pixel[2 * i] = p.x;
    w.pixel[2 * i + 1] = p.y;
    ok[i] = sane && finite(p) ? 1 : 0;
    if (!ok[i]) w.pixel[2 * i] = w.pixel[2 * i + 1] = 0;
  }
  const int status =
      wcsp2s(sky.prm.get(), static_cast<int>(pixels.size()), 2, w.pixel.data(), w.image.data(),
             w.phi.data(), w.theta.data(), w.world.data(), w.status.data());
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const double lon = w.world[2 * i], lat = w.world[2 * i + 1];
    if (!usable(status, 8) || (status != 0 && w.status[i] != 0)) ok[i] = 0;
    if (!std::isfinite(lon) || !std::isfinite(lat)) ok[i] = 0;
    if (!ok[i]) continue;
    icrs[i] = sky.frame.to_icrs(
        sky::Direction::from_lon_lat(sky::Angle::from_degrees(lon), sky::Angle::from_degrees(lat)));
  }
}

struct Vector {
  double x, y, z;
};
Vector operator-(const Vector& a, const Vector& b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
double dot(const Vector& a, const Vector& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

// The native direction of an undistorted pixel.
std::optional<Vector> native_at(const Celestial& sky, Wcs::Pixel p) {
  double pixel[2] = {p.x, p.y}, image[2], phi = 0, theta = 0, world[2];
  int status = 0;
  if (wcsp2s(sky.prm.get(), 1, 2, pixel, image, &phi, &theta, world, &status) != 0) {
    return std::nullopt;
  }
  const auto d = sky::Direction::from_lon_lat(sky::Angle::from_degrees(world[0]),
                                              sky::Angle::from_degrees(world[1]));
  return Vector{d.x(), d.y(), d.z()};
}

// WCSLIB 7.12 projects points of one y together, and then mistakes the face of those behind the
// first on quad cubes, and in the polar caps of HEALPix.
bool is_safe_in_rows(const Celestial& sky) {
  const int category = sky.prm->cel.prj.category;
  return category != QUADCUBE && category != HEALPIX;
}

bool is_approximate(const Celestial& sky) {
  return std::string_view(sky.prm->cel.prj.code) == "CSC";
}

// COBE's quad cube is defined by two polynomials, one each way, that are inverse to each other only
// to some arc seconds. What a pixel shows is what pixel -> sky says; so that is inverted, by
// Newton's method from where the other polynomial leads. Where it leads across a cut the start
// stands.
Wcs::Pixel polished(const Celestial& sky, const sky::Direction& native, Wcs::Pixel start) {
  constexpr int kRounds = 6;
  constexpr double kEnough = 1e-9;  // pixels
  // WCSLIB evaluates the polynomials in single precision: shorter steps would show its rounding.
  constexpr double kStepDegrees = 0.02;
  const linprm& lin = sky.prm->lin;
  const double area = lin.cdelt[0] * lin.cdelt[1] * (lin.pc[0] * lin.pc[3] - lin.pc[1] * lin.pc[2]);
  const double step = kStepDegrees / std::sqrt(std::fabs(area));
  const Vector target{native.x(), native.y(), native.z()};
  Wcs::Pixel best = start, p = start;
  double least = 8;
  for (int round = 0; round < kRounds; ++round) {
    const auto here = native_at(sky, p);
    const auto right = native_at(sky, {p.x + step, p.y}), above = native_at(sky, {p.x, p.y + step});
    if (!here || !right || !above) break;
    const Vector miss = target - *here, u = *right - *here, v = *above - *here;
    if (!(dot(miss, miss) < least)) break;
    least = dot(miss, miss);
    best = p;
    const double uu = dot(u, u), uv = dot(u, v), vv = dot(v, v);
    const double mu = dot(miss, u), mv = dot(miss, v), det = uu * vv - uv * uv;
    const double dx = step * (mu * vv - mv * uv) / det, dy = step * (mv * uu - mu * uv) / det;
    p = {p.x + dx, p.y + dy};
    if (!finite(p)) break;
    if (std::fabs(dx) + std::fabs(dy) < kEnough) return p;
  }
  return best;
}

void pixels_of_chunk(const Celestial& sky, std::span<const sky::Direction> icrs,
                     std::span<Wcs::Pixel> pixels, std::span<char> ok) {
  Workspace w{};
  const bool approximate = is_approximate(sky);
  for (std::size_t i = 0; i < icrs.size(); ++i) {
    const sky::Direction native = sky.frame.from_icrs(icrs[i]);
    w.world[2 * i] = native.lon().degrees();
    w.world[2 * i + 1] = native.lat().degrees();
  }
  const int status =
      wcss2p(sky.prm.get(), static_cast<int>(icrs.size()), 2, w.world.data(), w.phi.data(),
             w.theta.data(), w.image.data(), w.pixel.data(), w.status.data());
  for (std::size_t i = 0; i < icrs.size(); ++i) {
    std::optional<Wcs::Pixel> p = Wcs::Pixel{w.pixel[2 * i], w.pixel[2 * i + 1]};
    if (!usable(status, 9) || (status != 0 && w.status[i] != 0) || !finite(*p)) p.reset();
    if (p && approximate) p = polished(sky, sky.frame.from_icrs(icrs[i]), *p);
    if (p && !sky.distortion.empty()) p = sky.distortion.invert(*p);
    ok[i] = p ? 1 : 0;
    if (p) pixels[i] = *p;
  }
}

// High orders, which real images hardly have, take long to invert too. WCSLIB looks for a direction
// in the cells of a -TAB array one by one.
constexpr std::size_t kTermsOfPixel = 2000, kTermsOfSky = 3000, kCells = 400;

}  // namespace

int Celestial::cost_of_pixel() const noexcept {
  // Three points of each round of Newton's method.
  constexpr int kPolished = 8;
  std::size_t cells = 0;
  for (int t = 0; t < prm->ntab; ++t) cells += static_cast<std::size_t>(prm->tab[t].nc);
  return (is_approximate(*this) ? kPolished : 1) +
         static_cast<int>(distortion.terms() * distortion.terms() / kTermsOfPixel + cells / kCells);
}

int Celestial::cost_of_sky() const noexcept {
  // The polyconic one is solved for the latitude by iteration.
  constexpr int kIterated = 4;
  const bool iterated = std::string_view(prm->cel.prj.code) == "PCO";
  return (iterated ? kIterated : 1) +
         static_cast<int>(distortion.terms() * distortion.terms() / kTermsOfSky);
}

Wcs::Wcs(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Wcs::~Wcs() = default;

const std::vector<Axis>& Wcs::axes() const noexcept { return impl_->axes; }
bool Wcs::celestial() const noexcept { return impl_->sky.has_value(); }
const std::string& Wcs::problem() const noexcept { return impl_->problem; }
int Wcs::lon_axis() const noexcept { return impl_->sky ? impl_->sky->lon_axis : -1; }
int Wcs::lat_axis() const noexcept { return impl_->sky ? impl_->sky->lat_axis : -1; }
const std::string& Wcs::frame() const noexcept { return impl_->frame_name; }

std::optional<int> Wcs::axis(Role role) const noexcept {
  for (std::size_t j = 0; j < impl_->axes.size(); ++j) {
    if (impl_->axes[j].role == role) return static_cast<int>(j);
  }
  return std::nullopt;
}

std::optional<sky::Direction> Wcs::to_sky(double x, double y) const {
  const Pixel pixel{x, y};
  sky::Direction icrs;
  char ok = 0;
  to_sky({&pixel, 1}, {&icrs, 1}, {&ok, 1});
  return ok ? std::optional(icrs) : std::nullopt;
}

std::optional<Wcs::Pixel> Wcs::to_pixel(const sky::Direction& icrs) const {
  Pixel pixel{};
  char ok = 0;
  to_pixel({&icrs, 1}, {&pixel, 1}, {&ok, 1});
  return ok ? std::optional(pixel) : std::nullopt;
}

void Wcs::to_sky(std::span<const Pixel> pixels, std::span<sky::Direction> icrs,
                 std::span<char> ok) const {
  const std::size_t most = impl_->sky && !is_safe_in_rows(*impl_->sky) ? 1 : kChunk;
  for (std::size_t at = 0; at < pixels.size(); at += most) {
    const std::size_t n = std::min(most, pixels.size() - at);
    if (impl_->sky) {
      sky_of_chunk(*impl_->sky, pixels.subspan(at, n), icrs.subspan(at, n), ok.subspan(at, n));
    } else {
      std::fill_n(ok.begin() + static_cast<std::ptrdiff_t>(at), n, '\0');
    }
  }
}

void Wcs::to_pixel(std::span<const sky::Direction> icrs, std::span<Pixel> pixels,
                   std::span<char> ok) const {
  for (std::size_t at = 0; at < icrs.size(); at += kChunk) {
    const std::size_t n = std::min(kChunk, icrs.size() - at);
    if (impl_->sky) {
      pixels_of_chunk(*impl_->sky, icrs.subspan(at, n), pixels.subspan(at, n), ok.subspan(at, n));
    } else {
      std::fill_n(ok.begin() + static_cast<std::ptrdiff_t>(at), n, '\0');
    }
  }
}

std::size_t Wcs::memory() const noexcept {
  const auto prm_bytes = [](const Prm& prm) -> std::size_t {
    if (!prm) return 0;
    const auto n = static_cast<std::size_t>(prm->naxis);
    // Matrices, text fields (72 bytes) and vectors of each axis, with WCSLIB's private copies.
    std::size_t bytes =
        sizeof(wcsprm) + 5 * n * n * sizeof(double) + n * (3 * 72 + 12 * sizeof(double));
    bytes += static_cast<std::size_t>(prm->npvmax) * sizeof(pvcard) +
             static_cast<std::size_t>(prm->npsmax) * sizeof(pscard);
    for (int t = 0; t < prm->ntab; ++t) {
      const tabprm& tab = prm->tab[t];
      // The coordinates and their extrema (2 for each), and the index vectors.
      bytes +=
          static_cast<std::size_t>(tab.nc) * static_cast<std::size_t>(tab.M) * 3 * sizeof(double);
      for (int m = 0; m < tab.M; ++m) bytes += static_cast<std::size_t>(tab.K[m]) * sizeof(double);
    }
    return bytes;
  };
  std::size_t bytes = sizeof(Wcs) + sizeof(Impl) + impl_->axes.size() * (sizeof(Axis) + 64);
  bytes += impl_->problem.capacity() + prm_bytes(impl_->full);
  if (impl_->sky) bytes += prm_bytes(impl_->sky->prm) + impl_->sky->distortion.memory();
  return bytes;
}

}  // namespace soda::wcs
