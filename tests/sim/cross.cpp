#include <catch2/catch.hpp>

#include "oracle/predict.hpp"
#include "sim/simulate.hpp"
#include "tests/sim/scenarios.hpp"
#include "tests/support/convolutions.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

void require_agreement(const Scenario& scenario, double tolerance = 1e-5) {
  const Prediction ours = sim::predict(scenario);
  const Prediction theirs = oracle::predict(scenario);
  const auto near = [&](Seconds a, Seconds b) { REQUIRE(std::abs((a - b).value()) <= tolerance * theirs.step_time->value()); };
  REQUIRE(ours.status == Status::ok);
  near(*ours.step_time, *theirs.step_time);
  near(ours.parts->compute, theirs.parts->compute);
  near(ours.parts->comm_exposed, theirs.parts->comm_exposed);
  near(ours.parts->bubble, theirs.parts->bubble);
  near(ours.parts->input_exposed, theirs.parts->input_exposed);
  near(ours.parts->overhead, theirs.parts->overhead);
  REQUIRE(ours.parts->total().value() == Approx(ours.step_time->value()).epsilon(1e-9));
  REQUIRE(ours.comm_total == theirs.comm_total);
  REQUIRE(ours.comm_bytes_per_rank == theirs.comm_bytes_per_rank);
  REQUIRE(ours.memory_parts == theirs.memory_parts);
  REQUIRE(ours.total_time.has_value() == theirs.total_time.has_value());
  if (ours.total_time) REQUIRE(ours.total_time->value() == Approx(theirs.total_time->value()).epsilon(tolerance));
  if (ours.epoch_time) REQUIRE(ours.epoch_time->value() == Approx(theirs.epoch_time->value()).epsilon(tolerance));
  REQUIRE(ours.throughput_samples_per_s.value() == Approx(*theirs.throughput_samples_per_s).epsilon(tolerance));
  REQUIRE(ours.engine == "sim");
}

}  // namespace

TEST_CASE("the oracle equals the simulator over data-parallel plans from 2 to 64 ranks") {
  for (const int ranks : {1, 2, 3, 4, 7, 8, 16, 32, 64})
    for (const Overlap overlap : {Overlap::none, Overlap::data}) {
      INFO(ranks << " ranks, " << to_string(overlap));
      Scenario scenario = data_parallel(ranks);
      scenario.strategy.overlap = overlap;
      require_agreement(scenario);
    }
}

TEST_CASE("the oracle equals the simulator whether links are slow or fast") {
  for (const double bandwidth : {1e6, 1e8, 1e10, 1e12})
    for (const double latency : {0.0, 1e-6, 1e-3}) {
      INFO(bandwidth << " B/s, " << latency << " s");
      Scenario scenario = data_parallel(4);
      scenario.platform.inter_node = {BytesPerSecond(bandwidth), Seconds(latency)};
      require_agreement(scenario);
    }
}

TEST_CASE("the oracle equals the simulator over several devices a node") {
  Scenario scenario = data_parallel(8);
  scenario.platform.nodes = 2;
  scenario.platform.devices_per_node = 4;
  scenario.platform.intra_node = {BytesPerSecond(5e9), Seconds(2e-6)};
  require_agreement(scenario);
}

TEST_CASE("the oracle equals the simulator over any number of steps") {
  for (const std::int64_t steps : {1, 2, 3, 4, 5, 63, 1000, 1000000}) {
    INFO(steps << " steps");
    Scenario scenario = data_parallel(4);
    scenario.run.steps = steps;
    require_agreement(scenario);
  }
}

TEST_CASE("steps that were not simulated are an assumption") {
  const auto says = [](const Scenario& scenario, const std::string& words) {
    for (const std::string& assumption : sim::predict(scenario).assumptions)
      if (assumption.find(words) != std::string::npos) return true;
    return false;
  };
  Scenario scenario = data_parallel(2);
  scenario.run.steps = 2;
  REQUIRE_FALSE(says(scenario, "simulated"));
  scenario.run.steps = 100;
  REQUIRE(says(scenario, "4 steps simulated, after which they repeat"));
  scenario.run.steps.reset();
  REQUIRE(says(scenario, "4 steps simulated"));
  REQUIRE(says(scenario, "flows played; each rank that is played stands for 2 to which the same happens"));
  scenario.platform.compute_jitter = 0.05;
  REQUIRE(says(scenario, "16 steps simulated"));
  REQUIRE(says(scenario, "jittered by up to 5"));
}

TEST_CASE("jitter lengthens the step by at most its extent, and by the seed") {
  Scenario scenario = data_parallel(8);
  const Prediction still = sim::predict(scenario);
  scenario.platform.compute_jitter = 0.1;
  scenario.run.seed = 1;
  const Prediction one = sim::predict(scenario);
  REQUIRE(one == sim::predict(scenario));
  REQUIRE(*one.step_time > *still.step_time + 0.05 * still.parts->compute);
  REQUIRE(*one.step_time < *still.step_time + 0.1 * still.parts->compute);
  REQUIRE(one.parts->total().value() == Approx(one.step_time->value()).epsilon(1e-9));
  REQUIRE(one.parts->bubble > Seconds(0));
  scenario.run.seed = 2;
  REQUIRE(sim::predict(scenario).step_time != one.step_time);
  scenario.run.steps = 3;
  const Prediction three = sim::predict(scenario);
  REQUIRE(three.parts->total().value() == Approx(three.step_time->value()).epsilon(1e-9));
}

TEST_CASE("an infeasible scenario is answered with its reason") {
  Scenario scenario = data_parallel(4);
  scenario.platform.nodes = 2;
  const Prediction ours = sim::predict(scenario);
  REQUIRE(ours.status == Status::infeasible);
  REQUIRE(ours.reason == oracle::predict(scenario).reason);
  REQUIRE(ours.engine == "sim");
}

TEST_CASE("the oracle equals the simulator over parts of images, filters and channels") {
  for (const char* each : {"spatial", "wide", "filter", "channel"}) {
    INFO(each);
    Scenario scenario = data_parallel(8);
    scenario.workload = convolutions({8, 16, 16, 8}, 16);
    scenario.workload.batch = 64;
    scenario.platform.nodes = 2;
    scenario.platform.devices_per_node = 4;
    scenario.platform.intra_node = {BytesPerSecond(5e9), Seconds(2e-6)};
    scenario.strategy.data = 2;
    const std::string_view axis = each;
    if (axis == "spatial") scenario.strategy.spatial = {2, 2};
    if (axis == "wide") scenario.strategy.spatial = {4, 2}, scenario.strategy.data = 1;
    if (axis == "filter") scenario.strategy.filter = 4;
    if (axis == "channel") scenario.strategy.channel = 4;
    require_agreement(scenario);
    scenario.platform.loader_rate = 1000;
    require_agreement(scenario);
  }
}
