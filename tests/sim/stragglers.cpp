#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "oracle/predict.hpp"
#include "sim/device_speeds.hpp"
#include "tests/sim/meeting.hpp"
#include "tests/sim/scenarios.hpp"

using namespace forerun;
using namespace forerun::test;

TEST_CASE("a slow device takes its factor longer for every computation, and the others wait for it") {
  Platform platform = nodes(4);
  platform.slow_devices = {{.device = 2, .factor = 1.5}};
  const sim::Played slow = play_meeting(platform, 1, 3);
  for (const sim::PlayedInstance& logged : slow.log)
    if (logged.operation != 1)
      CHECK((logged.finish - logged.start).value() ==
            Approx((logged.operation == 0 ? 1.0 : 0.5) * (logged.rank == 2 ? 1.5 : 1.0)).epsilon(1e-9));
  // All meet once a step: the slow one's 2.25 s of compute, and the transfer.
  CHECK(slow.makespan.value() == Approx(3 * 2.55).epsilon(1e-9));
  CHECK(slow.observed_rank == 2);
}

TEST_CASE("devices that differ keep their speed from step to step, and draw another by another seed") {
  Platform platform = nodes(8);
  platform.device_spread = 0.1;
  const std::vector<double> factors = sim::device_slowness(platform, 5, 8);
  const sim::Played drawn = play_meeting(platform, 5, 3);
  for (const sim::PlayedInstance& logged : drawn.log)
    if (logged.operation == 0) CHECK((logged.finish - logged.start).value() == Approx(factors[logged.rank]).epsilon(1e-9));
  CHECK(drawn.log == play_meeting(platform, 5, 3).log);
  CHECK(sim::device_slowness(platform, 6, 8) != factors);
  CHECK(sim::device_slowness(platform, 5, 16)[7] == factors[7]);
  CHECK(sim::device_slowness(nodes(8), 5, 8).empty());
  platform.slow_devices = {{.device = 8, .factor = 2}};
  CHECK(sim::device_slowness(platform, 5, 8) == factors);
}

TEST_CASE("the speeds of many devices are lognormal with the spread that is given") {
  Platform platform = nodes(1);
  platform.device_spread = 0.03;
  constexpr int kDevices = 20000;
  double sum = 0, squares = 0;
  int beyond = 0;
  for (const double factor : sim::device_slowness(platform, 3, kDevices)) {
    const double z = std::log(factor) / 0.03;
    sum += z, squares += z * z;
    beyond += std::abs(z) > 1.959964 ? 1 : 0;
  }
  CHECK(sum / kDevices == Approx(0).margin(0.03));
  CHECK(squares / kDevices == Approx(1).margin(0.04));
  CHECK(static_cast<double>(beyond) / kDevices == Approx(0.05).margin(0.006));
}

TEST_CASE("a step waits for the slowest of its devices, in the simulator alone, and both engines say so") {
  Scenario scenario = data_parallel(8);
  scenario.platform.inter_node = {BytesPerSecond(1e13), Seconds(0)};
  const double alike = sim::predict(scenario).step_time->value();
  scenario.platform.device_spread = 0.05;
  const std::vector<double> factors = sim::device_slowness(scenario.platform, scenario.run.seed, 8);
  const Prediction spread = sim::predict(scenario);
  CHECK(spread.step_time->value() == Approx(alike * *std::ranges::max_element(factors)).epsilon(0.01));
  CHECK(says(spread, "devices differ in speed by a spread of 5"));
  scenario.platform.slow_devices = {{.device = 3, .factor = 2}};
  const Prediction slow = sim::predict(scenario);
  CHECK(slow.step_time->value() == Approx(alike * 2 * factors[3]).epsilon(0.01));
  CHECK(says(slow, "slow devices, by how many times: 3:2"));
  const Prediction evaluated = oracle::predict(scenario);
  CHECK(evaluated.step_time->value() == Approx(alike).epsilon(1e-5));
  CHECK(says(evaluated, "all devices are as fast: device-spread is the simulator's alone"));
  CHECK(says(evaluated, "no device is slow: slow-devices are the simulator's alone"));
}

TEST_CASE("workers at parameter servers that differ are followed apart, and their slowest is waited for") {
  Scenario scenario = data_parallel(4);
  scenario.platform.nodes = 5;
  scenario.platform.inter_node = {BytesPerSecond(1e13), Seconds(0)};
  scenario.strategy.servers = 1;
  scenario.strategy.server_nodes = ServerNodes::own;
  const double alike = sim::predict(scenario).step_time->value();
  scenario.platform.slow_devices = {{.device = 1, .factor = 1.5}};
  const Prediction slow = sim::predict(scenario);
  CHECK(*slow.step_time > Seconds(1.1 * alike));
  CHECK(*slow.step_time < Seconds(1.51 * alike));
  scenario.platform.slow_links = {{.node = 1, .factor = 2, .from = Seconds(0), .until = Seconds(1)}};
  CHECK_THROWS_AS(sim::predict(scenario), MissingCapability);
  scenario.platform.slow_links = {{.node = 1, .factor = 2}};
  CHECK(says(sim::predict(scenario), "slow links of nodes, by how many times: 1:2"));
  auto calibration = std::make_shared<Calibration>(*scenario.calibration);
  calibration->overlap = {.factor = 1.5, .origin = Origin::published, .source = "a paper"};
  scenario.calibration = calibration;
  CHECK(says(sim::predict(scenario), "transfers do not slow the compute of workers that follow no common plan"));
}
