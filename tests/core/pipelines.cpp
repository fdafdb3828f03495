#include <catch2/catch.hpp>

#include "core/pipeline_order.hpp"
#include "core/plan.hpp"
#include "tests/support/pipeline_plan.hpp"

using namespace forerun;
using test::PipelineOptions;
using test::PipelinePlan;

namespace {

StepPlan two_stages(Schedule schedule = Schedule::one_f_one_b, int interleave = 1) {
  PipelineOptions options;
  options.shape = {schedule, 2, 4, interleave};
  options.bodies = PipelineOptions::Bodies::chains;
  options.outside = true;
  return PipelinePlan(options, [](int, std::string_view) { return 1.0; }).plan;
}

Pipeline& pipeline_of(StepPlan& plan) {
  for (Node& node : plan.step.body)
    if (auto* pipeline = std::get_if<Pipeline>(&node)) return *pipeline;
  throw std::logic_error("no pipeline");
}

/// The defect after a change.
template <class Change>
std::string defect(const Change& change, Schedule schedule = Schedule::one_f_one_b, int interleave = 1) {
  StepPlan plan = two_stages(schedule, interleave);
  change(plan, pipeline_of(plan));
  return find_defect(plan);
}

}  // namespace

TEST_CASE("a pipeline of two stages has no defect, interleaved or not") {
  CHECK(find_defect(two_stages()) == "");
  CHECK(find_defect(two_stages(Schedule::interleaved, 2)) == "");
}

TEST_CASE("plans with pipelines are equal where all of it is") {
  StepPlan plan = two_stages();
  CHECK(plan == two_stages());
  pipeline_of(plan).micro_batches = 5;
  CHECK_FALSE(plan == two_stages());
  plan = two_stages();
  pipeline_of(plan).chunks[1].backward.pop_back();
  CHECK_FALSE(plan == two_stages());
}

TEST_CASE("a pipeline's stages, chunks and buffers have to fit") {
  CHECK(defect([](StepPlan&, Pipeline& p) { p.stages = 3; }) == "a pipeline's chunks are no multiple of its stages");
  CHECK(defect([](StepPlan&, Pipeline& p) { p.stages = 0; }) == "a pipeline has no stages");
  CHECK(defect([](StepPlan&, Pipeline& p) { p.micro_batches = 0; }) == "a pipeline has no micro-batches");
  CHECK(defect([](StepPlan&, Pipeline& p) { p.buffer_depth = 0; }) == "a pipeline's buffer has no depth");
  CHECK(defect([](StepPlan&, Pipeline& p) { p.chunks[1].rank_class = 0; }) == "two stages of a pipeline are one rank class");
  CHECK(defect([](StepPlan&, Pipeline& p) { p.chunks[1].rank_class = 2; }) == "a chunk names no rank class");
  CHECK(defect([](StepPlan&, Pipeline& p) { p.chunks[2].rank_class = 1; }, Schedule::interleaved, 2) ==
        "chunks of one stage are of different rank classes");
  CHECK(defect([](StepPlan&, Pipeline& p) { p.schedule = Schedule::gpipe; }, Schedule::interleaved, 2) ==
        "gpipe has one chunk a stage; several are interleaved");
  CHECK(defect([](StepPlan&, Pipeline& p) { p.micro_batches = 5; }, Schedule::interleaved, 2) ==
        "an interleaved schedule needs micro-batches that are a multiple of its stages, and 5 does not divide by 2");
}

TEST_CASE("operations of a chunk are of its class alone") {
  CHECK(defect([](StepPlan& plan, Pipeline& p) {
          plan.operations[std::get<int>(p.chunks[0].forward[0])].rank_class = 1;
        }).find("of other ranks") != std::string::npos);
  CHECK(defect([](StepPlan& plan, Pipeline& p) {
          Operation& operation = plan.operations[std::get<int>(p.chunks[1].forward[0])];
          operation.rank_class = 0, operation.dependency_count = 0;
        }).find("of other ranks") != std::string::npos);
  CHECK(defect([](StepPlan& plan, Pipeline& p) {
          std::get<Collective>(plan.operations[std::get<int>(p.chunks[0].forward[1])].work).communicator =
              std::get<Collective>(plan.operations[p.chunks[0].send_forward].work).communicator;
        }) == "an operation of a chunk is not of its rank class alone");
}

TEST_CASE("chunks send to their neighbours, and the ends to none") {
  CHECK(defect([](StepPlan& plan, Pipeline& p) { plan.operations[p.chunks[0].send_forward].work = Delay{}; }) ==
        "a chunk's send is no send");
  CHECK(defect([](StepPlan& plan, Pipeline& p) {
          plan.operations[p.chunks[0].send_forward].first_dependency = 0;
          plan.operations[p.chunks[0].send_forward].dependency_count = 1;
          plan.dependencies[0] = {p.chunks[0].send_forward, 1};
        }).empty() == false);
  CHECK(defect([](StepPlan& plan, Pipeline& p) {
          auto& work = std::get<Collective>(plan.operations[p.chunks[0].send_forward].work);
          std::swap(work, std::get<Collective>(plan.operations[p.chunks[1].send_backward].work));
        }) == "a chunk's send does not go from each rank of its class to one of its neighbour's");
}

TEST_CASE("a lane that a send uses belongs to its stage's sends") {
  CHECK(defect([](StepPlan& plan, Pipeline& p) {
          plan.operations[p.chunks[1].send_backward].lane = plan.operations[p.chunks[0].send_forward].lane;
        }) == "two stages send on one lane of a third or of each other");
  CHECK(defect([](StepPlan& plan, Pipeline& p) { plan.operations[p.chunks[0].send_forward].lane = 0; }) ==
        "an operation of a chunk is on a lane that a send uses");
}

TEST_CASE("within a pipeline an operation waits for its own chunk's bodies alone") {
  const auto wait = [](StepPlan& plan, int waiter, Dependency dependency) {
    plan.operations[waiter].first_dependency = static_cast<int>(plan.dependencies.size());
    plan.operations[waiter].dependency_count = 1;
    plan.dependencies.push_back(dependency);
  };
  CHECK(defect([&](StepPlan& plan, Pipeline& p) {
          wait(plan, std::get<int>(p.chunks[0].backward[0]), {std::get<int>(p.chunks[0].forward[0]), 0});
        }) == "");
  CHECK(defect([&](StepPlan& plan, Pipeline& p) {
          wait(plan, std::get<int>(p.chunks[0].backward[0]), {p.chunks[0].send_forward, 0});
        }) == "an operation of a chunk waits for a send: bodies do so by themselves");
  CHECK(defect(
            [&](StepPlan& plan, Pipeline& p) {
              wait(plan, std::get<int>(p.chunks[2].forward[0]), {std::get<int>(p.chunks[0].forward[0]), 0});
            },
            Schedule::interleaved, 2) == "an operation of a chunk waits for another chunk or a later body");
}

TEST_CASE("the index of a tree counts a pipeline's bodies by micro-batches") {
  StepPlan plan = two_stages();
  const TreeIndex tree = index_tree(plan);
  const Pipeline& pipeline = pipeline_of(plan);
  const int forward = std::get<int>(pipeline.chunks[0].forward[0]), backward = std::get<int>(pipeline.chunks[0].backward[0]);
  CHECK(tree.repeats[1].pipeline);
  CHECK(tree.repeats[tree.repeat_of[forward]].count == 4);
  CHECK(tree.repeats[tree.repeat_of[forward]].parent == 1);
  CHECK(tree.repeat_of[pipeline.chunks[0].send_forward] == tree.repeat_of[forward]);
  // Between bodies: as many as the waiter's micro-batches. From outside: all of them.
  CHECK(dependency_rule(tree, backward, forward).repeat == tree.repeat_of[backward]);
  CHECK(dependency_rule(tree, backward, forward).inner == 1);
  const int last = static_cast<int>(plan.operations.size()) - 1;
  CHECK(dependency_rule(tree, last, backward).repeat == 0);
  CHECK(dependency_rule(tree, last, backward).inner == 4);
}

TEST_CASE("a pipeline's events come after what they wait for, and all of them come") {
  StepPlan plan = two_stages(Schedule::interleaved, 2);
  const Pipeline& pipeline = pipeline_of(plan);
  const PipelineOrder order = pipeline_order(plan, pipeline);
  CHECK(order.complete);
  // 4 chunks x 4 micro-batches, forward and backward; 3 sends each way.
  CHECK(order.events.size() == 4 * 4 * 2 + 2 * 3 * 4);
  CHECK(order.events.front() == PipelineEvent{{StageBody::forward, 0, 0}, false});
  const auto at = [&](const PipelineEvent& event) { return std::find(order.events.begin(), order.events.end(), event); };
  for (int i = 0; i < 4; ++i) {
    CHECK(at({{StageBody::forward, 0, i}, false}) < at({{StageBody::forward, 0, i}, true}));
    CHECK(at({{StageBody::forward, 0, i}, true}) < at({{StageBody::forward, 1, i}, false}));
    CHECK(at({{StageBody::forward, 3, i}, false}) < at({{StageBody::backward, 3, i}, false}));
    CHECK(at({{StageBody::backward, 1, i}, true}) < at({{StageBody::backward, 0, i}, false}));
    // The third micro-batch finds room once the first is through.
    if (i >= 2) CHECK(at({{StageBody::forward, 1, i - 2}, false}) < at({{StageBody::forward, 0, i}, true}));
  }
}
