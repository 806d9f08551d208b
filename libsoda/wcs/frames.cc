#include "wcs/frames.h"

#include <erfa.h>

#include <cmath>

#include "base/text.h"

namespace soda::wcs {

namespace {

using Matrix = Frame::Matrix;

constexpr double kDegree = std::numbers::pi / 180;

double (*raw(Matrix& m))[3] { return reinterpret_cast<double(*)[3]>(m.data()); }

Matrix identity() { return {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}; }

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c{};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t k = 0; k < 3; ++k) c[i][j] += a[i][k] * b[k][j];
    }
  }
  return c;
}

Matrix inverse(const Matrix& m) {
  const auto minor = [&](std::size_t r, std::size_t c) {
    const std::size_t r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
    return m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
  };
  const double det = m[0][0] * minor(0, 0) + m[0][1] * minor(0, 1) + m[0][2] * minor(0, 2);
  Matrix result{};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) result[j][i] = minor(i, j) / det;
  }
  return result;
}

sky::Direction apply(const Matrix& m, double x, double y, double z) {
  return sky::Direction::from_vector(m[0][0] * x + m[0][1] * y + m[0][2] * z,
                                     m[1][0] * x + m[1][1] * y + m[1][2] * z,
                                     m[2][0] * x + m[2][1] * y + m[2][2] * z);
}

enum class Turn { x, y, z };

// A rotation of the axes by an angle in degrees, applied after `before`.
Matrix turned(Turn axis, double degrees, Matrix before) {
  const double angle = degrees * kDegree;
  switch (axis) {
    case Turn::x:
      eraRx(angle, raw(before));
      break;
    case Turn::y:
      eraRy(angle, raw(before));
      break;
    case Turn::z:
      eraRz(angle, raw(before));
      break;
  }
  return before;
}

// FK5 J2000 from ICRS (USNO Circular 179 section 3.5).
Matrix fk5_from_icrs() {
  constexpr double kMas = 1 / 3.6e6;
  return turned(Turn::x, 19.9 * kMas,
                turned(Turn::y, 9.1 * kMas, turned(Turn::z, -22.9 * kMas, identity())));
}

// Mean equator and equinox of a Julian epoch from those of J2000, without frame bias.
Matrix precession_iau2006(double julian_epoch) {
  double djm0 = 0, djm = 0;
  eraEpj2jd(julian_epoch, &djm0, &djm);
  Matrix bias{}, precession{}, both{};
  eraBp06(djm0, djm, raw(bias), raw(precession), raw(both));
  return precession;
}

double polynomial(double t, double c1, double c2, double c3) {
  return t * (c1 + t * (c2 + t * c3));
}

// Newcomb's precession between Besselian epochs (Explanatory Supplement 1992, section 3.214).
Matrix precession_newcomb(double from, double to) {
  const double t = (from - 1850) / 1000, dt = (to - from) / 1000;
  const double rate = 23035.545 + t * 139.720 + 0.060 * t * t;
  const double zeta = polynomial(dt, rate, 30.240 - 0.27 * t, 17.995) / 3600;
  const double z = polynomial(dt, rate, 109.480 + 0.39 * t, 18.325) / 3600;
  const double theta =
      polynomial(dt, 20051.12 - 85.29 * t - 0.37 * t * t, -42.65 - 0.37 * t, -41.8) / 3600;
  return turned(Turn::z, -z, turned(Turn::y, theta, turned(Turn::z, -zeta, identity())));
}

// FK5 J2000 from FK4 B1950 without E-terms (Murray 1989, eqs. 28 and 29), at a Julian epoch of
// observation.
Matrix fk5_from_fk4(double epoch) {
  Matrix m = {{{0.9999256794956877, -0.0111814832204662, -0.0048590038153592},
               {0.0111814832391717, 0.9999374848933135, -0.0000271625947142},
               {0.0048590037723143, -0.0000271702937440, 0.9999881946023742}}};
  constexpr Matrix kRates = {{{-0.0026455262e-6, -1.1539918689e-6, 2.1111346190e-6},
                              {1.1540628161e-6, -0.0129042997e-6, 0.0236021478e-6},
                              {-2.1112979048e-6, -0.0056024448e-6, 0.0102587734e-6}}};
  const double centuries = (epoch - 1950) / 100;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) m[i][j] += centuries * kRates[i][j];
  }
  return m;
}

// The E-terms of aberration at a Besselian equinox (Explanatory Supplement 1992, section 3.531; k
// of Seidelmann 2005).
std::array<double, 3> e_terms(double equinox) {
  double djm0 = 0, djm = 0, b1950 = 0;
  eraEpb2jd(1950, &djm0, &b1950);
  eraEpb2jd(equinox, &djm0, &djm);
  const double t = (djm - b1950) / 36525;
  const double k = 0.0056932 * kDegree;
  const double e = 0.01673011 - t * (0.00004193 + t * 0.000000126);
  const double perigee = (1015489.951 + t * (6190.67 + t * (1.65 + t * 0.012))) / 3600 * kDegree;
  const double obliquity = eraObl80(djm0, djm);
  return {e * k * std::sin(perigee), -e * k * std::cos(perigee) * std::cos(obliquity),
          -e * k * std::cos(perigee) * std::sin(obliquity)};
}

// The IAU galactic system and de Vaucouleurs' supergalactic one, as rotations from FK5 J2000 and
// from galactic.
Matrix galactic_from_fk5() {
  return turned(
      Turn::z, 180 - 122.9319185680026,
      turned(Turn::y, 90 - 27.12825118085622, turned(Turn::z, 192.8594812065348, identity())));
}
Matrix supergalactic_from_galactic() {
  return turned(Turn::z, 90, turned(Turn::y, 90 - 6.32, turned(Turn::z, 47.37, identity())));
}

// An equinox that can be meant: 0 and the like stand for "unknown" in real headers.
bool plausible(double equinox) { return equinox >= 1000 && equinox <= 3000; }

std::string epoch_name(std::string_view system, char letter, double epoch) {
  return std::string(system) + " " + letter + to_text(epoch);
}

}  // namespace

struct Frame::Apparent {
  eraASTROM astrom;
  double equation_of_origins;
};

struct FrameMaker {
  const FrameWords& words;
  std::string& why;

  Frame rotation(std::string name, const Matrix& from_icrs) const {
    Frame frame;
    frame.name_ = std::move(name);
    frame.from_ = from_icrs;
    frame.to_ = inverse(from_icrs);
    return frame;
  }

  double equinox_or(double fallback) const {
    return plausible(words.equinox) ? words.equinox : fallback;
  }

  std::optional<Frame> icrs() const { return rotation("ICRS", identity()); }

  std::optional<Frame> fk5() const {
    const double equinox = equinox_or(2000);
    return rotation(epoch_name("FK5", 'J', equinox),
                    product(precession_iau2006(equinox), fk5_from_icrs()));
  }

  std::optional<Frame> fk4_without_e_terms() const {
    const double equinox = equinox_or(1950);
    double djm0 = 0, djm = 0;
    eraEpb2jd(equinox, &djm0, &djm);
    // FITS 4.0 section 8.3: the epoch of observation matters for FK4; without one the equinox
    // serves.
    const double epoch =
        std::isfinite(words.mjd_obs) ? eraEpj(2400000.5, words.mjd_obs) : eraEpj(djm0, djm);
    const Matrix to_fk5 = product(fk5_from_fk4(epoch), precession_newcomb(equinox, 1950));
    Frame frame = rotation(epoch_name("FK4-NO-E", 'B', equinox), identity());
    frame.to_ = product(inverse(fk5_from_icrs()), to_fk5);
    frame.from_ = inverse(frame.to_);
    return frame;
  }

  std::optional<Frame> fk4() const {
    std::optional<Frame> frame = fk4_without_e_terms();
    const double equinox = equinox_or(1950);
    frame->name_ = epoch_name("FK4", 'B', equinox);
    frame->e_terms_ = e_terms(equinox);
    return frame;
  }

  std::optional<Frame> apparent() const {
    double tai1 = 0, tai2 = 0, tt1 = 0, tt2 = 0;
    if (!std::isfinite(words.mjd_obs) || eraUtctai(2400000.5, words.mjd_obs, &tai1, &tai2) < 0) {
      why = "RADESYS GAPPT needs the date of observation, MJD-OBS or DATE-OBS";
      return std::nullopt;
    }
    eraTaitt(tai1, tai2, &tt1, &tt2);
    auto apparent = std::make_shared<Frame::Apparent>();
    eraApci13(tt1, tt2, &apparent->astrom, &apparent->equation_of_origins);
    Frame frame = rotation("GAPPT MJD " + to_text(words.mjd_obs), identity());
    frame.apparent_ = std::move(apparent);
    return frame;
  }

  std::optional<Frame> galactic() const {
    return rotation("galactic", product(galactic_from_fk5(), fk5_from_icrs()));
  }

  std::optional<Frame> supergalactic() const {
    return rotation("supergalactic", product(supergalactic_from_galactic(),
                                             product(galactic_from_fk5(), fk5_from_icrs())));
  }

  std::optional<Frame> ecliptic() const {
    const double equinox = equinox_or(2000);
    double djm0 = 0, djm = 0;
    eraEpj2jd(equinox, &djm0, &djm);
    Matrix m{};
    eraEcm06(djm0, djm, raw(m));
    return rotation(epoch_name("ecliptic", 'J', equinox), m);
  }

  std::optional<Frame> equatorial() const {
    struct Row {
      std::string_view name;
      std::optional<Frame> (FrameMaker::*make)() const;
    };
    constexpr std::array kRows = {
        Row{"ICRS", &FrameMaker::icrs}, Row{"FK5", &FrameMaker::fk5}, Row{"FK4", &FrameMaker::fk4},
        Row{"FK4-NO-E", &FrameMaker::fk4_without_e_terms}, Row{"GAPPT", &FrameMaker::apparent}};
    const std::string radesys = to_upper(trim(words.radesys));
    for (const Row& row : kRows) {
      if (row.name == radesys) return (this->*row.make)();
    }
    if (!radesys.empty()) {
      why = "RADESYS " + quoted(radesys) + " is unknown: the default for the equinox is taken";
    }
    // FITS 4.0 section 8.3: the defaults for a missing RADESYS.
    if (!plausible(words.equinox)) return icrs();
    return words.equinox < 1984 ? fk4() : fk5();
  }
};

std::optional<Frame> Frame::of(const FrameWords& words, std::string& why) {
  struct Row {
    std::string_view longitude;
    std::optional<Frame> (FrameMaker::*make)() const;
  };
  constexpr std::array kRows = {
      Row{"RA", &FrameMaker::equatorial}, Row{"GLON", &FrameMaker::galactic},
      Row{"ELON", &FrameMaker::ecliptic}, Row{"SLON", &FrameMaker::supergalactic}};
  const FrameMaker maker{words, why};
  for (const Row& row : kRows) {
    if (row.longitude == words.longitude) return (maker.*row.make)();
  }
  why = "coordinates of type " + quoted(words.longitude) + " are not fixed to the sky";
  return std::nullopt;
}

sky::Direction Frame::to_icrs(const sky::Direction& direction) const {
  double x = direction.x(), y = direction.y(), z = direction.z();
  if (e_terms_) {
    const auto& e = *e_terms_;
    const double along = e[0] * x + e[1] * y + e[2] * z;
    x += along * x - e[0], y += along * y - e[1], z += along * z - e[2];
  }
  if (apparent_) {
    eraASTROM astrom = apparent_->astrom;
    double ra = 0, dec = 0;
    eraAticq(direction.lon().radians() + apparent_->equation_of_origins, direction.lat().radians(),
             &astrom, &ra, &dec);
    return sky::Direction::from_lon_lat(sky::Angle::from_radians(ra),
                                        sky::Angle::from_radians(dec));
  }
  return apply(to_, x, y, z);
}

sky::Direction Frame::from_icrs(const sky::Direction& icrs) const {
  if (apparent_) {
    eraASTROM astrom = apparent_->astrom;
    double ra = 0, dec = 0;
    eraAtciqz(icrs.lon().radians(), icrs.lat().radians(), &astrom, &ra, &dec);
    return sky::Direction::from_lon_lat(
        sky::Angle::from_radians(ra - apparent_->equation_of_origins),
        sky::Angle::from_radians(dec));
  }
  const sky::Direction mean = apply(from_, icrs.x(), icrs.y(), icrs.z());
  if (!e_terms_) return mean;
  const auto& e = *e_terms_;
  double x = mean.x(), y = mean.y(), z = mean.z();
  // The terms are 1.7e-6, so each round gains nearly six digits.
  for (int round = 0; round < 4; ++round) {
    const double scale = 1 + e[0] * x + e[1] * y + e[2] * z;
    x = (mean.x() + e[0]) / scale, y = (mean.y() + e[1]) / scale, z = (mean.z() + e[2]) / scale;
  }
  return sky::Direction::from_vector(x, y, z);
}

}  // namespace soda::wcs
