#pragma once

#include <span>
#include <vector>

namespace forerun::cherrypick {

/// What the next run of each candidate is worth, from normal beliefs of the latent quantity u: mean mu and variance s^2 of each.
/// Smaller is better. All in logarithms, so that candidates are still told apart where their worth would underflow.

/// log E[max(best - u, 0)] = log s + log(phi(z) + z Phi(z)), z = (best - mu) / s, what a run is expected to improve.
///                                                                       [Mockus 1978; in logarithms Ament et al. 2023, sec. 4.1]
void log_expected_improvement(std::span<const double> mean, std::span<const double> variance, double best, std::span<double> worth);

/// E[max(1 - e^(u - best), 0)] = Phi(z) - e^(mu - best + s^2 / 2) Phi(z - s): of logarithms, the fraction of the best value that a run is
/// expected to save. The expectation above tends to it where little is to be saved, and is larger elsewhere.
double expected_saving(double mean, double variance, double best);

/// Adds log P(u <= limit) = log Phi((limit - mu) / s): alone the way to a first run within the limits, then improvement times chance
/// [Gardner et al. 2014; Alipourfard et al. 2017, sec. 3.4]. An infinite limit adds nothing. Deadline and cost hang on the same u, whose
/// exact E[max(best - u, 0) where u <= limit] finds as much in as many runs, but is late in a quarter more of them (docs/search.md).
void add_log_feasibility(std::span<const double> mean, std::span<const double> variance, std::span<const double> limit,
                         std::span<double> worth);

/// A run by the logarithms of its cost and its time.
struct FrontPoint {
  double cost = 0;
  double time = 0;
  int candidate = 0;

  friend bool operator==(const FrontPoint&, const FrontPoint&) = default;
};

/// The points that no other point is at least as good as in both, by rising cost; of equal ones the first.
std::vector<FrontPoint> front_of(std::vector<FrontPoint> points);

/// The area that the points dominate below the reference.
double hypervolume(const std::vector<FrontPoint>& front, const FrontPoint& reference);

/// By how much a run is expected to enlarge that area. Its cost and time follow from one normal u: cost = u + cost_shift,
/// time = u + time_shift. Exact: the area grows by sums of
///   E[max(a - u, 0) max(b - u, 0)] = (A B + s^2) Phi(z) + s max(A, B) phi(z),  A = a - mu, B = b - mu, z = min(A, B) / s
/// over the steps of the front [of the form of Emmerich et al. 2011, whose two objectives are independent; ours move together].
/// `front` as front_of() gives it.
double expected_hypervolume_improvement(const std::vector<FrontPoint>& front, const FrontPoint& reference, double mean, double deviation,
                                        double cost_shift, double time_shift);

}  // namespace forerun::cherrypick
