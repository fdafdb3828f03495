#include "core/rank_correlation.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

using namespace forerun;

TEST_CASE("rank correlation is one for any rising relation, minus one for a falling one") {
  CHECK(*rank_correlation(std::vector<double>{1, 2, 3}, std::vector<double>{1, 10, 1000}) == Approx(1));
  CHECK(*rank_correlation(std::vector<double>{1, 2, 3}, std::vector<double>{3, 2, 1}) == Approx(-1));
}

TEST_CASE("rank correlation gives ties their mean rank") {
  // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5, variances 4.5 and 5.
  CHECK(*rank_correlation(std::vector<double>{1, 2, 2, 3}, std::vector<double>{1, 2, 3, 4}) == Approx(4.5 / std::sqrt(4.5 * 5)));
  CHECK_FALSE(rank_correlation(std::vector<double>{1, 1}, std::vector<double>{1, 2}));
}
