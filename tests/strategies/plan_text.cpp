#include "strategies/plan_text.hpp"

#include <catch2/catch.hpp>

#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "tests/support/pipeline_plan.hpp"
#include "workloads/load.hpp"

using namespace forerun;

TEST_CASE("a plan prints so that a person can check it") {
  Scenario scenario;
  scenario.workload = load_workload({"logistic-regression", "test", 0, 0, ""}, {});
  scenario.workload.batch = 64;
  scenario.strategy = parse_strategy({"data=2,runtime=pytorch-ddp", "test", 0, 0, ""});
  scenario.platform.nodes = 2;
  scenario.run.steps = 10;
  const std::string text = plan_text(std::get<StepPlan>(lower(scenario)), scenario.workload);
  CHECK(text == R"(logistic-regression of 2 ranks
class rank: ranks 0 to 1
communicator data: 1 group of 2
repeat 10 steps
    0  compute  forward dense-1                        dense, batch 32, 502 kflop
    1  compute  forward softmax-cross-entropy-1        softmax-cross-entropy, batch 32, 1.60 kflop
    2  compute  backward_data softmax-cross-entropy-1  softmax-cross-entropy, batch 32, 640 flop
    3  compute  backward_weights dense-1               dense, batch 32, 502 kflop
    4  data     all_reduce bucket 0                    ring, 30.7 KiB over 2 ranks  after 3
    5  compute  update dense-1                         dense, batch 32, 31.4 kflop  after 4
)");
}

TEST_CASE("nested repeats, offsets and buffers print") {
  StepPlan plan;
  plan.classes = {{"rank", 0, 1, 1}};
  plan.lanes = {{"compute", LaneKind::compute}};
  plan.operations.resize(2);
  plan.operations[0].name = plan.operations[1].name = "wait";
  plan.operations[0].work = Delay{Seconds(0.5)};
  plan.operations[1].work = Delay{Seconds(2)};
  plan.operations[1].dependency_count = 1;
  plan.dependencies = {{1, 2}};
  plan.step.count = 0;
  plan.step.body = {0, Repeat{3, {1}, {{1, 1, 4, true}}}};
  const std::string text = plan_text(plan, Workload{.name = "w"});
  CHECK(text.find("repeat steps\n") != std::string::npos);
  CHECK(text.find("  repeat 3\n") != std::string::npos);
  CHECK(text.find("after 1(-2)") != std::string::npos);
  CHECK(text.find("buffer(4) 1 -> 1, taken") != std::string::npos);
}

TEST_CASE("the time of each operation stands in its line where times are given") {
  StepPlan plan;
  plan.classes = {{"rank", 0, 1, 1}};
  plan.lanes = {{"compute", LaneKind::compute}};
  plan.operations.resize(1);
  plan.operations[0].name = "wait";
  plan.operations[0].work = Delay{Seconds(0.5)};
  plan.step.body = {0};
  const std::vector<Seconds> times{Seconds(0.25)};
  CHECK(plan_text(plan, Workload{.name = "w"}, times).find("delay 500 ms  250 ms\n") != std::string::npos);
}

TEST_CASE("a pipeline prints what each stage does in order, and what its chunks hold") {
  test::PipelineOptions options;
  options.shape = {Schedule::one_f_one_b, 2, 3, 1};
  test::PipelinePlan written(options, [](int, std::string_view) { return 1.0; });
  CHECK(plan_text(written.plan, Workload{.name = "w"}) == R"(w of 2 ranks
class stage: ranks 0 to 0
class stage: ranks 1 to 1
communicator tensor: 1 group of 1
communicator tensor: 1 group of 1
communicator way: 1 group of 2
communicator way: 1 group of 2
communicator way: 1 group of 2
communicator way: 1 group of 2
repeat 1 steps
  pipeline 1f1b: 3 micro-batches through 2 stages, buffers of 2
    stage 0: F0 F1 B0 F2 B1 B2
    stage 1: F0 B0 F1 B1 F2 B2
    chunk 0 on stage
      forward
          0  compute  operation                              
          1  way      operation                              send, 0 B
      backward
          2  compute  operation                              
    chunk 1 on stage
      forward
          3  compute  operation                              
      backward
          4  compute  operation                              
          5  way      operation                              send, 0 B
)");
  options.shape = {Schedule::interleaved, 2, 8, 2};
  const test::PipelinePlan interleaved(options, [](int, std::string_view) { return 1.0; });
  const std::string text = plan_text(interleaved.plan, Workload{.name = "w"});
  CHECK(text.find("stage 1: F1.0 F1.1 F3.0 B3.0 F3.1 B3.1 F1.2 B1.0") != std::string::npos);
  CHECK(text.find(", 2 chunks each,") != std::string::npos);
  options.shape = {Schedule::zero_bubble_h1, 2, 30, 1};
  options.split_backward = true;
  const test::PipelinePlan split(options, [](int, std::string_view) { return 1.0; });
  CHECK(plan_text(split.plan, Workload{.name = "w"}).find("stage 1: F0 B0 F1 B1 W0 F2 B2 W1") != std::string::npos);
  CHECK(plan_text(split.plan, Workload{.name = "w"}).find(" ...\n") != std::string::npos);
}
