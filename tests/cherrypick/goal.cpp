#include "cherrypick/goal.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace forerun;
using namespace forerun::cherrypick;

namespace {

const Candidate kCandidate{.name = "c", .rate = DollarsPerSecond(0.01)};

}  // namespace

TEST_CASE("a run costs its rate times its time unless its cost was told") {
  CHECK(cost_of(kCandidate, {Outcome::ok, Seconds(200)}).value() == Approx(2));
  CHECK(cost_of(kCandidate, {Outcome::ok, Seconds(200), Dollars(3)}).value() == 3);
}

TEST_CASE("a run is feasible if it went well within deadline and budget") {
  const Goal goal{.deadline = Seconds(100), .budget = Dollars(0.5)};
  CHECK(is_feasible(goal, kCandidate, {Outcome::ok, Seconds(50)}));
  CHECK_FALSE(is_feasible(goal, kCandidate, {Outcome::oom, Seconds(50)}));
  CHECK_FALSE(is_feasible(goal, kCandidate, {Outcome::ok, Seconds(60)}));  // 0.6 dollars
  CHECK_FALSE(is_feasible({.deadline = Seconds(40)}, kCandidate, {Outcome::ok, Seconds(50)}));
}

TEST_CASE("the latent quantity and its shifts give log cost and log time back") {
  for (const Objective objective : {Objective::cost, Objective::time, Objective::front}) {
    const Latent latent{{.objective = objective}};
    const double u = latent.of(kCandidate, {Outcome::ok, Seconds(200)});
    CHECK(std::exp(u + latent.cost_shift(kCandidate)) == Approx(2));
    CHECK(std::exp(u + latent.time_shift(kCandidate)) == Approx(200));
  }
}

TEST_CASE("the limit of the latent quantity is the tighter of deadline and budget") {
  CHECK(std::exp(Latent{{.deadline = Seconds(100)}}.limit(kCandidate)) == Approx(1));
  CHECK(std::exp(Latent{{.deadline = Seconds(100), .budget = Dollars(0.5)}}.limit(kCandidate)) == Approx(0.5));
  CHECK(std::exp(Latent{{.objective = Objective::time, .budget = Dollars(0.5)}}.limit(kCandidate)) == Approx(50));
  CHECK(Latent{{}}.limit(kCandidate) == INFINITY);
}
