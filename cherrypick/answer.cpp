#include "cherrypick/answer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cherrypick/linear_algebra.hpp"
#include "cherrypick/normal_tail.hpp"
#include "cherrypick/random.hpp"

namespace forerun::cherrypick {
namespace {

constexpr double kNormal95 = 1.6448536269514722;       // nine tenths lie between minus and plus this
constexpr double kMuchBetter = -0.051293294387550533;  // log 0.95
constexpr std::size_t kMost = 64;
constexpr int kDraws = 2000;

/// The others that are likeliest to be much better than `best`, each by itself.
std::vector<int> likeliest(const Surrogate& surrogate, std::size_t member, int best, const std::vector<int>& others,
                           const std::vector<double>& limits) {
  const auto n = static_cast<std::size_t>(surrogate.features().rows());
  std::vector<double> mean(n);
  std::vector<double> variance(n);
  surrogate.predict(member, 0, mean, variance);
  std::vector<std::pair<double, int>> chances;
  for (const int id : others) {
    const auto i = static_cast<std::size_t>(id);
    const double level = std::min(mean[static_cast<std::size_t>(best)] + kMuchBetter, limits[i]);
    chances.emplace_back(-(level - mean[i]) / std::sqrt(variance[i]), id);
  }
  const std::size_t count = std::min(kMost, chances.size());
  std::partial_sort(chances.begin(), chances.begin() + static_cast<std::ptrdiff_t>(count), chances.end());
  std::vector<int> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back(chances[i].second);
  return ids;
}

double share_of_draws(const GaussianProcess::Joint& joint, const std::vector<double>& limits, Random& random) {
  const Eigen::Index n = joint.mean.size();
  Eigen::MatrixXd factor = joint.covariance;
  double largest = 0;
  for (Eigen::Index i = 0; i < n; ++i) largest = std::max(largest, joint.covariance(i, i));
  for (double jitter = 1e-10;; jitter *= 10) {
    factor = joint.covariance;
    for (Eigen::Index i = 0; i < n; ++i) factor(i, i) += jitter * largest + 1e-300;
    if (cholesky(factor)) break;
    if (jitter > 1) return 0;  // no spread at all
  }
  int better = 0;
  Eigen::VectorXd normal(n);
  for (int draw = 0; draw < kDraws; ++draw) {
    for (Eigen::Index i = 0; i < n; ++i) normal[i] = random.normal();
    const double best = joint.mean[0] + factor(0, 0) * normal[0];
    bool found = false;
    for (Eigen::Index i = 1; i < n && !found; ++i) {
      double value = joint.mean[i];
      for (Eigen::Index k = 0; k <= i; ++k) value += factor(i, k) * normal[k];
      found = value < best + kMuchBetter && value <= limits[static_cast<std::size_t>(i)];
    }
    better += found ? 1 : 0;
  }
  return static_cast<double>(better) / kDraws;
}

}  // namespace

Estimate estimate(const Surrogate& surrogate, const Latent& latent, const Candidate& candidate, int id) {
  const auto [mean, deviation] = surrogate.at(id);
  const auto cost = [&](double u) { return Dollars(portable_exp(u + latent.cost_shift(candidate))); };
  const auto time = [&](double u) { return Seconds(portable_exp(u + latent.time_shift(candidate))); };
  const double reach = kNormal95 * deviation;
  return {id, cost(mean), cost(mean - reach), cost(mean + reach), time(mean), time(mean - reach), time(mean + reach)};
}

double chance_of_better(const Surrogate& surrogate, int best, const std::vector<int>& others, const std::vector<double>& limits,
                        std::uint64_t seed) {
  if (others.empty()) return 0;
  double chance = 0;
  for (std::size_t m = 0; m < surrogate.members(); ++m) {
    std::vector<int> ids = likeliest(surrogate, m, best, others, limits);
    ids.insert(ids.begin(), best);
    std::vector<double> of_ids;
    for (const int id : ids) of_ids.push_back(limits[static_cast<std::size_t>(id)]);
    Random random(seed, m);
    chance += surrogate.weight(m) * share_of_draws(surrogate.joint(m, ids), of_ids, random);
  }
  return chance;
}

}  // namespace forerun::cherrypick
