#include <algorithm>
#include <array>
#include <limits>

#include "cherrypick/starts.hpp"

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

/// Adds the candidate nearest to each point that is neither excluded nor among the starts yet.
void add_nearest(const Catalogue& catalogue, const std::vector<double>& point, std::vector<int>& starts) {
  int nearest = -1;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t j = 0; j < catalogue.size(); ++j) {
    const int id = static_cast<int>(j);
    if (!catalogue[j].excluded.empty() || std::ranges::find(starts, id) != starts.end()) continue;
    const double distance = squared_distance(point, catalogue[j].features);
    if (distance < least) nearest = id, least = distance;
  }
  if (nearest >= 0) starts.push_back(nearest);
}

}  // namespace

std::vector<int> sobol_starts(const Catalogue& catalogue, int count, Random& random, std::vector<int> starts) {
  const std::size_t dimensions = catalogue.front().features.size();
  std::array<std::vector<double>, 3> points;
  for (std::size_t k = 0; k < dimensions; ++k) {
    const std::array<double, 3> column = scrambled_column(k, random);
    for (std::size_t i = 0; i < points.size(); ++i) points[i].push_back(column[i]);
  }
  for (std::size_t i = 0; i < points.size() && static_cast<int>(starts.size()) < count; ++i) add_nearest(catalogue, points[i], starts);
  return starts;
}

std::vector<int> inner_starts(const Catalogue& catalogue, const Eigen::MatrixXd& features, int count, Random& random) {
  std::vector<int> large = spread_starts(catalogue, features, std::min(count, 1), random);
  return sobol_starts(catalogue, count, random, std::move(large));
}

}  // namespace forerun::cherrypick
