#include "cherrypick/normal_tail.hpp"

#include <array>
#include <cmath>

#include "cherrypick/elementary.hpp"
#include "cherrypick/wide_vectors.hpp"

namespace forerun::cherrypick {
namespace {

constexpr double kLogSqrt2Pi = 0.91893853320467274178;
constexpr double kInverseSqrt2Pi = 0.39894228040143267794;

// Chebyshev coefficients of (1 + x) R(x) and (1 + x)^2 (1 - x R(x)), from 48 nodes in 60 digits.
constexpr std::array<double, 26> kMills{1.1579976221305188,      -0.1633449388451398,     -0.013683136055781576,   0.03082200019810004,
                                        -0.016220073012046806,   0.005616691016460094,    -0.0014133933783549216,  0.0002502625460725661,
                                        -2.468907239728387e-05,  -1.0107964061837592e-06, 7.495419179740573e-07,   -7.600274268728337e-08,
                                        -1.1574771441328644e-08, 3.333386472599843e-09,   7.538039628171347e-11,   -1.1104247263727494e-10,
                                        3.509243776551059e-12,   3.6894953861750955e-12,  -2.3376697776383095e-13, -1.3271797523541405e-13,
                                        9.921706995888276e-15,   5.276004995455379e-15,   -3.373097694187922e-16,  -2.2804338776379946e-16,
                                        7.496330565808626e-18,   1.0328041877290668e-17};
constexpr std::array<double, 27> kComplement{
    1.1786939013866438,      -0.10125727962799318,    -0.14865546208521888,    0.09816848778580152,     -0.03171798898152607,
    0.004118380306630206,    0.0013840174983079264,   -0.0009838340353495313,  0.0002948950492045316,   -4.709260195140171e-05,
    8.590029272920808e-07,   1.3554619080433912e-06,  -2.3147555595831767e-07, -1.7075440607920013e-08, 9.949362873866235e-09,
    -2.4106464654592276e-10, -3.5666175303257516e-10, 2.8945226947362402e-11,  1.3016100717797053e-11,  -1.5524538138949635e-12,
    -5.220930630315194e-13,  6.950184611901334e-14,   2.345944460700038e-14,   -2.771885973444679e-15,  -1.1544282194411682e-15,
    9.116045274446133e-17,   5.955159763084838e-17};

/// The sum of a Chebyshev series by Clenshaw's recurrence, at the place that x >= 0 is mapped to.
template <std::size_t N>
inline double chebyshev(const std::array<double, N>& coefficients, double x) {
  const double t = (x - 5.0) / (x + 5.0);
  double next = 0.0;
  double after = 0.0;
  for (std::size_t k = N - 1; k > 0; --k) {
    const double now = coefficients[k] + 2.0 * t * next - after;
    after = next;
    next = now;
  }
  return coefficients[0] + t * next - after;
}

/// log h(z) = offset + log(argument), of which each sign of z needs another pair.
inline double log_improvement(double z) {
  const double x = std::abs(z);
  const double below = -0.5 * x * x - kLogSqrt2Pi;
  const double rest = chebyshev(kComplement, x) / ((1.0 + x) * (1.0 + x));
  const double above = z + portable_exp(below) * rest;
  return (z > 0.0 ? 0.0 : below) + portable_log(z > 0.0 ? above : rest);
}

}  // namespace

double normal_density(double z) { return kInverseSqrt2Pi * portable_exp(-0.5 * z * z); }

double normal_distribution(double z) {
  const double x = std::abs(z);
  const double tail = normal_density(x) * chebyshev(kMills, x) / (1.0 + x);
  return z > 0.0 ? 1.0 - tail : tail;
}

double log_normal_distribution(double z) {
  const double x = std::abs(z);
  const double ratio = chebyshev(kMills, x) / (1.0 + x);
  return z > 0.0 ? portable_log1p(-normal_density(x) * ratio) : -0.5 * x * x - kLogSqrt2Pi + portable_log(ratio);
}

double log_expected_improvement(double z) { return log_improvement(z); }

FORERUN_WIDE_VECTORS void log_expected_improvements(std::span<double> z) {
  for (double& value : z) value = log_improvement(value);
}

}  // namespace forerun::cherrypick
