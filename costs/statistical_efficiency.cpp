#include "costs/statistical_efficiency.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/student.hpp"
#include "io/format.hpp"

namespace forerun {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The t of P90, empty where the fit says nothing of its errors.
std::optional<double> t_of(const StatisticalEfficiency& efficiency) {
  if (!efficiency.fit || efficiency.fit->runs < 3) return {};
  return student90(efficiency.fit->runs - 2);
}

FitRange around(double value, double half) { return {std::max(0.0, value - half), value + half}; }

}  // namespace

double steps_to_target(const StatisticalEfficiency& efficiency, std::int64_t batch) {
  return efficiency.minimum_steps * (1 + efficiency.critical_batch / static_cast<double>(batch));
}

double samples_to_target(const StatisticalEfficiency& efficiency, std::int64_t batch) {
  return static_cast<double>(batch) * steps_to_target(efficiency, batch);
}

double minimum_steps_of(double samples, double batch, double critical_batch) { return samples / (batch + critical_batch); }

std::variant<StatisticalEfficiency, Infeasible> fit_statistical_efficiency(std::span<const BatchSteps> pairs) {
  const auto other = [&](const BatchSteps& pair) { return pair.batch != pairs.front().batch; };
  if (pairs.empty() || std::ranges::none_of(pairs, other)) return Infeasible{"a critical batch cannot be told from fewer than two batches"};
  // Of u = 1 / steps and v = 1 / (batch steps): minimize the sum of (a u + b v - 1)^2.
  double uu = 0, uv = 0, vv = 0, u_sum = 0, v_sum = 0;
  for (const BatchSteps& pair : pairs) {
    const double u = 1 / pair.steps;
    const double v = u / pair.batch;
    uu += u * u, uv += u * v, vv += v * v, u_sum += u, v_sum += v;
  }
  const double determinant = uu * vv - uv * uv;
  const double minimum = (vv * u_sum - uv * v_sum) / determinant;
  const double product = (uu * v_sum - uv * u_sum) / determinant;
  if (!(minimum > 0) || !(product > 0) || !std::isfinite(minimum) || !std::isfinite(product))
    return Infeasible{forerun::format("no critical batch describes these steps: they {} (minimum steps {:.4g}, critical batch {:.4g})",
                                      minimum > 0 ? "do not fall with the batch" : "fall faster than the batch grows", minimum,
                                      product / minimum)};
  EfficiencyFit fit;
  fit.runs = static_cast<int>(pairs.size());
  const auto [smallest, largest] = std::ranges::minmax(pairs, {}, &BatchSteps::batch);
  fit.smallest_batch = smallest.batch, fit.largest_batch = largest.batch;
  double squares = 0;
  for (const BatchSteps& pair : pairs) {
    const double error = (minimum + product / pair.batch) / pair.steps - 1;
    fit.worst_error = std::max(fit.worst_error, std::abs(error));
    squares += error * error;
  }
  if (fit.runs > 2) {
    const double variance = squares / (fit.runs - 2) / determinant;
    fit.steps_variance = variance * vv, fit.covariance = -variance * uv, fit.samples_variance = variance * uu;
  }
  return StatisticalEfficiency{minimum, product / minimum, fit};
}

std::string range_text(const FitRange& range) {
  return std::isfinite(range.p90) ? forerun::format("P10 to P90 {:.4g} to {:.4g}", range.p10, range.p90)
                                  : forerun::format("P10 {:.4g}, unbounded above", range.p10);
}

std::optional<FitRange> minimum_steps_range(const StatisticalEfficiency& efficiency) {
  const std::optional<double> t = t_of(efficiency);
  if (!t) return {};
  return around(efficiency.minimum_steps, *t * std::sqrt(efficiency.fit->steps_variance));
}

std::optional<FitRange> critical_batch_range(const StatisticalEfficiency& efficiency) {
  const std::optional<double> t = t_of(efficiency);
  if (!t) return {};
  // Within are the ratios r with (b - r a)^2 <= t^2 (var b - 2 r cov + r^2 var a): second r^2 - 2 first r + zeroth <= 0.
  const EfficiencyFit& fit = *efficiency.fit;
  const double a = efficiency.minimum_steps, b = a * efficiency.critical_batch, square = *t * *t;
  const double second = a * a - square * fit.steps_variance;
  const double first = a * b - square * fit.covariance;
  const double zeroth = b * b - square * fit.samples_variance;
  const double root = std::sqrt(std::max(0.0, first * first - second * zeroth));
  // The smaller root without a difference of alike numbers; of a b that may be zero there is none above it.
  const double low = zeroth > 0 ? zeroth / (first + root) : 0;
  return FitRange{low, second > 0 ? (first + root) / second : kInfinity};
}

std::optional<FitRange> steps_range(const StatisticalEfficiency& efficiency, std::int64_t batch) {
  const std::optional<double> t = t_of(efficiency);
  if (!t) return {};
  const EfficiencyFit& fit = *efficiency.fit;
  const auto size = static_cast<double>(batch);
  const double variance = fit.steps_variance + (2 * fit.covariance + fit.samples_variance / size) / size;
  return around(steps_to_target(efficiency, batch), *t * std::sqrt(std::max(0.0, variance)));
}

std::vector<std::string> fit_warnings(const StatisticalEfficiency& efficiency, std::int64_t batch) {
  std::vector<std::string> warnings;
  if (!efficiency.fit) return warnings;
  const EfficiencyFit& fit = *efficiency.fit;
  const std::optional<FitRange> critical = critical_batch_range(efficiency);
  if (!critical)
    warnings.emplace_back("two runs settle minimum steps and critical batch, and nothing says how far off these are");
  else if (critical->p90 == kInfinity)
    warnings.push_back(
        forerun::format("the runs do not tell minimum steps and critical batch apart: batches of {:g} to {:g} are too small to "
                        "bound the critical batch from above",
                        fit.smallest_batch, fit.largest_batch));
  if (critical && critical->p10 == 0)
    warnings.push_back(forerun::format("the runs do not tell a critical batch: at batches of {:g} to {:g} it may as well be zero",
                                       fit.smallest_batch, fit.largest_batch));
  const auto size = static_cast<double>(batch);
  if (size < fit.smallest_batch || size > fit.largest_batch)
    warnings.push_back(forerun::format("batch {} lies outside of the runs', {:g} to {:g}", batch, fit.smallest_batch, fit.largest_batch));
  return warnings;
}

}  // namespace forerun
