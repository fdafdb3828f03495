#include <catch2/catch.hpp>
#include <cmath>

#include "validation/identify.hpp"

using namespace forerun;
using Eigen::VectorXd;

namespace {

/// Residuals a_i x_0 + b_i x_1 - y_i.
LeastSquaresProblem linear(const Eigen::MatrixXd& slopes, const VectorXd& values, double spread = 100) {
  const Eigen::Index count = slopes.cols();
  return {.residuals = [slopes, values](const VectorXd& x) { return VectorXd(slopes * x - values); },
          .prior = VectorXd::Zero(count),
          .spread = VectorXd::Constant(count, spread),
          .low = VectorXd::Constant(count, -50),
          .high = VectorXd::Constant(count, 50)};
}

Eigen::MatrixXd matrix(int rows, int columns, std::initializer_list<double> values) {
  Eigen::MatrixXd out(rows, columns);
  std::size_t i = 0;
  for (const double value : values) out(static_cast<int>(i) / columns, static_cast<int>(i) % columns) = value, ++i;
  return out;
}

VectorXd vector(std::initializer_list<double> values) {
  return Eigen::Map<const VectorXd>(values.begin(), static_cast<Eigen::Index>(values.size()));
}

const std::vector<std::string> kNames{"a", "b"};
const std::vector<double> kWide{100, 100};

}  // namespace

TEST_CASE("least squares meets exact rows exactly") {
  const LeastSquaresFit fit = least_squares(linear(matrix(3, 2, {1, 0, 0, 1, 1, 1}), vector({2, -3, -1})));
  CHECK(fit.at[0] == Approx(2).epsilon(1e-4));
  CHECK(fit.at[1] == Approx(-3).epsilon(1e-4));
  CHECK(fit.freedom == 1);
  CHECK(fit.noise == 1e-3);
}

TEST_CASE("a curved residual is followed to its minimum") {
  LeastSquaresProblem problem = linear(matrix(2, 1, {1, 1}), vector({0, 0}));
  problem.residuals = [](const VectorXd& x) { return vector({std::exp(x[0]) - 5, std::exp(2 * x[0]) - 25}); };
  CHECK(least_squares(problem).at[0] == Approx(std::log(5)).epsilon(1e-4));
}

TEST_CASE("a row that is far off pulls a robust mean less than an ordinary one") {
  const VectorXd values = vector({1.00, 1.02, 0.98, 1.01, 0.99, 3});
  const LeastSquaresFit fit = least_squares(linear(Eigen::MatrixXd::Ones(6, 1), values));
  CHECK(fit.at[0] == Approx(1).margin(0.15));
  CHECK(fit.weights[5] < 0.5);
  CHECK(fit.weights[0] == 1);
  CHECK(values.mean() > 1.3);
}

TEST_CASE("the standard deviation of a mean is that of its rows over the root of their number") {
  const LeastSquaresFit fit = least_squares(linear(Eigen::MatrixXd::Ones(4, 1), vector({0.9, 1.1, 0.9, 1.1})));
  CHECK(fit.noise == Approx(std::sqrt(0.04 / 3)).epsilon(1e-3));
  CHECK(std::sqrt(fit.covariance(0, 0)) == Approx(fit.noise / 2).epsilon(1e-3));
}

TEST_CASE("without rows that tell it an unknown stays at its prior with its spread") {
  LeastSquaresProblem problem = linear(matrix(2, 2, {1, 0, 1, 0}), vector({2, 2}), 0.5);
  problem.prior[1] = 7;
  const LeastSquaresFit fit = least_squares(problem);
  CHECK(fit.at[1] == 7);
  CHECK(std::sqrt(fit.covariance(1, 1)) == Approx(0.5));
}

TEST_CASE("an unknown stays within its bounds, and the others make the best of it") {
  LeastSquaresProblem problem = linear(matrix(3, 2, {1, 0, 0, 1, 1, 1}), vector({9, 1, 10}));
  problem.high[0] = 4;
  const LeastSquaresFit fit = least_squares(problem);
  CHECK(fit.at[0] == 4);
  CHECK(fit.at[1] > 1);
}

TEST_CASE("Student's ninth decile is the tabulated one") {
  CHECK(student_t90(1) == Approx(3.078).epsilon(1e-3));
  CHECK(student_t90(2) == Approx(1.886).epsilon(1e-3));
  CHECK(student_t90(3) == Approx(1.638).epsilon(2e-3));
  CHECK(student_t90(10) == Approx(1.372).epsilon(1e-3));
  CHECK(student_t90(1e6) == Approx(1.2816).epsilon(1e-3));
}

TEST_CASE("two unknowns that only appear as their sum are not told apart, and the reason names the other") {
  const LeastSquaresFit fit = least_squares(linear(Eigen::MatrixXd::Ones(4, 2), vector({2, 2.1, 1.9, 2})));
  const auto untold = least_told(fit, kNames, kWide, Told::enough);
  REQUIRE(untold);
  CHECK(untold->index == 1);
  CHECK(untold->why == "the rows cannot tell it from a (correlation 1.00)");
}

TEST_CASE("an unknown that no row depends on is said to be so") {
  const LeastSquaresFit fit = least_squares(linear(matrix(3, 2, {0, 1, 0, 1, 0, 1}), vector({2, 2.1, 1.9})));
  const auto untold = least_told(fit, kNames, kWide, Told::enough);
  REQUIRE(untold);
  CHECK(untold->index == 0);
  CHECK(untold->why == "the rows narrow its spread by 0.0 % only");
}

TEST_CASE("unknowns that the rows tell stay, unless fewer are wanted") {
  const LeastSquaresFit fit = least_squares(linear(matrix(4, 2, {1, 0, 0, 0.1, 1, 0, 0, 0.1}), vector({2, 0.3, 2.01, 0.301})));
  CHECK_FALSE(least_told(fit, kNames, kWide, Told::enough));
  CHECK(least_told(fit, kNames, kWide, Told::fewer)->index == 1);
  CHECK(told_together(fit, kNames, kWide).empty());
}

TEST_CASE("a pair that is told poorly apart is named with its correlation") {
  const LeastSquaresFit fit = least_squares(linear(matrix(4, 2, {1, 1, 1, 1.05, 1.05, 1, 1, 1}), vector({3, 3.1, 3.05, 3})));
  const std::vector<std::string> told = told_together(fit, kNames, kWide);
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("a and b are told apart poorly (correlation -1.00, condition number") == 0);
}
