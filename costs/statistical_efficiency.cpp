#include "costs/statistical_efficiency.hpp"

#include <algorithm>
#include <cmath>

#include "io/format.hpp"

namespace forerun {

double steps_to_target(const StatisticalEfficiency& efficiency, std::int64_t batch) {
  return efficiency.minimum_steps * (1 + efficiency.critical_batch / static_cast<double>(batch));
}

double samples_to_target(const StatisticalEfficiency& efficiency, std::int64_t batch) {
  return static_cast<double>(batch) * steps_to_target(efficiency, batch);
}

std::variant<FittedEfficiency, Infeasible> fit_statistical_efficiency(std::span<const BatchSteps> pairs) {
  const auto other = [&](const BatchSteps& pair) { return pair.batch != pairs.front().batch; };
  if (pairs.empty() || std::ranges::none_of(pairs, other)) return Infeasible{"a critical batch cannot be told from fewer than two batches"};
  // Of u = 1 / steps and v = 1 / (batch steps): minimize the sum of (S_min u + S_min B_crit v - 1)^2.
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
  FittedEfficiency fitted{{minimum, product / minimum}, 0};
  for (const BatchSteps& pair : pairs)
    fitted.worst_error = std::max(fitted.worst_error, std::abs((minimum + product / pair.batch) / pair.steps - 1));
  return fitted;
}

}  // namespace forerun
