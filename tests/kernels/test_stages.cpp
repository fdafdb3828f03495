#include <catch2/catch.hpp>

#include "kernels/trainer/activations.hpp"
#include "kernels/trainer/step_order.hpp"
#include "tests/kernels/small_scenarios.hpp"

namespace forerun {

namespace {

std::vector<StageChunk> chunks_of(const Scenario& made, int rank_class) { return stage_chunks(plan_of(made), made.workload, rank_class); }

/// What a stage does, a letter an entry: forward and backward of each micro-batch, of its first layer alone, and what it receives (<) and
/// sends (>).
std::string order_of(const Scenario& made, int rank_class) {
  const StepPlan plan = plan_of(made);
  const StageChunk chunk = stage_chunks(plan, made.workload, rank_class).front();
  std::string order;
  for (const StepEntry entry : step_order(plan, made.workload, rank_class)) {
    if (entry.operation == chunk.receive_forward || entry.operation == chunk.receive_backward) order += '<';
    const auto* kernel = std::get_if<Kernel>(&plan.operations[entry.operation].work);
    if (kernel != nullptr && entry.layer == chunk.first && kernel->pass == Pass::forward) order += 'F' + std::to_string(entry.micro_batch);
    if (kernel != nullptr && entry.layer == chunk.first && kernel->pass == Pass::backward_weights)
      order += 'B' + std::to_string(entry.micro_batch);
    if (entry.operation == chunk.send_forward || entry.operation == chunk.send_backward) order += '>';
    if (entry.last) order += ' ';
  }
  return order;
}

}  // namespace

TEST_CASE("without a pipeline a rank has the whole network and one micro-batch at a time") {
  const Scenario made = scenario("mlp", 8, "data=2,micro-batches=4");
  CHECK(chunks_of(made, 0) == std::vector<StageChunk>{{.first = 0, .last = 4, .held = 1}});
}

TEST_CASE("stages have the layers of their chunks in the plan, and arrays for what the stage before has under way") {
  const Scenario made = small_gpt(12, "pipeline=3,micro-batches=6");
  const int blocks = 3, layers = static_cast<int>(made.workload.layers.size());
  int next = 0;
  for (int stage = 0; stage < blocks; ++stage) {
    const std::vector<StageChunk> chunks = chunks_of(made, stage);
    REQUIRE(chunks.size() == 1);
    CHECK(chunks[0].first == next);
    CHECK((stage == 0 || made.workload.layers[next].block == stage));
    next = chunks[0].last;
    CHECK(chunks[0].held == (stage == 0 ? 3 : 3 - stage + 1));
    CHECK((chunks[0].send_forward >= 0) == (stage < 2));
    CHECK((chunks[0].receive_forward >= 0) == (stage > 0));
  }
  CHECK(next == layers);
  CHECK(chunks_of(small_gpt(12, "pipeline=3,micro-batches=6,schedule=gpipe"), 2)[0].held == 6);
}

TEST_CASE("a stage goes through its schedule, between what it receives and what it sends") {
  const auto made = [](const std::string& how) { return scenario("mlp", 12, "pipeline=2,micro-batches=3" + how); };
  CHECK(order_of(made(""), 0) == "F0>F1><B0 F2><B1 <B2 ");
  CHECK(order_of(made(",schedule=gpipe"), 0) == "F0>F1>F2><B0 <B1 <B2 ");
}

TEST_CASE("what crosses a cut is what layers behind it read, views looked through") {
  const Workload views = scenario(small_views(), 6, "serial").workload;
  // folded (of the sample), conv, flat (a view of conv), left, right, sum of both, again of sum and left, last of sum and again
  CHECK(crossing(views, 1).empty());
  CHECK(crossing(views, 2) == std::vector<int>{1});
  CHECK(crossing(views, 4) == std::vector<int>{1, 3});
  CHECK(crossing(views, 6) == std::vector<int>{3, 5});
  CHECK(crossing(views, 10).empty());
}

}  // namespace forerun
