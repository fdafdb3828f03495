#include "sim/seeds.hpp"

#include <catch2/catch.hpp>

#include "core/quantile.hpp"
#include "sim/simulate.hpp"
#include "tests/sim/scenarios.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

Scenario jittered(int seeds) {
  Scenario scenario = data_parallel(4);
  scenario.platform.compute_jitter = 0.2;
  scenario.platform.device_spread = 0.05;
  scenario.run.seed = 11;
  scenario.run.seeds = seeds;
  scenario.run.steps = 1000;
  return scenario;
}

Scenario asynchronous(int seeds) {
  Scenario scenario = data_parallel(4);
  scenario.platform.nodes = 5;
  scenario.strategy.servers = 1;
  scenario.strategy.server_nodes = ServerNodes::own;
  scenario.strategy.updates = Updates::asynchronous;
  scenario.run.seeds = seeds;
  return scenario;
}

}  // namespace

TEST_CASE("of several seeds the run in the middle counts, with P10 and P90 of all") {
  for (const int seeds : {9, 10}) {
    const Scenario scenario = jittered(seeds);
    std::vector<Prediction> alone;
    std::vector<Seconds> steps, totals;
    for (int i = 0; i < seeds; ++i) {
      Scenario one = scenario;
      one.run.seed = 11 + i, one.run.seeds = 1;
      alone.push_back(sim::predict(one));
      steps.push_back(*alone.back().step_time), totals.push_back(*alone.back().total_time);
    }
    std::ranges::sort(steps), std::ranges::sort(totals);
    const Prediction together = sim::predict_seeds(scenario, {});
    CHECK(*together.step_time == steps[4]);
    CHECK(*together.total_time == totals[4]);
    CHECK(*together.step_time_p10 == quantile(steps, 0.1));
    CHECK(*together.step_time_p90 == quantile(steps, 0.9));
    CHECK(*together.total_time_p10 == quantile(totals, 0.1));
    CHECK(*together.total_time_p90 == quantile(totals, 0.9));
    CHECK(*together.step_time_p10 < *together.step_time);
    CHECK(together.parts->total().value() == Approx(together.step_time->value()).epsilon(1e-9));
    CHECK(says(together, "the run in the middle of " + std::to_string(seeds) + ", seeds 11 to " + std::to_string(10 + seeds)));
    CHECK(std::ranges::any_of(alone, [&](const Prediction& one) { return one.parts == together.parts; }));
  }
}

TEST_CASE("several seeds give the same, to the last bit, whatever the number of workers") {
  for (const Scenario& scenario : {jittered(8), asynchronous(8)}) {
    const Prediction one = sim::predict_seeds(scenario, {.workers = 1});
    for (const int workers : {2, 4, 100}) CHECK(sim::predict_seeds(scenario, {.workers = workers}) == one);
    CHECK(*one.step_time_p10 < *one.step_time_p90);
  }
}

TEST_CASE("asynchronous workers vary from seed to seed, and say how stale gradients are") {
  const Prediction several = sim::predict_seeds(asynchronous(5), {});
  CHECK(says(several, "gradients are stale by"));
  CHECK(says(several, "the run in the middle of 5, seeds 1 to 5"));
  CHECK_FALSE(several.total_time_p10);
}

TEST_CASE("where nothing is left to chance one run stands for all seeds") {
  Scenario scenario = data_parallel(4);
  scenario.platform.slow_devices = {{.device = 1, .factor = 2}};
  const Prediction alone = sim::predict(scenario);
  scenario.run.seeds = 50;
  CHECK_FALSE(sim::left_to_chance(scenario));
  int played = 0;
  const Prediction several = sim::predict_seeds(scenario, {.played = [&](int runs) { played = runs; }});
  CHECK(played == 1);
  CHECK(several.step_time == alone.step_time);
  CHECK(several.step_time_p10 == alone.step_time);
  CHECK(several.step_time_p90 == alone.step_time);
  CHECK(says(several, "nothing is left to chance: one run stands for those of 50 seeds"));
}

TEST_CASE("chance is compute that jitters, devices that differ or workers that wait for nobody") {
  Scenario scenario = data_parallel(4);
  CHECK_FALSE(sim::left_to_chance(scenario));
  scenario.platform.device_spread = 0.05;
  CHECK(sim::left_to_chance(scenario));
  scenario.platform.device_spread = 0, scenario.platform.compute_jitter = 0.1;
  CHECK(sim::left_to_chance(scenario));
  CHECK(sim::left_to_chance(asynchronous(1)));
  scenario = asynchronous(1);
  scenario.strategy.updates = Updates::synchronous;
  CHECK_FALSE(sim::left_to_chance(scenario));
}

TEST_CASE("runs of several seeds are played by messages where these are asked for") {
  const Prediction several = sim::predict_seeds(jittered(3), {.mode = sim::Mode::message});
  CHECK(several.engine == "sim-message");
  CHECK(says(several, "messages played, each by itself"));
}

TEST_CASE("runs are counted as they are played, and what cannot be is so for all seeds") {
  std::vector<int> counts;
  sim::predict_seeds(jittered(4), {.workers = 2, .played = [&](int runs) { counts.push_back(runs); }});
  CHECK(counts == std::vector<int>{1, 2, 3, 4});
  Scenario impossible = jittered(4);
  impossible.workload.batch = 7;
  const Prediction no = sim::predict_seeds(impossible, {});
  CHECK(no.status == Status::infeasible);
  CHECK_FALSE(no.step_time_p10);
}

TEST_CASE("among many scenarios one of several seeds is alike") {
  const std::vector<Scenario> scenarios(3, jittered(6));
  const Prediction alone = sim::predict_seeds(scenarios[0], {});
  for (const Prediction& one : sim::predict_all(scenarios, 2)) {
    CHECK(one.step_time->value() == Approx(alone.step_time->value()).epsilon(1e-9));
    CHECK(one.step_time_p90->value() == Approx(alone.step_time_p90->value()).epsilon(1e-9));
    CHECK(says(one, "the run in the middle of 6"));
  }
}
