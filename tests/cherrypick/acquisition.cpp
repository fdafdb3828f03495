#include "cherrypick/acquisition.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>

#include "cherrypick/random.hpp"

using namespace forerun::cherrypick;

namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

/// E[f(u)] of u normal, by the midpoint rule over 16 deviations.
double expected(double mean, double deviation, const std::function<double(double)>& f) {
  constexpr int kSteps = 200000;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double z = -8 + 16 * (i + 0.5) / kSteps;
    sum += f(mean + deviation * z) * std::exp(-z * z / 2);
  }
  return sum * 16 / kSteps / std::sqrt(2 * M_PI);
}

double log_improvement(double mean, double deviation, double best) {
  const double variance = deviation * deviation;
  double worth = 0;
  log_expected_improvement({&mean, 1}, {&variance, 1}, best, {&worth, 1});
  return worth;
}

double area(std::vector<FrontPoint> front, const FrontPoint& reference) { return hypervolume(front_of(std::move(front)), reference); }

}  // namespace

TEST_CASE("expected improvement is its integral") {
  for (const double mean : {-1.0, 0.0, 0.7, 2.0})
    CHECK(std::exp(log_improvement(mean, 0.6, 0.3)) ==
          Approx(expected(mean, 0.6, [](double u) { return std::max(0.3 - u, 0.0); })).epsilon(1e-6));
}

TEST_CASE("improvements far below what doubles hold are still told apart") {
  CHECK(log_improvement(1000, 0.1, 0) > log_improvement(1001, 0.1, 0));
}

TEST_CASE("an infinite limit leaves the worth as it is, and a limit at the mean halves it") {
  const double mean = 1;
  const double variance = 4;
  double worth = -3;
  add_log_feasibility({&mean, 1}, {&variance, 1}, {&kNoLimit, 1}, {&worth, 1});
  CHECK(worth == -3);
  add_log_feasibility({&mean, 1}, {&variance, 1}, {&mean, 1}, {&worth, 1});
  CHECK(worth == Approx(-3 - std::log(2)));
}

TEST_CASE("a front holds what nothing beats, by rising cost") {
  const std::vector<FrontPoint> front = front_of({{3, 1, 0}, {1, 3, 1}, {2, 2, 2}, {2, 2.5, 3}, {3, 3, 4}, {1, 3, 5}});
  CHECK(front == std::vector<FrontPoint>{{1, 3, 1}, {2, 2, 2}, {3, 1, 0}});
  CHECK(hypervolume(front, {4, 4}) == 3 * 1 + 2 * 1 + 1 * 1);
  CHECK(hypervolume(front, {0, 0}) == 0);
}

TEST_CASE("the expected growth of the dominated area is its integral") {
  Random random(9);
  const FrontPoint reference{2, 2};
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<FrontPoint> points;
    for (int i = 0; i < trial % 5; ++i) points.push_back({2 * random.uniform(), 2 * random.uniform()});
    const std::vector<FrontPoint> front = front_of(points);
    const double mean = 3 * random.uniform() - 1;
    const double deviation = 0.1 + random.uniform();
    const double shift = 2 * random.uniform() - 1;
    const auto growth = [&](double u) {
      std::vector<FrontPoint> more = points;
      more.push_back({u, u + shift});
      return area(more, reference) - area(points, reference);
    };
    CHECK(expected_hypervolume_improvement(front, reference, mean, deviation, 0, shift) ==
          Approx(expected(mean, deviation, growth)).epsilon(1e-4).margin(1e-7));
  }
}

TEST_CASE("what a run is expected to save is the mean over its beliefs, and never more than the expected improvement of logarithms") {
  for (const auto& [mean, deviation, best] : {std::array{0.0, 1.0, 0.0}, std::array{0.3, 0.1, 0.0}, std::array{-2.0, 0.5, 0.0},
                                              std::array{5.0, 2.0, 4.0}, std::array{0.0, 1e-6, 1e-6}}) {
    double sum = 0, total = 0;
    for (int i = -80000; i <= 80000; ++i) {
      const double z = 1e-4 * i, density = std::exp(-0.5 * z * z);
      sum += density * std::max(1 - std::exp(mean + deviation * z - best), 0.0);
      total += density;
    }
    const double saving = expected_saving(mean, deviation * deviation, best);
    CHECK(saving == Approx(sum / total).epsilon(1e-6).margin(1e-12));
    const double variance = deviation * deviation;
    double log_improvement = 0;
    log_expected_improvement({&mean, 1}, {&variance, 1}, best, {&log_improvement, 1});
    CHECK(saving <= std::exp(log_improvement));
  }
  CHECK(expected_saving(50, 1, 0) == 0);
}
