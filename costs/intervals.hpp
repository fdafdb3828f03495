#pragma once

#include <optional>
#include <vector>

#include "core/predictor.hpp"
#include "costs/spreads.hpp"

/// P10 to P90 of a prediction: a wrapper that prices sampled calibrations. Engines return point values.
namespace forerun {

inline constexpr int kUsualSamples = 48;
inline constexpr int kMostSamples = 10'000;

struct IntervalOptions {
  int samples = kUsualSamples;  ///< of calibrations; 0: no interval
  Spreads spreads = shipped_spreads();
};

/// ln(time / time unmoved) of each sample that has a time, in the order of the samples, and what the time model itself leaves.
struct SampledTimes {
  std::vector<double> step;
  std::vector<double> total;  ///< of the run; empty where it has no length
  double spread = 0;          ///< standard deviation of the model's own error
};

/// Steps 1 and 2 of add_interval() alone; no samples: empty.
SampledTimes sample_times(const Scenario& scenario, const Predictor& sampler, const IntervalOptions& options = {});

/// Steps 3 and 4, from samples that were drawn.
void add_interval(Prediction& prediction, const SampledTimes& times);

/// Whether two predictions are off for the same reasons: one calibration, so that what is wrong with it is wrong with both.
enum class Causes { shared, apart };

/// P10 and P90 of a factor on (time / other time), both relative to their points.
struct RatioInterval {
  double p10 = 1;
  double p90 = 1;
};

/// How far the ratio of two times may be off: quantiles of times[i] - over[i], where causes are shared sample by sample, else of samples
/// that have nothing to do with one another; the models' own errors are apart in either case. Of whole runs where both have one, else of
/// steps. Nothing where either was not sampled, or not as often.
std::optional<RatioInterval> ratio_interval(const SampledTimes& times, const SampledTimes& over, Causes kind);

/// Puts step_time_p10, step_time_p90, total_time_p10 and total_time_p90 beside the point values that the prediction has; all else stays.
///   1. samples z[i][c] of each cause c by a Latin hypercube: the middles of as many strata of the normal distribution as there are
///   samples,
///      made to have deviation one, each once a cause                                          [McKay, Beckman & Conover 1979, sec. 2.2].
///      Of 32 orders at random each cause takes the one that is least correlated with the causes before it
///   2. t[i] = time that `sampler` gives the scenario with all causes moved by z[i], r[i] = t[i] / its time unmoved
///   3. the time model's own error e is normal with deviation s (model_spread): the quantile q of r exp(e) solves
///      mean over i of Phi((ln q - ln r[i]) / s) = 0.1 or 0.9, Phi the normal distribution function
///   4. P10 = point x q(0.1), P90 = point x q(0.9), at most and at least the point
/// So the interval of a prediction by one engine can be sampled with another, quicker one. samples + 1 predictions.
/// Nothing is added to a prediction without a time, to one that has an interval (of runs that were played, sim/seeds) and by no samples.
/// The orders follow from run.seed: the same scenario gives the same interval. Precondition: 0 <= samples <= kMostSamples.
void add_interval(Prediction& prediction, const Scenario& scenario, const Predictor& sampler, const IntervalOptions& options = {});

/// The engine with its intervals, as an engine.
Predictor with_intervals(Predictor predict, Predictor sampler, const IntervalOptions& options = {});

}  // namespace forerun
