#include "cherrypick/starts.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/cherrypick/support.hpp"

using namespace forerun;
using namespace forerun::cherrypick;

namespace {

Eigen::MatrixXd features_of(const Catalogue& catalogue) {
  Eigen::MatrixXd features(static_cast<Eigen::Index>(catalogue.size()), 1);
  for (std::size_t i = 0; i < catalogue.size(); ++i) features(static_cast<Eigen::Index>(i), 0) = catalogue[i].features[0];
  return features;
}

PastJob past(std::initializer_list<double> seconds) {
  PastJob job;
  for (const double s : seconds) job.push_back(s > 0 ? Result{Outcome::ok, Seconds(s)} : Result{Outcome::oom, Seconds(1)});
  return job;
}

const Latent kTime{{.objective = Objective::time}};

}  // namespace

TEST_CASE("cold starts begin with large memory and then spread out") {
  const Catalogue catalogue = row_of_clusters(20);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const std::vector<int> starts = spread_starts(catalogue, features_of(catalogue), 3, random);
    REQUIRE(starts.size() == 3);
    CHECK(starts[0] >= 12);
    CHECK(starts[0] <= 18);
    CHECK(starts[1] == 0);  // farthest from a large cluster is the smallest
  }
}

TEST_CASE("cold starts pass over what is excluded, and end with the catalogue") {
  Catalogue catalogue = row_of_clusters(3);
  catalogue[0].excluded = "quota";
  Random random(1);
  CHECK(spread_starts(catalogue, features_of(catalogue), 5, random).size() == 2);
  for (Candidate& candidate : catalogue) candidate.excluded = "quota";
  CHECK(spread_starts(catalogue, features_of(catalogue), 5, random).empty());
}

TEST_CASE("a portfolio serves past jobs together, not each best on average") {
  // The first is second best for both; together the second and the third serve each job with its best.
  const Catalogue catalogue = row_of_clusters(3);
  const std::vector<PastJob> history{past({11, 10, 100}), past({11, 100, 10})};
  CHECK(portfolio_starts(catalogue, history, kTime, 3) == std::vector<int>{0, 1, 2});
  const std::vector<PastJob> third{past({50, 10, 100}), past({50, 100, 10}), past({50, 10, 100})};
  CHECK(portfolio_starts(catalogue, third, kTime, 2) == std::vector<int>{1, 2});
}

TEST_CASE("a portfolio takes failures and unknown runs for a job's worst") {
  const Catalogue catalogue = row_of_clusters(3);
  CHECK(portfolio_starts(catalogue, {past({0, 10, 30})}, kTime, 1) == std::vector<int>{1});
  PastJob unknown = past({5, 10, 30});
  unknown[0].reset();
  CHECK(portfolio_starts(catalogue, {unknown}, kTime, 1) == std::vector<int>{1});
  CHECK(portfolio_starts(catalogue, {past({0, 0, 0})}, kTime, 1).empty());
}

TEST_CASE("a past failure counts as what it spent where that is more than the worst, an accident does not") {
  const Catalogue catalogue = row_of_clusters(3);
  PastJob failed{Result{Outcome::timeout, Seconds(1000)}, Result{Outcome::ok, Seconds(10)}, Result{Outcome::ok, Seconds(20)}};
  // Alone, the job is best served by the second. Of the first and the third, the third is no more than twice as slow.
  CHECK(portfolio_starts(catalogue, {failed, past({90, 100, 200})}, kTime, 1) == std::vector<int>{1});
  CHECK(portfolio_starts(catalogue, {failed, past({1, 300, 30})}, kTime, 1) == std::vector<int>{2});
  failed[0]->outcome = Outcome::preempted;
  CHECK(portfolio_starts(catalogue, {failed, past({1, 300, 30})}, kTime, 1) == std::vector<int>{0});
}

TEST_CASE("Sobol points are moved to different candidates, none of them excluded") {
  Catalogue catalogue = row_of_clusters(20);
  for (std::size_t i = 0; i < catalogue.size(); i += 2) catalogue[i].excluded = "quota";
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const std::vector<int> starts = sobol_starts(catalogue, 3, random);
    CHECK(std::set<int>(starts.begin(), starts.end()).size() == 3);
    for (const int id : starts) CHECK(id % 2 == 1);
  }
}

TEST_CASE("cold starts within limits begin with large memory and stay off the corners more often than not") {
  const Catalogue catalogue = row_of_clusters(20);
  int corners = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const std::vector<int> starts = inner_starts(catalogue, features_of(catalogue), 3, random);
    REQUIRE(starts.size() == 3);
    CHECK(starts[0] >= 12);
    CHECK(starts[0] <= 18);
    corners += std::ranges::count(starts, 0) > 0 ? 1 : 0;
  }
  CHECK(corners < 25);
}

TEST_CASE("predicted starts are the best that lie apart, those within the deadline first") {
  const Catalogue catalogue = row_of_clusters(8);
  Predictions predictions;
  for (int i = 0; i < 8; ++i) predictions.push_back(0.1 * i);
  const Latent cost{{}};
  const std::vector<int> starts = predicted_starts(catalogue, features_of(catalogue), predictions, cost, 3);
  REQUIRE(starts.size() == 3);
  CHECK(starts[0] == 0);
  for (std::size_t i = 1; i < 3; ++i) {
    const double apart = features_of(catalogue)(starts[i], 0) - features_of(catalogue)(starts[i - 1], 0);
    CHECK(apart * apart >= 0.15);
  }
  const Latent limited{{.deadline = Seconds(800)}};  // log cost <= log(800 x rate): small clusters miss it
  CHECK(predicted_starts(catalogue, features_of(catalogue), predictions, limited, 1).front() > 0);
}
