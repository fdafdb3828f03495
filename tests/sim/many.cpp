#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "core/error.hpp"
#include "sim/child.hpp"
#include "sim/network.hpp"
#include "sim/player.hpp"
#include "tests/sim/scenarios.hpp"
#include "tests/sim/support.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

/// Always 0 beside the address sanitizer, which keeps what was freed for a while.
double resident_bytes() {
#ifdef __SANITIZE_ADDRESS__
  return 0;
#endif
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  file >> pages >> pages;
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

std::vector<Scenario> varied(int count) {
  std::vector<Scenario> scenarios;
  for (int i = 0; i < count; ++i) {
    Scenario scenario = data_parallel(1 + i % 5);
    scenario.platform.nodes = i % 3 == 0 ? 8 : 4;
    scenario.workload.batch = 5L * 4 * 3 * (1 + i % 7);
    scenario.run.seed = static_cast<std::uint64_t>(i);
    scenario.platform.compute_jitter = i % 2 == 0 ? 0.1 : 0.0;
    scenarios.push_back(scenario);
  }
  return scenarios;
}

}  // namespace

TEST_CASE("predictions of many scenarios equal those of each alone, in their order") {
  const std::vector<Scenario> scenarios = varied(40);
  for (const int workers : {1, 3}) {
    const std::vector<Prediction> many = sim::predict_all(scenarios, workers);
    REQUIRE(many.size() == scenarios.size());
    for (std::size_t i = 0; i < many.size(); ++i) {
      INFO("scenario " << i);
      const Prediction alone = sim::predict(scenarios[i]);
      REQUIRE(many[i].status == alone.status);
      REQUIRE(many[i].reason == alone.reason);
      REQUIRE(many[i].assumptions == alone.assumptions);
      if (alone.step_time) {
        REQUIRE(many[i].step_time->value() == Approx(alone.step_time->value()).epsilon(1e-9));
        REQUIRE(many[i].parts->comm_exposed.value() == Approx(alone.parts->comm_exposed.value()).epsilon(1e-7));
      }
    }
  }
}

TEST_CASE("predictions of many scenarios are the same, to the last bit, whatever the number of workers") {
  const std::vector<Scenario> scenarios = varied(150);
  const std::vector<Prediction> one = sim::predict_all(scenarios, 1);
  for (const int workers : {2, 4}) CHECK(sim::predict_all(scenarios, workers) == one);
}

TEST_CASE("among many scenarios one that cannot be priced or run fails alone") {
  std::vector<Scenario> scenarios(5, data_parallel(2));
  scenarios[1].calibration = std::make_shared<const Calibration>();
  scenarios[3].workload.batch = 7;
  const std::vector<Prediction> many = sim::predict_all(scenarios, 1);
  for (const std::size_t i : {0, 2, 4}) REQUIRE(many[i].status == Status::ok);
  REQUIRE(many[1].status == Status::failed);
  REQUIRE_FALSE(many[1].reason.empty());
  REQUIRE(many[3].status == Status::infeasible);
  REQUIRE_THROWS_AS(sim::predict(scenarios[1]), MissingCapability);
}

TEST_CASE("no scenarios give no predictions") { REQUIRE(sim::predict_all({}, 2).empty()); }

// The address sanitizer's allocator does not survive a fork beside other threads, hence slow.
TEST_CASE("threads may predict at the same time", "[slow]") {
  const Scenario scenario = data_parallel(4);
  const Seconds expected = *sim::predict(scenario).step_time;
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (int& count : wrong)
    threads.emplace_back([&count, &scenario, expected] {
      for (int i = 0; i < 10; ++i) count += sim::predict(scenario).step_time == expected ? 0 : 1;
    });
  for (std::thread& thread : threads) thread.join();
  REQUIRE(wrong == std::vector<int>(4, 0));
}

TEST_CASE("a child plays thousands of scenarios without growing and to the same digits", "[slow]") {
  const std::string answer = sim::ask_child([] {
    PlanBuilder plan(8);
    const int data = plan.lane(LaneKind::communication);
    plan.communicator(everyone(8));
    const int compute = plan.compute(0.02);
    plan.costs()[plan.transfer(0, {{compute, 0}}, data)] = flows(0.01, 0.02);
    const StepPlan step = plan.plan(2);
    const Platform platform = nodes(8);
    sim::Network network(platform, 8);
    const sim::Program program = sim::compile(step);
    sim::PlayOptions options;
    options.steps = 2;
    double least = 1e9;
    double most = 0;
    double early = 0;
    for (int i = 0; i < 5000; ++i) {
      const double took = sim::Player(step, program, plan.costs(), platform, options, network).play().makespan.value();
      least = std::min(least, took), most = std::max(most, took);
      if (i == 500) early = resident_bytes();
    }
    return std::to_string(most / least - 1 < 1e-9) + std::to_string(std::abs(least - 0.1 + 0.02) < 1e-9) +
           (resident_bytes() - early < 1e6 ? "small" : "grew by " + std::to_string(resident_bytes() - early));
  });
  REQUIRE(answer == "11small");
}

TEST_CASE("memory does not grow with the steps that are played", "[slow]") {
  const std::string answer = sim::ask_child([] {
    PlanBuilder plan(4);
    const int data = plan.lane(LaneKind::communication);
    plan.communicator(everyone(4));
    std::vector<int> computes;
    for (int i = 0; i < 20; ++i) computes.push_back(plan.compute(0.001));
    plan.costs()[plan.transfer(0, {{computes.back(), 0}}, data)] = flows(0.001, 0.002);
    const StepPlan step = plan.plan(1);
    const Platform platform = nodes(4);
    sim::Network network(platform, 4);
    const sim::Program program = sim::compile(step);
    sim::PlayOptions options;
    const auto play_steps = [&](int steps) {
      options.steps = steps;
      (void)sim::Player(step, program, plan.costs(), platform, options, network).play();
    };
    play_steps(100);
    const double before = resident_bytes();
    play_steps(10000);
    // What is left is the answer itself: three lists by step.
    const double answer_bytes = 10000 * 2 * (2 * sizeof(Seconds) + sizeof(Parts));
    return std::string(resident_bytes() - before < answer_bytes + 1e6 ? "small" : "grew by " + std::to_string(resident_bytes() - before));
  });
  REQUIRE(answer == "small");
}
