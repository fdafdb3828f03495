#include "sim/span.hpp"

#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "sim/simulate.hpp"
#include "tests/sim/scenarios.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

SlowLink spell(double factor, double from_s, double until_s) { return {1, factor, Seconds(from_s), Seconds(until_s)}; }

/// So many steps of a second each.
sim::Played seconds(int steps) {
  sim::Played played;
  for (int i = 1; i <= steps; ++i) played.step_finishes.emplace_back(i);
  played.makespan = Seconds(steps);
  return played;
}

}  // namespace

TEST_CASE("twice as many steps are played until the links no longer change, and no more than the run has") {
  const sim::Span span(0, {spell(4, 10, 20)});
  CHECK(span.first(4) == 4);
  CHECK(span.more(seconds(4)) == 8);
  CHECK_FALSE(span.settled(seconds(23), 4));
  CHECK(span.settled(seconds(24), 4));
  CHECK(sim::Span(6, {spell(4, 10, 20)}).more(seconds(4)) == 6);
}

TEST_CASE("changes that no step reaches are refused after the first few, and where links may become very slow once they have") {
  CHECK_THROWS_WITH(sim::Span(0, {spell(4, 10, 1e6)}).more(seconds(4)),
                    Catch::Contains("until 1e+06 s") && Catch::Contains("16384 steps that are played at most end before 1.31e+05 s") &&
                        Catch::Contains("run.steps"));
  const sim::Span slower(0, {spell(1000, 10, 1e6)});  // 16,384 steps of 1,000 s each would reach it
  CHECK(slower.more(seconds(4)) == 8);
  CHECK(slower.more(seconds(16)) == 32);
  CHECK_THROWS_AS(slower.more(seconds(32)), SimulationFailed);
  CHECK_NOTHROW(sim::Span(0, {spell(4, 10, 1e5)}).more(seconds(4)));
  CHECK_THROWS_WITH(sim::Span(0, {spell(4, 10, 1e6)}).more(seconds(16384)), Catch::Contains("end at 1.638e+04 s"));
  CHECK_NOTHROW(sim::Span(16384, {spell(4, 10, 1e6)}).more(seconds(4)));  // the run itself ends
}

TEST_CASE("links that change later than anything can be played are refused before a second is over") {
  Scenario scenario = data_parallel(4);
  for (const double factor : {3.0, 1e5})
    for (const double jitter : {0.0, 0.1}) {
      scenario.platform.slow_links = {spell(factor, 0, 1e9)};
      scenario.platform.compute_jitter = jitter;
      scenario.run.steps = 1'000'000'000;
      CHECK_THROWS_WITH(sim::predict(scenario), Catch::Contains("at most end before"));
      scenario.run.steps = 100;
      CHECK(sim::predict(scenario).status == Status::ok);
    }
}
