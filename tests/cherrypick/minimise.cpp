#include "cherrypick/minimise.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace forerun::cherrypick;
using Eigen::VectorXd;

namespace {

BoundedProblem bounded(std::function<double(const VectorXd&, VectorXd&)> value, double low, double high) {
  return {.value = std::move(value), .low = VectorXd::Constant(2, low), .high = VectorXd::Constant(2, high)};
}

double rosenbrock(const VectorXd& x, VectorXd& gradient) {
  const double bend = x[1] - x[0] * x[0];
  gradient.resize(2);
  gradient << -2 * (1 - x[0]) - 400 * x[0] * bend, 200 * bend;
  return (1 - x[0]) * (1 - x[0]) + 100 * bend * bend;
}

}  // namespace

TEST_CASE("the minimum of a curved valley is found") {
  const Minimum found = minimise(bounded(rosenbrock, -5, 5), VectorXd::Constant(2, -1.2));
  CHECK(found.at[0] == Approx(1).epsilon(1e-3));
  CHECK(found.at[1] == Approx(1).epsilon(1e-3));
  CHECK(found.evaluations < 100);
}

TEST_CASE("a minimum beyond a bound is met at the bound") {
  const Minimum found = minimise(bounded(rosenbrock, -5, 0.5), VectorXd::Constant(2, -1));
  CHECK(found.at[0] == 0.5);
  CHECK(found.at[1] == Approx(0.25).epsilon(1e-4));
}

TEST_CASE("steps into places without a value are halved") {
  const auto wall = [](const VectorXd& x, VectorXd& gradient) {
    if (x[0] < 0.1) return std::numeric_limits<double>::infinity();
    gradient = VectorXd::Ones(2);
    gradient[0] = 1 - 0.2 / x[0];
    gradient[1] = 2 * x[1];
    return x[0] - 0.2 * std::log(x[0]) + x[1] * x[1];
  };
  const Minimum found = minimise(bounded(wall, -5, 5), VectorXd::Constant(2, 3));
  CHECK(found.at[0] == Approx(0.2).epsilon(1e-3));
  CHECK(found.at[1] == Approx(0).margin(1e-3));
}

TEST_CASE("a start outside of the bounds is moved onto them") {
  const Minimum found = minimise(bounded(rosenbrock, 2, 3), VectorXd::Zero(2));
  CHECK(found.at[0] == 2);
  CHECK(found.at[1] == 3);
}
