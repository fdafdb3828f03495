#include <catch2/catch.hpp>

#include "strategies/stages.hpp"
#include "tests/strategies/lowered.hpp"

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

TEST_CASE("a stage that computes nothing still takes its turn: every pass of every stage has an operation") {
  for (const char* schedule : {"1f1b", "gpipe", "zb-h1"}) {
    // As many stages as layers: one of them holds a reshape alone, and the first one no gradient of its data.
    const Scenario all = test::scenario("cosmoflow", 8, std::string("pipeline=25,micro-batch=1,schedule=") + schedule, 25);
    const StepPlan plan = test::plan_of(all);
    const auto& pipeline = std::get<Pipeline>(plan.step.body.front());
    REQUIRE(pipeline.chunks.size() == all.workload.layers.size());
    for (const Chunk& chunk : pipeline.chunks) CHECK_FALSE((chunk.forward.empty() || chunk.backward.empty()));
  }
}

TEST_CASE("the part of a network that is all of it is the network") {
  Workload workload = test::scenario("gpt2", 24, "serial", 1).workload;
  workload.precision = Precision::bf16, workload.optimizer = Optimizer::adam, workload.samples = 1000;
  CHECK(part_of(workload, {0, static_cast<int>(workload.layers.size())}) == workload);
}
