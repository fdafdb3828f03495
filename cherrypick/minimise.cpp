#include "cherrypick/minimise.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <vector>

#include "cherrypick/linear_algebra.hpp"

namespace forerun::cherrypick {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr std::size_t kPairs = 8;
constexpr int kHalvings = 25;

/// How the gradient changed over the last steps.
struct Pair {
  VectorXd step;
  VectorXd change;
};

VectorXd clamped(VectorXd at, const BoundedProblem& problem) {
  for (Index i = 0; i < at.size(); ++i) at[i] = std::clamp(at[i], problem.low[i], problem.high[i]);
  return at;
}

/// The gradient without the components that point out of the bounds.
VectorXd projected(const BoundedProblem& problem, const VectorXd& at, VectorXd gradient) {
  for (Index i = 0; i < at.size(); ++i)
    if ((at[i] <= problem.low[i] && gradient[i] > 0) || (at[i] >= problem.high[i] && gradient[i] < 0)) gradient[i] = 0;
  return gradient;
}

double largest(const VectorXd& values) {
  double most = 0;
  for (Index i = 0; i < values.size(); ++i) most = std::max(most, std::abs(values[i]));
  return most;
}

/// -H g by the two loops, in the space of the free variables.
VectorXd direction(const std::deque<Pair>& pairs, const VectorXd& free_gradient) {
  const auto mask = [&](VectorXd values) {
    for (Index i = 0; i < values.size(); ++i)
      if (free_gradient[i] == 0) values[i] = 0;
    return values;
  };
  VectorXd q = free_gradient;
  std::vector<double> along(pairs.size());
  for (std::size_t i = pairs.size(); i-- > 0;) {
    along[i] = dot(pairs[i].step, q) / dot(pairs[i].step, pairs[i].change);
    q -= along[i] * pairs[i].change;
  }
  if (!pairs.empty()) q *= dot(pairs.back().step, pairs.back().change) / dot(pairs.back().change, pairs.back().change);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const double back = dot(pairs[i].change, q) / dot(pairs[i].step, pairs[i].change);
    q += (along[i] - back) * pairs[i].step;
  }
  return mask(-q);
}

}  // namespace

Minimum minimise(const BoundedProblem& problem, const VectorXd& start) {
  Minimum best{.at = clamped(start, problem), .value = 0, .evaluations = 1};
  VectorXd gradient(start.size());
  best.value = problem.value(best.at, gradient);
  std::deque<Pair> pairs;
  VectorXd next_gradient(start.size());
  for (int iteration = 0; iteration < problem.iterations; ++iteration) {
    const VectorXd free = projected(problem, best.at, gradient);
    if (largest(free) < problem.tolerance) break;
    VectorXd down = direction(pairs, free);
    if (!(dot(down, free) < 0)) pairs.clear(), down = -free;
    // Without curvature yet, a step of at most one: the variables are logarithms.
    double length = pairs.empty() ? 1 / std::max(1.0, largest(down)) : 1;
    VectorXd next;
    double value = 0;
    bool found = false;
    for (int halving = 0; halving < kHalvings && !found; ++halving, length /= 2) {
      next = clamped(best.at + length * down, problem);
      value = problem.value(next, next_gradient);
      ++best.evaluations;
      found = value <= best.value + 1e-4 * dot(free, next - best.at);
    }
    if (!found) {
      if (pairs.empty()) break;
      pairs.clear();  // stale curvature: once more straight down
      continue;
    }
    Pair pair{next - best.at, next_gradient - gradient};
    const double gained = best.value - value;
    best.at = next, best.value = value, gradient = next_gradient;
    if (gained < 1e-9 * (1 + std::abs(value))) break;
    if (dot(pair.step, pair.change) <= 1e-10 * dot(pair.change, pair.change)) continue;
    pairs.push_back(std::move(pair));
    if (pairs.size() > kPairs) pairs.pop_front();
  }
  return best;
}

}  // namespace forerun::cherrypick
