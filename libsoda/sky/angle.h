// An angle: radians inside, named doors in and out. A bare number never becomes an angle.
#pragma once

#include <compare>
#include <numbers>

namespace soda::sky {

class Angle {
 public:
  constexpr Angle() noexcept = default;
  static constexpr Angle from_degrees(double degrees) noexcept {
    return Angle(degrees * (std::numbers::pi / 180));
  }
  static constexpr Angle from_radians(double radians) noexcept { return Angle(radians); }
  static constexpr Angle from_arcseconds(double arcseconds) noexcept {
    return from_degrees(arcseconds / 3600);
  }

  constexpr double degrees() const noexcept { return radians_ * (180 / std::numbers::pi); }
  constexpr double radians() const noexcept { return radians_; }
  constexpr double arcseconds() const noexcept { return degrees() * 3600; }

  constexpr auto operator<=>(const Angle&) const noexcept = default;
  constexpr Angle operator+(Angle other) const noexcept { return Angle(radians_ + other.radians_); }
  constexpr Angle operator-(Angle other) const noexcept { return Angle(radians_ - other.radians_); }
  constexpr Angle operator*(double factor) const noexcept { return Angle(radians_ * factor); }

 private:
  constexpr explicit Angle(double radians) noexcept : radians_(radians) {}
  double radians_ = 0;
};

}  // namespace soda::sky
