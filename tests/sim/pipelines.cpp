#include <catch2/catch.hpp>
#include <random>

#include "oracle/evaluate.hpp"
#include "sim/steps.hpp"
#include "tests/sim/support.hpp"
#include "tests/support/pipeline_plan.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

sim::Played play_alone(const PipelinePlan& written, int steps, sim::Contention contention = sim::Contention::off) {
  sim::PlayOptions options;
  options.steps = steps;
  options.contention = contention;
  return sim::play(written.plan, written.costs, nodes(written.plan.ranks), options);
}

}  // namespace

TEST_CASE("random pipelines take as long, with the same parts, in the oracle and in the simulator") {
  std::mt19937_64 random(11);
  for (int trial = 0; trial < 150; ++trial) {
    PipelineOptions options = random_pipeline(random, 6, 20);
    options.width = 1 + static_cast<int>(random() % 2);
    const double slow = random() % 2 == 0 ? 0.2 : 2.0;
    PipelinePlan written(options, [&](int, std::string_view kind) {
      const double draw = 0.1 + std::uniform_real_distribution<double>(0, 1)(random);
      return kind == "send" ? slow * draw : kind == "tensor" ? 0.3 * draw : draw;
    });
    const int steps = 1 + static_cast<int>(random() % 3);
    written.plan.step.count = steps;
    written.plan.compute_class = static_cast<int>(random() % static_cast<unsigned>(options.shape.stages));
    INFO("trial " << trial << ": " << describe(options) << ", " << steps << " steps");
    REQUIRE(find_defect(written.plan) == "");
    const oracle::Evaluation evaluated = oracle::evaluate(written.plan, written.costs);
    const sim::Played played = play_alone(written, steps);
    REQUIRE(played.makespan.value() == Approx(evaluated.total.value()).epsilon(1e-9));
    const Parts parts = played.parts() * (1.0 / steps);
    const auto near = [&](Seconds a, Seconds b) { return std::abs((a - b).value()) < 1e-9 * evaluated.step.value(); };
    REQUIRE(near(parts.compute, evaluated.parts.compute));
    REQUIRE(near(parts.comm_exposed, evaluated.parts.comm_exposed));
    REQUIRE(near(parts.bubble, evaluated.parts.bubble));
    REQUIRE(near(parts.overhead, evaluated.parts.overhead));
  }
}

TEST_CASE("a pipeline's step repeats in the simulator as in the oracle's asymptotic step") {
  std::mt19937_64 random(12);
  for (int trial = 0; trial < 30; ++trial) {
    const PipelineOptions options = random_pipeline(random, 5, 12);
    PipelinePlan written(options, [&](int, std::string_view) { return 0.1 + std::uniform_real_distribution<double>(0, 1)(random); });
    INFO("trial " << trial << ": " << describe(options));
    written.plan.step.count = 0;
    const oracle::Evaluation evaluated = oracle::evaluate(written.plan, written.costs);
    const sim::Played played = play_alone(written, 16);
    const int period = sim::find_period(played);
    if (period == 0) continue;
    REQUIRE(sim::step_time(played, 0, period).step.value() == Approx(evaluated.step.value()).epsilon(1e-6));
  }
}

TEST_CASE("sends of a pipeline share a node's link where forward and backward meet, and only there") {
  std::mt19937_64 random(13);
  for (int trial = 0; trial < 30; ++trial) {
    PipelineOptions options = random_pipeline(random, 5, 8);
    options.bodies = PipelineOptions::Bodies::plain;
    options.outside = false;
    PipelinePlan written(options, [&](int, std::string_view) { return 0.1 + std::uniform_real_distribution<double>(0, 1)(random); });
    for (std::size_t i = 0; i < written.costs.size(); ++i)
      if (written.plan.operations[i].kind() == OperationKind::transfer) {
        OperationCost& cost = written.costs[i];
        cost.drain = cost.latency, cost.latency = Seconds(0), cost.closed = false;
        cost.edge_bytes = Bytes(cost.drain.value() * kBandwidth);
      }
    INFO("trial " << trial << ": " << describe(options));
    const double shared = play_alone(written, 1, sim::Contention::on).makespan.value();
    const double alone = play_alone(written, 1).makespan.value();
    if (options.shape.schedule == Schedule::gpipe)
      REQUIRE(shared == Approx(alone).epsilon(1e-6));
    else
      REQUIRE(shared >= alone * (1 - 1e-6));
  }
}
