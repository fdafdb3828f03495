#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/kernels.hpp"
#include "validation/operations.hpp"

using namespace forerun;

namespace {

/// A layer's forward pass four times a step, and one all-reduce.
StepPlan plan() {
  StepPlan plan;
  plan.ranks = 2;
  plan.classes = {{"rank", 0, 2, 1}};
  plan.lanes = {{"compute", LaneKind::compute}, {"data", LaneKind::communication}};
  plan.communicators = {{.name = "data", .size = 2, .classes = {0}}};
  Operation forward{.name = "forward", .layer = 0, .work = test::dense(8, 16, 32)};
  Operation reduce{.name = "all_reduce", .layer = 0, .lane = 1, .work = Collective{.bytes = Bytes(100)}};
  plan.operations = {forward, reduce};
  plan.step.body = {Repeat{4, {Node(0)}, {}}, Node(1)};
  return plan;
}

MeasuredOperation measured(int index, const std::string& name, double seconds) {
  return {index,           {.value = name, .file = "runs.operations.csv", .line = 2}, "a layer", Seconds(seconds), Seconds(seconds),
          Seconds(seconds)};
}

std::vector<OperationCost> costs() { return {{Seconds(3), Seconds(0), Bytes(0)}, {Seconds(1), Seconds(4), Bytes(0)}}; }

}  // namespace

TEST_CASE("operations are read by run from beside the measured runs, and what was never done is left out") {
  const Folder folder;
  CHECK(read_operation_times(folder / "runs.csv").empty());
  put(folder / "runs.operations.csv",
      "run,operation,name,layer,median_s,p10_s,p90_s,wait_s\n"
      "one,0,forward,dense-1,0.5,0.25,1,0\none,1,never,,0,0,0,0\ntwo,0,forward,dense-1,2,1,3,0\none,2,token,,0,0,0.5,0\n");
  const OperationTimes times = read_operation_times(folder / "runs.csv");
  REQUIRE(times.size() == 2);
  REQUIRE(times.at("one").size() == 2);
  CHECK(times.at("one")[0].name.value == "forward");
  CHECK(times.at("one")[0].layer == "dense-1");
  CHECK(times.at("one")[0].median == Seconds(0.5));
  CHECK(times.at("one")[0].p10 == Seconds(0.25));
  CHECK(times.at("one")[0].p90 == Seconds(1));
  CHECK(times.at("one")[1].operation == 2);
  put(folder / "runs.operations.csv", "run,operation,name,layer,median_s,p10_s,p90_s\none,0,forward,dense-1,-1,0,1\n");
  CHECK_THROWS_AS(read_operation_times(folder / "runs.csv"), BadInput);
}

TEST_CASE("an operation is held against its price alone, as often as a step does it") {
  const std::vector<MeasuredOperation> both{measured(0, "forward", 2), measured(1, "all_reduce", 8)};
  const std::vector<ScoredOperation> scored = score_operations(both, plan(), costs());
  REQUIRE(scored.size() == 2);
  CHECK(scored[0].kind == "dense");
  CHECK(scored[0].times == 4);
  CHECK(scored[0].predicted == Seconds(3));
  CHECK(scored[0].missed() == Seconds(4));
  CHECK(scored[1].kind == "all-reduce");
  CHECK(scored[1].times == 1);
  CHECK(scored[1].predicted == Seconds(5));
  CHECK(scored[1].missed() == Seconds(-3));
}

TEST_CASE("an operation that is not the plan's is refused where it stands") {
  CHECK_THROWS_WITH(score_operations(std::vector{measured(1, "forward", 2)}, plan(), costs()),
                    "runs.operations.csv:2: is not this operation of the run's plan (got forward, allowed all_reduce)");
  CHECK_THROWS_WITH(score_operations(std::vector{measured(2, "forward", 2)}, plan(), costs()), Catch::Contains("allowed none"));
}

TEST_CASE("operations alike are summed up, what is missed by most first") {
  std::vector<ScoredOperation> scored =
      score_operations(std::vector{measured(1, "all_reduce", 8), measured(0, "forward", 2), measured(0, "forward", 2.5)}, plan(), costs());
  const std::vector<OperationSum> sums = sum_operations(scored);
  REQUIRE(sums.size() == 2);
  CHECK(sums[0].name == "forward");
  CHECK(sums[0].kind == "dense");
  CHECK(sums[0].operations == 2);
  CHECK(sums[0].measured == Seconds(18));
  CHECK(sums[0].predicted == Seconds(24));
  CHECK(sums[1].missed() == Seconds(-3));
}
