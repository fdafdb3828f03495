#pragma once

#include <cmath>

#include "cherrypick/elementary.hpp"

namespace forerun::cherrypick {

/// Matern kernel of smoothness 5/2 at distance r (in length scales), of signal deviation 1, and its slope.
///   k = (1 + a + a^2 / 3) e^-a,  a = sqrt(5) r                             [Rasmussen & Williams 2006, eq. 4.17; Snoek et al. 2012, eq.
///   13] dk / d log l_d = (5 / 3) (1 + a) e^-a (delta_d / l_d)^2 = slope (delta_d / l_d)^2
struct Matern52 {
  double value;
  double slope;
};

/// Takes r^2, the sum over dimensions of (delta_d / l_d)^2.
inline Matern52 matern52(double squared) {
  const double a = std::sqrt(5.0 * squared);
  const double decay = portable_exp(-a);
  return {(1.0 + a + a * a * (1.0 / 3.0)) * decay, (5.0 / 3.0) * (1.0 + a) * decay};
}

}  // namespace forerun::cherrypick
