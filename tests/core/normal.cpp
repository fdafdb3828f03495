#include "core/normal.hpp"

#include <catch2/catch.hpp>

using namespace forerun;

TEST_CASE("nine tenths of a normal distribution lie below its ninth decile, and half below its middle") {
  CHECK(normal_distribution(kNormal90) == Approx(0.9).epsilon(1e-15));
  CHECK(normal_distribution(0) == 0.5);
  CHECK(normal_distribution(-kNormal90) == Approx(0.1).epsilon(1e-15));
}

TEST_CASE("P10 and P90 of a logarithm's normal distribution give its deviation back") {
  const double deviation = 0.3;
  CHECK(log_deviation(5 * std::exp(-kNormal90 * deviation), 5 * std::exp(kNormal90 * deviation)) == Approx(deviation));
  CHECK(log_deviation(2, 2) == 0);
}
