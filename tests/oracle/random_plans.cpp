#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "oracle/evaluate.hpp"
#include "tests/support/plan_builder.hpp"

using namespace forerun;
using forerun::oracle::evaluate;
using forerun::test::PlanBuilder;

namespace {

// A random chain of operations on a few lanes with waits at offsets 0 to 3, all lanes tied into one cycle so that no lane runs away.
struct RandomPlan {
  PlanBuilder builder;
  std::vector<int> lanes;
  std::vector<std::vector<Dependency>> waits;
};

RandomPlan random_plan(std::mt19937_64& random) {
  const auto pick = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most)); };
  RandomPlan plan;
  const int lanes = 1 + pick(3), operations = 2 + pick(8);
  for (int lane = 1; lane < lanes; ++lane) plan.builder.lane(LaneKind::host);
  for (int i = 0; i < operations; ++i) {
    std::vector<Dependency> waits;
    for (int w = pick(3); w > 0; --w) {
      const int offset = pick(4);
      const int operation = offset == 0 ? (i == 0 ? -1 : pick(i)) : pick(operations);
      if (operation >= 0) waits.push_back({operation, offset});
    }
    if (i == 0) waits.push_back({operations - 1, 2});
    plan.lanes.push_back(pick(lanes));
    plan.builder.delay(0.125 * (1 + pick(40)), waits, plan.lanes.back());
    plan.waits.push_back(waits);
  }
  return plan;
}

// The definition, step by step, without any period: every instance's finish time kept for ever.
double unrolled_total(const RandomPlan& plan, const std::vector<OperationCost>& costs, int steps) {
  std::vector<std::vector<double>> finish(plan.lanes.size());
  std::vector<double> lane_free(8, 0.0);
  for (int step = 0; step < steps; ++step)
    for (std::size_t i = 0; i < plan.lanes.size(); ++i) {
      double start = lane_free[plan.lanes[i]];
      for (const Dependency& wait : plan.waits[i])
        if (step >= wait.offset) start = std::max(start, finish[wait.operation][step - wait.offset]);
      finish[i].push_back(start + costs[i].duration().value());
      lane_free[plan.lanes[i]] = finish[i].back();
    }
  return *std::max_element(lane_free.begin(), lane_free.end());
}

}  // namespace

TEST_CASE("a random plan takes as long by its period as unrolled step by step") {
  const auto seed = static_cast<unsigned>(GENERATE(1, 2, 3, 4, 5));
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int trial = 0; trial < 200; ++trial) {
    RandomPlan plan = random_plan(random);
    const int steps = 1 + static_cast<int>(random() % 300);
    INFO("trial " << trial << ", " << steps << " steps");
    const StepPlan step_plan = plan.builder.plan(steps);
    REQUIRE(find_defect(step_plan).empty());
    const auto evaluation = evaluate(step_plan, plan.builder.costs());
    REQUIRE(evaluation.total.value() == Approx(unrolled_total(plan, plan.builder.costs(), steps)).epsilon(1e-11));
    REQUIRE(evaluation.parts.total().value() == Approx(evaluation.step.value()).epsilon(1e-9));
  }
}
