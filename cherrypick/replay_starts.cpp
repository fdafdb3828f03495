#include "cherrypick/replay_starts.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "cherrypick/linear_algebra.hpp"
#include "cherrypick/matern.hpp"

namespace forerun::cherrypick {
namespace {

double squared_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}

/// The first two binary digits of the first three points are 00, 10 and, by the dimension's second direction number, 11 or 01.
std::array<double, 3> scrambled_column(std::size_t dimension, Random& random) {
  constexpr std::array<bool, 8> third_in_upper_half{true, false, false, false, true, true, false, true};
  const bool upper = third_in_upper_half[dimension % third_in_upper_half.size()];
  const std::array<std::array<bool, 2>, 3> digits{{{false, false}, {true, false}, {upper, true}}};
  const bool flip_half = random.uniform() < 0.5;
  const std::array<bool, 2> flip_quarter{random.uniform() < 0.5, random.uniform() < 0.5};  // another one in each half
  std::array<double, 3> column{};
  for (std::size_t i = 0; i < column.size(); ++i) {
    const bool half = digits[i][0] != flip_half;
    const bool quarter = digits[i][1] != flip_quarter[digits[i][0] ? 1 : 0];
    column[i] = (half ? 0.5 : 0.0) + (quarter ? 0.25 : 0.0) + 0.25 * random.uniform();
  }
  return column;
}

}  // namespace

std::vector<int> sobol_starts(const Catalogue& catalogue, int count, Random& random) {
  const std::size_t dimensions = catalogue.front().features.size();
  std::array<std::vector<double>, 3> points;
  for (std::size_t k = 0; k < dimensions; ++k) {
    const std::array<double, 3> column = scrambled_column(k, random);
    for (std::size_t i = 0; i < points.size(); ++i) points[i].push_back(column[i]);
  }
  std::vector<int> starts;
  for (std::size_t i = 0; i < points.size() && static_cast<int>(i) < count; ++i) {
    int nearest = -1;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < catalogue.size(); ++j) {
      const int id = static_cast<int>(j);
      const double distance = squared_distance(points[i], catalogue[j].features);
      if (distance < least && std::ranges::find(starts, id) == starts.end()) nearest = id, least = distance;
    }
    if (nearest >= 0) starts.push_back(nearest);
  }
  return starts;
}

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
      factor(i, j) = matern52(squared).value + (i == j ? 1e-6 : 0.0);
    }
  std::vector<double> errors(catalogue.size());
  if (!cholesky(factor)) return errors;
  std::vector<double> normal;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    normal.push_back(random.normal());
    for (std::size_t k = 0; k <= i; ++k) errors[i] += factor(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) * normal[k];
  }
  return errors;
}

}  // namespace forerun::cherrypick
