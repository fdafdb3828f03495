#include "costs/intervals.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>
#include <vector>

#include "core/normal.hpp"
#include "core/quantile.hpp"
#include "core/random.hpp"
#include "costs/sampled_calibration.hpp"

namespace forerun {
namespace {

constexpr double kLow = 0.1;
constexpr double kHigh = 0.9;
constexpr double kFurthest = 10;  // deviations: beyond, the normal distribution function is 0 or 1
constexpr double kNarrow = 1e-9;
constexpr std::uint64_t kOrders = 32;

/// Where a function that grows reaches `value` between two ends.
template <class Function>
double reach(const Function& function, double value, double low, double high) {
  while (high - low > kNarrow) {
    const double middle = (low + high) / 2;
    (function(middle) < value ? low : high) = middle;
  }
  return (low + high) / 2;
}

/// The middles of equal strata of the normal distribution, stretched to a deviation of one; of one stratum its middle.
std::vector<double> strata(int count) {
  std::vector<double> middles;
  double squares = 0;
  for (int i = 0; i < count; ++i) {
    middles.push_back(reach(normal_distribution, (i + 0.5) / count, -kFurthest, kFurthest));
    squares += middles.back() * middles.back();
  }
  if (count < 2) return middles;
  for (double& middle : middles) middle *= std::sqrt(count / squares);
  return middles;
}

/// The strata in an order that is as good as random and depends on the stream alone.
std::vector<double> shuffled(const std::vector<double>& middles, std::uint64_t stream) {
  std::vector<std::pair<std::uint64_t, double>> keys;
  for (const double middle : middles) keys.emplace_back(mix_bits(stream + keys.size()), middle);
  std::ranges::sort(keys);
  std::vector<double> order;
  for (const auto& [key, middle] : keys) order.push_back(middle);
  return order;
}

using Normals = std::vector<std::vector<double>>;  // by cause, then by sample

double largest_correlation(const std::vector<double>& order, const Normals& others) {
  double largest = 0;
  for (const std::vector<double>& other : others) {
    double sum = 0;
    for (std::size_t i = 0; i < order.size(); ++i) sum += order[i] * other[i];
    largest = std::max(largest, std::abs(sum));
  }
  return largest;
}

Normals latin_hypercube(int samples, std::size_t causes, std::uint64_t seed) {
  const std::vector<double> middles = strata(samples);
  Normals normals;
  while (normals.size() < causes) {
    const std::uint64_t stream = mix_bits(mix_bits(seed) + normals.size());
    std::vector<double> best = shuffled(middles, stream);
    for (std::uint64_t i = 1; i < kOrders; ++i) {
      std::vector<double> order = shuffled(middles, mix_bits(stream + i));
      if (largest_correlation(order, normals) < largest_correlation(best, normals)) best = std::move(order);
    }
    normals.push_back(std::move(best));
  }
  return normals;
}

/// What sampling needs of a calibration: its samples and the texts of its sources are large, and no price depends on them but those of
/// transfers inside a node, of which all-reduces have models.
Calibration without_records(const Calibration& calibration) {
  Calibration light = calibration;
  light.kernels.clear();
  std::erase_if(light.collectives, [](const CollectiveSample& sample) { return sample.operation == "all-reduce"; });
  light.gpu_sources.clear();
  light.fit.reset();
  return light;
}

/// The quantile of the ratio, the model's own spread included.
double ratio_at(const std::vector<double>& sorted, double spread, double share) {
  if (spread == 0) return std::exp(quantile(sorted, share));
  const auto below = [&](double logarithm) {
    double sum = 0;
    for (const double each : sorted) sum += normal_distribution((logarithm - each) / spread);
    return sum / static_cast<double>(sorted.size());
  };
  return std::exp(reach(below, share, sorted.front() - kFurthest * spread, sorted.back() + kFurthest * spread));
}

void add(const std::optional<Seconds>& point, std::vector<double> logarithms, double spread, std::optional<Seconds>& p10,
         std::optional<Seconds>& p90) {
  if (!point || logarithms.empty()) return;
  std::ranges::sort(logarithms);
  p10 = std::min(1.0, ratio_at(logarithms, spread, kLow)) * *point;
  p90 = std::max(1.0, ratio_at(logarithms, spread, kHigh)) * *point;
}

}  // namespace

SampledTimes sample_times(const Scenario& scenario, const Predictor& sampler, const IntervalOptions& options) {
  assert(options.samples >= 0 && options.samples <= kMostSamples);
  SampledTimes ratios;
  ratios.spread = model_spread(scenario, options.spreads);
  if (options.samples == 0) return ratios;
  const Prediction unmoved = sampler(scenario);
  if (!unmoved.step_time) return ratios;
  const std::vector<Cause> list = causes(scenario, options.spreads);
  const Normals normals = latin_hypercube(options.samples, list.size(), scenario.run.seed);
  const Calibration light = without_records(*scenario.calibration);
  Scenario moved = scenario;
  for (std::size_t i = 0; i < static_cast<std::size_t>(options.samples); ++i) {
    Sample sample{light, scenario.platform};
    for (std::size_t c = 0; c < list.size(); ++c) list[c].move(sample, normals[c][i]);
    moved.platform = std::move(sample.platform);
    moved.calibration = std::make_shared<const Calibration>(std::move(sample.calibration));
    const Prediction prediction = sampler(moved);
    if (!prediction.step_time) continue;
    ratios.step.push_back(std::log(*prediction.step_time / *unmoved.step_time));
    if (prediction.total_time && unmoved.total_time) ratios.total.push_back(std::log(*prediction.total_time / *unmoved.total_time));
  }
  return ratios;
}

void add_interval(Prediction& prediction, const SampledTimes& times) {
  if (!prediction.step_time || prediction.step_time_p10) return;
  add(prediction.step_time, times.step, times.spread, prediction.step_time_p10, prediction.step_time_p90);
  add(prediction.total_time, times.total, times.spread, prediction.total_time_p10, prediction.total_time_p90);
}

void add_interval(Prediction& prediction, const Scenario& scenario, const Predictor& sampler, const IntervalOptions& options) {
  if (options.samples == 0 || !prediction.step_time || prediction.step_time_p10) return;
  add_interval(prediction, sample_times(scenario, sampler, options));
}

std::optional<RatioInterval> ratio_interval(const SampledTimes& times, const SampledTimes& over, Causes kind) {
  const bool whole = !times.total.empty() && !over.total.empty();
  const std::vector<double>& above = whole ? times.total : times.step;
  const std::vector<double>& below = whole ? over.total : over.step;
  const std::size_t samples = above.size();
  if (samples == 0 || samples != below.size()) return std::nullopt;
  // Each order of the samples is as good as random; a shift by about a third of them has nothing in common with none.
  const std::size_t shift = kind == Causes::shared ? 0 : samples / 3;
  std::vector<double> differences;
  differences.reserve(samples);
  for (std::size_t i = 0; i < samples; ++i) differences.push_back(above[i] - below[(i + shift) % samples]);
  std::ranges::sort(differences);
  const double spread = std::hypot(times.spread, over.spread);
  return RatioInterval{ratio_at(differences, spread, kLow), ratio_at(differences, spread, kHigh)};
}

Predictor with_intervals(Predictor predict, Predictor sampler, const IntervalOptions& options) {
  return [predict = std::move(predict), sampler = std::move(sampler), options](const Scenario& scenario) {
    Prediction prediction = predict(scenario);
    add_interval(prediction, scenario, sampler, options);
    return prediction;
  };
}

}  // namespace forerun
