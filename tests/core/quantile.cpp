#include "core/quantile.hpp"

#include <catch2/catch.hpp>

#include "core/units.hpp"

using namespace forerun;

TEST_CASE("a quantile lies between the order statistics around it") {
  CHECK(quantile(std::vector<double>{1, 2, 3}, 0.5) == 2);
  CHECK(quantile(std::vector<double>{1, 2}, 0.25) == 1.25);
  CHECK(quantile(std::vector<double>{5}, 0.9) == 5);
  CHECK(quantile(std::vector<double>{1, 2, 3}, 0) == 1);
  CHECK(quantile(std::vector<double>{1, 2, 3}, 1) == 3);
  CHECK(quantile(std::vector<Seconds>{Seconds(1), Seconds(2)}, 0.5) == Seconds(1.5));
}
