#pragma once

#include <span>

/// The standard normal distribution far out in its tails, in logarithms, bit for bit alike on every platform.
///   R(x) = (1 - Phi(x)) / phi(x)                                                                [Mills' ratio]
/// (1 + x) R(x) and (1 + x)^2 (1 - x R(x)) are smooth and bounded for x >= 0; both are Chebyshev series in (x - 5) / (x + 5), to 1e-16
/// [the map of Shepherd & Laframboise 1981, Math. Comp. 36]. The second is what is left of 1 - x R(x) after its leading digits cancel.
namespace forerun::cherrypick {

/// phi(z) = exp(-z^2 / 2) / sqrt(2 pi)
double normal_density(double z);

/// Phi(z), the share that lies below z.
double normal_distribution(double z);

/// log Phi(z), for any finite z. Relative error below 1e-12 for z in [-1e4, 10].
double log_normal_distribution(double z);

/// log h(z), h(z) = phi(z) + z Phi(z): the expected improvement of a normal variable in units of its deviation.
///   h(-x) = phi(x) (1 - x R(x)),  h(x) = x + h(-x)                                    [Ament et al. 2023, LogEI, eq. 9: the same h]
/// Relative error below 1e-12 for z in [-1e4, 10].
double log_expected_improvement(double z);

/// The same of each element, in its place: what is spent on 10^5 candidates.
void log_expected_improvements(std::span<double> z);

}  // namespace forerun::cherrypick
