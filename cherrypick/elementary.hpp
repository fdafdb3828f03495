#pragma once

#include <bit>
#include <cstdint>
#include <limits>

/// exp and log of additions, multiplications, divisions and bit patterns alone, which IEEE 754 rounds alike everywhere. The functions of
/// C libraries differ in their last bit, which is enough for another candidate to win an argmax and for a search to go another way.
/// Without branches, so that compilers turn loops over them into vector instructions.
namespace forerun::cherrypick {

/// e^x; 0 below -708, where results would be denormal, and e^709 above 709. Relative error below 4e-16.
///   e^x = 2^k e^r,  k = round(x / log 2),  |r| <= log(2) / 2,  e^r by its Taylor series to r^13
inline double portable_exp(double x) {
  constexpr double kRound = 0x1.8p52;                       // added to a double, leaves a whole number in its low bits
  constexpr double kLog2High = 6.93147180369123816490e-01;  // its last 21 bits are zero: k times it is exact
  constexpr double kLog2Low = 1.90821492927058770002e-10;
  double held = x < -708.0 ? -708.0 : x;
  held = held > 709.0 ? 709.0 : held;
  const double shifted = held * 1.44269504088896338700 + kRound;
  const double k = shifted - kRound;
  const double r = (held - k * kLog2High) - k * kLog2Low;
  double series = 1.0 / 6227020800.0;
  series = series * r + 1.0 / 479001600.0;
  series = series * r + 1.0 / 39916800.0;
  series = series * r + 1.0 / 3628800.0;
  series = series * r + 1.0 / 362880.0;
  series = series * r + 1.0 / 40320.0;
  series = series * r + 1.0 / 5040.0;
  series = series * r + 1.0 / 720.0;
  series = series * r + 1.0 / 120.0;
  series = series * r + 1.0 / 24.0;
  series = series * r + 1.0 / 6.0;
  series = series * r + 0.5;
  series = series * r + 1.0;
  series = series * r + 1.0;
  const double power = std::bit_cast<double>((std::bit_cast<std::uint64_t>(shifted) + 1023U) << 52U);
  return x < -708.0 ? 0.0 : series * power;
}

/// log x of a normal x > 0; minus infinity for zero. Relative error below 4e-16 but next to 1, where the absolute error is below 1e-16.
///   log x = k log 2 + 2 atanh(s),  x = 2^k m,  sqrt(1/2) <= m < sqrt(2),  s = (m - 1) / (m + 1),  atanh by its series to s^23
inline double portable_log(double x) {
  constexpr std::uint64_t kSqrtHalf = 0x3fe6a09e667f3bcdU;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const auto exponent = static_cast<std::int64_t>(bits - kSqrtHalf) >> 52;
  const double k = static_cast<double>(exponent);
  const double m = std::bit_cast<double>(bits - (static_cast<std::uint64_t>(exponent) << 52U));
  const double s = (m - 1.0) / (m + 1.0);
  const double s2 = s * s;
  double series = 1.0 / 23.0;
  series = series * s2 + 1.0 / 21.0;
  series = series * s2 + 1.0 / 19.0;
  series = series * s2 + 1.0 / 17.0;
  series = series * s2 + 1.0 / 15.0;
  series = series * s2 + 1.0 / 13.0;
  series = series * s2 + 1.0 / 11.0;
  series = series * s2 + 1.0 / 9.0;
  series = series * s2 + 1.0 / 7.0;
  series = series * s2 + 1.0 / 5.0;
  series = series * s2 + 1.0 / 3.0;
  const double tail = 2.0 * s * s2 * series + k * 1.90821492927058770002e-10;
  const double value = k * 6.93147180369123816490e-01 + (2.0 * s + tail);
  return x > 0.0 ? value : -std::numeric_limits<double>::infinity();
}

/// log2 x = log x / log 2.
inline double portable_log2(double x) { return portable_log(x) * 1.44269504088896338700; }

/// log(1 + y) without loss for small y > -1: log(u) y / (u - 1), u = 1 + y                       [Goldberg 1991, theorem 4]
inline double portable_log1p(double y) {
  const double u = 1.0 + y;
  return u == 1.0 ? y : portable_log(u) * (y / (u - 1.0));
}

}  // namespace forerun::cherrypick
