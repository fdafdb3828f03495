#include <catch2/catch.hpp>

#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

using namespace forerun;

namespace {

std::variant<StepPlan, Infeasible> lowered(const char* strategy) {
  Scenario scenario;
  scenario.workload = load_workload({"gpt2", "test", 0, 0, ""}, {});
  scenario.workload.batch = 12;
  scenario.strategy = parse_strategy({strategy, "test", 0, 0, ""});
  scenario.platform.name = "cluster";
  scenario.platform.nodes = scenario.strategy.ranks();
  scenario.platform.memory_per_node = Bytes(1e15);
  return lower(scenario);
}

/// The lane of a body's last operation.
int last_lane(const StepPlan& plan, const std::vector<Node>& body) {
  const Node& last = body.back();
  if (const int* operation = std::get_if<int>(&last)) return plan.operations[*operation].lane;
  return last_lane(plan, std::get<Repeat>(last).body);
}

}  // namespace

TEST_CASE("an interleaved schedule whose micro-batches are no multiple of its stages is infeasible") {
  const auto none = lowered("pipeline=4,interleave=2,micro-batches=6");
  REQUIRE(std::holds_alternative<Infeasible>(none));
  CHECK_THAT(std::get<Infeasible>(none).reason, Catch::Contains("6 does not divide by 4"));
  CHECK(std::holds_alternative<StepPlan>(lowered("pipeline=2,interleave=2,micro-batches=6")));
}

TEST_CASE("a body that ends in an exchange is over once the device has it") {
  for (const char* overlap : {"none", "all"}) {
    const auto plan = lowered((std::string("tensor=2,pipeline=3,micro-batch=1,runtime=megatron,overlap=") + overlap).c_str());
    REQUIRE(std::holds_alternative<StepPlan>(plan));
    const auto& step = std::get<StepPlan>(plan);
    for_each_pipeline(step.step, [&](const Pipeline& pipeline) {
      for (const Chunk& chunk : pipeline.chunks) {
        CHECK(last_lane(step, chunk.forward) == step.compute_lane);
        CHECK(last_lane(step, chunk.backward) == step.compute_lane);
      }
    });
  }
}
