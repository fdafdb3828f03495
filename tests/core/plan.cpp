#include "core/plan.hpp"

#include <catch2/catch.hpp>

using namespace forerun;

namespace {

Operation compute(int lane = 0) {
  Operation operation;
  operation.name = "work";
  operation.lane = lane;
  operation.work = Kernel{};
  return operation;
}

void add_wait(StepPlan& plan, int waiter, Dependency dependency) {
  plan.operations[waiter].first_dependency = static_cast<int>(plan.dependencies.size());
  plan.operations[waiter].dependency_count = 1;
  plan.dependencies.push_back(dependency);
}

// 0, repeat 3 { 1, repeat 5 { 2 } }, 3
StepPlan nested() {
  StepPlan plan;
  plan.classes = {{"rank", 0, 1, 1}};
  plan.lanes = {{"compute", LaneKind::compute}};
  plan.operations.assign(4, compute());
  Repeat inner{5, {2}, {}};
  Repeat outer{3, {1, inner}, {}};
  plan.step.body = {0, outer, 3};
  return plan;
}

}  // namespace

TEST_CASE("a plan whose operations stand once and in order has no defect") { CHECK(find_defect(nested()).empty()); }

TEST_CASE("an operation missing from the tree is a defect") {
  StepPlan plan = nested();
  plan.step.body.pop_back();
  CHECK(find_defect(plan) == "an operation stands in the tree less or more than once");
}

TEST_CASE("operations out of order are a defect") {
  StepPlan plan = nested();
  std::swap(plan.step.body.front(), plan.step.body.back());
  CHECK(find_defect(plan) == "operations are not numbered in the order of the tree");
}

TEST_CASE("waiting for a later operation of the same iteration is a defect, of an earlier iteration is not") {
  StepPlan plan = nested();
  add_wait(plan, 0, {3, 0});
  CHECK(find_defect(plan) == "a dependency at offset 0 names a later operation");
  plan.dependencies[0].offset = 1;
  CHECK(find_defect(plan).empty());
}

TEST_CASE("an offset further back than engines remember is a defect") {
  StepPlan plan = nested();
  plan.dependencies.push_back({static_cast<int>(plan.operations.size()) - 1, kFurthestBack + 1});
  plan.operations.back().first_dependency = static_cast<int>(plan.dependencies.size()) - 1;
  plan.operations.back().dependency_count = 1;
  CHECK(find_defect(plan) == "a dependency looks back more than 4096 iterations");
}

TEST_CASE("an offset into a deeper repeat is a defect, its last instance is not") {
  StepPlan plan = nested();
  add_wait(plan, 3, {2, 1});
  CHECK(find_defect(plan) == "a dependency at an offset names an operation inside a deeper repeat");
  plan.dependencies[0].offset = 0;
  CHECK(find_defect(plan).empty());
}

TEST_CASE("waiting for an operation of other ranks is a defect") {
  StepPlan plan = nested();
  plan.ranks = 2;
  plan.classes = {{"first", 0, 1, 1}, {"second", 1, 1, 1}};
  plan.operations[3].rank_class = 1;
  add_wait(plan, 3, {0, 0});
  CHECK(find_defect(plan) == "a dependency names an operation of other ranks");
}

TEST_CASE("indices that name nothing are defects") {
  StepPlan plan = nested();
  plan.operations[1].lane = 4;
  CHECK(find_defect(plan) == "an operation names no lane");
  plan = nested();
  plan.operations[1].rank_class = 1;
  CHECK(find_defect(plan) == "an operation names no rank class");
  plan = nested();
  plan.operations[1].work = Collective{};
  CHECK(find_defect(plan) == "a transfer names no communicator");
  plan = nested();
  add_wait(plan, 3, {17, 0});
  CHECK(find_defect(plan) == "a dependency names no operation");
}

TEST_CASE("a rank class lies within the plan's ranks, and no two share a rank") {
  StepPlan plan = nested();
  plan.ranks = 8;
  const auto with = [&](std::vector<RankClass> classes) {
    plan.classes = std::move(classes);
    return find_defect(plan);
  };
  CHECK(with({{"even", 0, 4, 2}, {"odd", 1, 4, 2}}).empty());
  CHECK(with({{"some", 5, 2, 1}}).empty());
  CHECK(with({{"rank", -1, 2, 1}}) == "a rank class reaches beyond the plan's ranks");
  CHECK(with({{"rank", 0, 9, 1}}) == "a rank class reaches beyond the plan's ranks");
  CHECK(with({{"even", 0, 5, 2}}) == "a rank class reaches beyond the plan's ranks");
  CHECK(with({{"far", 0, 1 << 16, 1 << 16}}) == "a rank class reaches beyond the plan's ranks");
  CHECK(with({{"rank", 0, 0, 1}}) == "a rank class has no ranks");
  CHECK(with({{"rank", 0, 2, 0}}) == "a rank class has no ranks");
  CHECK(with({{"even", 0, 4, 2}, {"third", 6, 1, 1}}) == "two rank classes share a rank");
  plan.ranks = 0;
  CHECK(with({}) == "a plan has no ranks");
}

TEST_CASE("a communicator lies within the plan's ranks") {
  StepPlan plan = nested();
  plan.ranks = 4;
  plan.classes = {{"rank", 0, 4, 1}};
  const auto with = [&](const Communicator& communicator) {
    plan.communicators = {communicator};
    return find_defect(plan);
  };
  CHECK(with({"pairs", 2, 2, 1, 0, 0, 2, 1, {0}}).empty());
  CHECK(with({"pairs", 2, 3, 1, 0, 0, 2, 1, {0}}) == "a communicator reaches beyond the plan's ranks");
  CHECK(with({"back", 2, 1, 1, 0, 0, 1, -1, {0}}) == "a communicator reaches beyond the plan's ranks");
  CHECK(with({"chain", 2, 2, 2, 1, -1, 1, 1, {0}}) == "a communicator has a rank twice");
  CHECK(with({"itself", 2, 1, 1, 0, 0, 1, 0, {0}}) == "a communicator has a rank twice");
  CHECK(with({"none", 0, 1, 1, 0, 1, 1, 1, {0}}) == "a communicator has no members");
  CHECK(with({"none", 2, 1, 0, 0, 1, 1, 1, {0}}) == "a communicator has no members");
}

TEST_CASE("the lane whose time is divided into parts is a lane, and its class a class") {
  StepPlan plan = nested();
  plan.compute_lane = 1;
  CHECK(find_defect(plan) == "the plan's compute lane is no lane");
  plan = nested();
  plan.compute_class = -1;
  CHECK(find_defect(plan) == "the plan's compute class is no rank class");
}

TEST_CASE("a buffer needs a depth and both its ends in the same body") {
  StepPlan plan = nested();
  plan.step.buffers = {{0, 3, 0, false}};
  CHECK(find_defect(plan) == "a buffer has no depth");
  plan.step.buffers = {{0, 3, kFurthestBack + 1, false}};
  CHECK(find_defect(plan) == "a buffer is deeper than 4096");
  plan.step.buffers = {{0, 2, 1, false}};
  CHECK(find_defect(plan) == "a buffer's producer or consumer stands outside its repeat");
  plan.step.buffers = {{0, 3, 2, false}};
  CHECK(find_defect(plan).empty());
}

TEST_CASE("the index of a tree numbers repeats from the step inwards") {
  const TreeIndex tree = index_tree(nested());
  REQUIRE(tree.repeats.size() == 3);
  CHECK(tree.repeats[1].parent == 0);
  CHECK(tree.repeats[2].parent == 1);
  CHECK(tree.repeats[2].depth == 2);
  CHECK(tree.repeats[2].count == 5);
  CHECK(tree.repeat_of == std::vector<int>{0, 1, 2, 0});
}

TEST_CASE("an operation happens as often in a step as the repeats around it say together, however many steps there are") {
  StepPlan plan = nested();
  plan.step.count = 7;
  const TreeIndex tree = index_tree(plan);
  CHECK(times_in_step(tree, 0) == 1);
  CHECK(times_in_step(tree, 1) == 3);
  CHECK(times_in_step(tree, 2) == 15);
}

TEST_CASE("a dependency on a deeper operation waits for all its instances in the common iteration") {
  const TreeIndex tree = index_tree(nested());
  CHECK(dependency_rule(tree, 3, 2).inner == 15);
  CHECK(dependency_rule(tree, 3, 2).repeat == 0);
  CHECK(dependency_rule(tree, 1, 2).inner == 5);
  CHECK(dependency_rule(tree, 1, 2).repeat == 1);
  CHECK(dependency_rule(tree, 2, 1).inner == 1);
  CHECK(dependency_rule(tree, 2, 1).repeat == 1);
  CHECK(dependency_rule(tree, 2, 0).repeat == 0);
}

TEST_CASE("a communicator's pattern gives rows and columns of a mesh") {
  // Ranks 0..11 as 3 rows of 4: rows are groups of neighbours, columns groups at stride 4.
  const Communicator rows{"tensor", 4, 3, 1, 0, 0, 4, 1, {0}};
  const Communicator columns{"data", 3, 4, 4, 0, 1, 0, 4, {0}};
  CHECK(rows.rank(1, 0) == 4);
  CHECK(rows.rank(2, 3) == 11);
  CHECK(columns.rank(1, 0) == 1);
  CHECK(columns.rank(3, 2) == 11);
}

TEST_CASE("kernels and computations are compute, a send between three is a defect") {
  Operation operation = compute();
  CHECK(operation.kind() == OperationKind::compute);
  operation.work = Computation{};
  CHECK(operation.kind() == OperationKind::compute);
  operation.work = Delay{};
  CHECK(operation.kind() == OperationKind::delay);

  StepPlan plan;
  plan.ranks = 3;
  plan.classes = {{"rank", 0, 3, 1}};
  plan.lanes = {{"data", LaneKind::communication}};
  Communicator all;
  all.size = 3;
  all.classes = {0};
  plan.communicators = {all};
  operation.work = Collective{Collective::Operation::send, CollectiveAlgorithm::ring, 0, Bytes(1)};
  CHECK(operation.kind() == OperationKind::transfer);
  plan.operations = {operation};
  plan.step.body = {0};
  CHECK(find_defect(plan) == "a send is between other than two ranks");
}

TEST_CASE("plans are compared by what their names say, not by who keeps them") {
  StepPlan a = nested();
  a.names.texts = std::make_shared<std::deque<std::string>>(1, "work");
  a.operations[0].name = a.names.texts->front();
  CHECK(a == nested());
}
