#include "cherrypick/replay_starts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cherrypick/linear_algebra.hpp"
#include "cherrypick/matern.hpp"

namespace forerun::cherrypick {
namespace {

constexpr double kErrorLength = 0.5;

double squared_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}

/// To a mean of zero and a deviation of one.
void standardise(std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  double squares = 0;
  for (double& value : values) value -= mean, squares += value * value;
  const double deviation = std::sqrt(squares / static_cast<double>(values.size()));
  for (double& value : values) value /= deviation > 0 ? deviation : 1;
}

}  // namespace

std::vector<int> permutation(std::size_t count, Random& random) {
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

std::vector<double> smooth_errors(const Catalogue& catalogue, Random& random) {
  const auto n = static_cast<Eigen::Index>(catalogue.size());
  Eigen::MatrixXd factor(n, n);
  for (Eigen::Index j = 0; j < n; ++j)
    for (Eigen::Index i = j; i < n; ++i) {
      const double squared =
          squared_distance(catalogue[static_cast<std::size_t>(i)].features, catalogue[static_cast<std::size_t>(j)].features);
      factor(i, j) = matern52(squared / (kErrorLength * kErrorLength)).value + (i == j ? 1e-6 : 0.0);
    }
  std::vector<double> errors(catalogue.size());
  if (!cholesky(factor)) return errors;
  std::vector<double> normal;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    normal.push_back(random.normal());
    for (std::size_t k = 0; k <= i; ++k) errors[i] += factor(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) * normal[k];
  }
  standardise(errors);
  return errors;
}

}  // namespace forerun::cherrypick
