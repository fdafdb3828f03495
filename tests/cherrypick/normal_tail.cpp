#include "cherrypick/normal_tail.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "cherrypick/random.hpp"
#include "io/csv.hpp"
#include "io/quantity.hpp"

using namespace forerun;
using namespace forerun::cherrypick;

namespace {

/// 50 digits of both functions at 137 places by mpmath 1.3, rounded to 25.
CsvTable reference() { return read_csv(FORERUN_TEST_DATA "/normal_tails.csv"); }

double relative(double value, double expected) { return std::abs(value - expected) / std::abs(expected); }

}  // namespace

TEST_CASE("log expected improvement is right to 1e-12 from -1e4 to 10") {
  const CsvTable table = reference();
  REQUIRE(table.rows.size() == 137);
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const double z = parse_number(table.at(row, "z"), -1e5, 10);
    INFO("z = " << z);
    CHECK(relative(log_expected_improvement(z), parse_number(table.at(row, "log_expected_improvement"), -1e9, 10)) < 1e-12);
    CHECK(relative(log_normal_distribution(z), parse_number(table.at(row, "log_distribution"), -1e9, 10)) < 1e-12);
  }
}

TEST_CASE("log expected improvement of a list is that of its elements") {
  std::vector<double> z{-1e4, -30, -1, 0, 1e-9, 2, 9};
  const std::vector<double> before = z;
  log_expected_improvements(z);
  for (std::size_t i = 0; i < z.size(); ++i) CHECK(z[i] == log_expected_improvement(before[i]));
}

TEST_CASE("log expected improvement rises with z") {
  for (double z = -50; z < 9; z += 0.01) CHECK(log_expected_improvement(z) < log_expected_improvement(z + 0.01));
}

TEST_CASE("the normal distribution below z and above it add up to one") {
  for (const double z : {0.0, 0.1, 1.0, 2.5, 6.0}) CHECK(normal_distribution(z) + normal_distribution(-z) == Approx(1).epsilon(1e-15));
  CHECK(normal_distribution(-1.2815515655446004) == Approx(0.1).epsilon(1e-14));
  CHECK(normal_density(0) == Approx(0.3989422804014327).epsilon(1e-15));
}

TEST_CASE("portable exp and log are those of the C library to 4e-16") {
  Random random(3);
  for (int i = 0; i < 100000; ++i) {
    const double x = random.uniform() * 1400 - 700;
    CHECK(relative(portable_exp(x), std::exp(x)) < 4e-16);
    if (std::abs(x) > 0.1) CHECK(std::abs(portable_log(std::exp(x)) - std::log(std::exp(x))) <= 4e-16 * std::abs(x));
  }
  CHECK(portable_exp(0) == 1);
  CHECK(portable_exp(-1e4) == 0);
  CHECK(portable_exp(-INFINITY) == 0);
  CHECK(portable_log(1) == 0);
  CHECK(portable_log(0) == -INFINITY);
  CHECK(portable_log1p(1e-18) == 1e-18);
}

TEST_CASE("normal random numbers have mean zero and deviation one") {
  Random random(5);
  double sum = 0;
  double squares = 0;
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i) {
    const double x = random.normal();
    sum += x, squares += x * x;
  }
  CHECK(sum / kCount == Approx(0).margin(0.01));
  CHECK(squares / kCount == Approx(1).margin(0.015));
}
