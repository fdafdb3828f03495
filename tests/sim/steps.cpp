#include "sim/steps.hpp"

#include <catch2/catch.hpp>

using namespace forerun;

namespace {

// Steps that take these times on the compute lane, and end for all lanes `behind` later, which grows by `drift` a step.
sim::Played run(const std::vector<double>& steps, double behind = 0, double drift = 0) {
  sim::Played played;
  double now = 0;
  for (const double step : steps) {
    now += step;
    played.compute_finishes.emplace_back(now);
    played.step_finishes.emplace_back(now + behind);
    behind += drift;
    played.compute_parts.push_back({Seconds(step / 2), Seconds(step / 2), {}, {}, {}});
  }
  played.makespan = played.step_finishes.back();
  played.tail.comm_exposed = played.makespan - played.compute_finishes.back();
  return played;
}

}  // namespace

TEST_CASE("equal steps have period one") { REQUIRE(sim::find_period(run({5, 2, 2, 2})) == 1); }

TEST_CASE("a transient is not a period") {
  REQUIRE(sim::find_period(run({5, 2, 2, 2.5})) == 0);
  REQUIRE(sim::find_period(run({5, 2, 2.5, 2})) == 0);
  REQUIRE(sim::find_period(run({5, 2.5, 2, 2})) == 0);
  REQUIRE(sim::find_period(run({2, 2, 2})) == 0);
}

TEST_CASE("alternating steps have period two") { REQUIRE(sim::find_period(run({5, 2, 3, 2, 3, 2, 3})) == 2); }

TEST_CASE("steps behind which another lane falls back ever further have no period") {
  REQUIRE(sim::find_period(run({2, 2, 2, 2}, 1)) == 1);
  REQUIRE(sim::find_period(run({2, 2, 2, 2}, 1, 0.5)) == 0);
}

TEST_CASE("the asymptotic step is the mean of the window") {
  const sim::StepTime time = sim::step_time(run({5, 2, 3, 2, 3, 2, 3}), 0, 2);
  REQUIRE(time.step.value() == Approx(2.5));
  REQUIRE(time.parts.total().value() == Approx(2.5));
}

TEST_CASE("a run that was played whole has its mean step") {
  const sim::StepTime time = sim::step_time(run({5, 2, 2}, 1), 3, 0);
  REQUIRE(time.step.value() == Approx(10.0 / 3));
  REQUIRE(time.parts.total().value() == Approx(10.0 / 3));
  REQUIRE(time.parts.compute.value() == Approx(4.5 / 3));
}

TEST_CASE("a longer run goes on as its last steps did") {
  const sim::StepTime time = sim::step_time(run({5, 2, 2, 2}, 1), 104, 1);
  REQUIRE(time.step.value() == Approx((12.0 + 100 * 2) / 104));
  REQUIRE(time.parts.total().value() == Approx(time.step.value()).epsilon(1e-12));
  REQUIRE(time.parts.comm_exposed.value() == Approx((5.5 + 1 + 100) / 104));
}
