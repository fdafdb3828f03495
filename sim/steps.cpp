#include "sim/steps.hpp"

#include <cmath>

namespace forerun::sim {

namespace {

// Engine noise stays below; steps that drift apart do not.
constexpr double kTolerance = 1e-7;
constexpr int kLongestPeriod = 12;

// Growth over the `period` steps that end `back` steps before the last.
double growth(const std::vector<Seconds>& finishes, int back, int period) {
  const std::size_t end = finishes.size() - 1 - back;
  return (finishes[end] - finishes[end - period]).value();
}

bool alike(double a, double b) { return std::abs(a - b) <= kTolerance * std::abs(b); }

bool repeats(const std::vector<Seconds>& finishes, int period, double expected) {
  for (int back = 0; back <= 2 * period; ++back)
    if (!alike(growth(finishes, back, period), expected)) return false;
  return true;
}

}  // namespace

int find_period(const Played& played) {
  const int steps = static_cast<int>(played.compute_finishes.size());
  for (int period = 1; period <= kLongestPeriod && 3 * period < steps; ++period) {
    const double expected = growth(played.compute_finishes, 0, period);
    // A lane that falls behind grows otherwise: some day the compute lane waits for it.
    if (repeats(played.compute_finishes, period, expected) && repeats(played.step_finishes, period, expected)) return period;
  }
  return 0;
}

StepTime step_time(const Played& played, std::int64_t steps, int window) {
  const auto count = static_cast<std::int64_t>(played.compute_finishes.size());
  Parts going_on;
  for (int i = 0; i < window; ++i) going_on += played.compute_parts[count - 1 - i];
  const double per_step = window > 0 ? 1.0 / window : 0.0;
  if (steps == 0) return {per_step * Seconds(growth(played.compute_finishes, 0, window)), going_on * per_step};
  const double more = static_cast<double>(steps - count) * per_step;
  const Parts whole = [&] {
    Parts sum = played.parts();
    if (steps > count) sum += going_on * more;
    return sum;
  }();
  const Seconds total = steps > count ? played.makespan + more * Seconds(growth(played.compute_finishes, 0, window)) : played.makespan;
  return {total / static_cast<double>(steps), whole * (1.0 / static_cast<double>(steps))};
}

}  // namespace forerun::sim
