#pragma once

#include <compare>

namespace forerun {

/// A number with a physical dimension: seconds^S bytes^B flop^F dollars^D joules^J, held in SI units.
/// Products and quotients carry the dimension; a quotient of two like quantities is a plain double.
template <int S, int B, int F, int D, int J>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(double si) : si_(si) {}

  /// The value in SI units (seconds, bytes, flop, dollars, joules).
  [[nodiscard]] constexpr double value() const { return si_; }

  constexpr Quantity& operator+=(Quantity other) { return si_ += other.si_, *this; }
  constexpr Quantity& operator-=(Quantity other) { return si_ -= other.si_, *this; }
  constexpr Quantity& operator*=(double factor) { return si_ *= factor, *this; }

  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.si_ + b.si_); }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.si_ - b.si_); }
  friend constexpr Quantity operator*(Quantity a, double factor) { return Quantity(a.si_ * factor); }
  friend constexpr Quantity operator*(double factor, Quantity a) { return Quantity(factor * a.si_); }
  friend constexpr Quantity operator/(Quantity a, double divisor) { return Quantity(a.si_ / divisor); }
  friend constexpr auto operator<=>(Quantity, Quantity) = default;

 private:
  double si_ = 0;
};

template <int S, int B, int F, int D, int J, int S2, int B2, int F2, int D2, int J2>
constexpr auto operator*(Quantity<S, B, F, D, J> a, Quantity<S2, B2, F2, D2, J2> b) {
  if constexpr (S + S2 == 0 && B + B2 == 0 && F + F2 == 0 && D + D2 == 0 && J + J2 == 0)
    return a.value() * b.value();
  else
    return Quantity<S + S2, B + B2, F + F2, D + D2, J + J2>(a.value() * b.value());
}

template <int S, int B, int F, int D, int J, int S2, int B2, int F2, int D2, int J2>
constexpr auto operator/(Quantity<S, B, F, D, J> a, Quantity<S2, B2, F2, D2, J2> b) {
  if constexpr (S == S2 && B == B2 && F == F2 && D == D2 && J == J2)
    return a.value() / b.value();
  else
    return Quantity<S - S2, B - B2, F - F2, D - D2, J - J2>(a.value() / b.value());
}

using Seconds = Quantity<1, 0, 0, 0, 0>;
using Bytes = Quantity<0, 1, 0, 0, 0>;
using Flops = Quantity<0, 0, 1, 0, 0>;  ///< an amount of arithmetic; a multiply-add counts 2
using Dollars = Quantity<0, 0, 0, 1, 0>;
using Joules = Quantity<0, 0, 0, 0, 1>;
using Watts = Quantity<-1, 0, 0, 0, 1>;
using BytesPerSecond = Quantity<-1, 1, 0, 0, 0>;
using FlopsPerSecond = Quantity<-1, 0, 1, 0, 0>;

inline constexpr double kKiB = 1024.0;
inline constexpr double kMiB = 1024.0 * kKiB;
inline constexpr double kGiB = 1024.0 * kMiB;

}  // namespace forerun
