#include "costs/accounting.hpp"

#include <catch2/catch.hpp>

#include "tests/support/plan_builder.hpp"

using namespace forerun;
using forerun::test::everyone;
using forerun::test::PlanBuilder;

namespace {

// Operation 0 computes, 1 transfers, 2 is host work, 3 reads input.
StepPlan four_kinds() {
  PlanBuilder b(2);
  const int wire = b.lane(LaneKind::communication), host = b.lane(LaneKind::host), input = b.lane(LaneKind::input);
  b.communicator(everyone(2));
  b.compute(1);
  b.transfer(1, {}, wire);
  b.delay(1, {}, host);
  b.delay(1, {}, input);
  return b.plan(1);
}

}  // namespace

TEST_CASE("an operation's running time counts as its kind, on an input lane as input") {
  const StepPlan plan = four_kinds();
  CHECK(part_of(plan, plan.operations[0]) == PartKind::compute);
  CHECK(part_of(plan, plan.operations[1]) == PartKind::comm_exposed);
  CHECK(part_of(plan, plan.operations[2]) == PartKind::overhead);
  CHECK(part_of(plan, plan.operations[3]) == PartKind::input_exposed);
}

TEST_CASE("only the part of a cause that lies in the wait is charged") {
  const StepPlan plan = four_kinds();
  const std::vector<InstanceRecord> records{{1, -1, 0, 0, 6}, {0, 0, 6, 6, 9}};
  const Parts parts = charge(plan, records, 1, 2);
  CHECK(parts.compute == Seconds(3));
  CHECK(parts.comm_exposed == Seconds(4));
  CHECK(parts.total() == Seconds(7));
}

TEST_CASE("between a rank's arrival and a transfer's start its peers are awaited") {
  const StepPlan plan = four_kinds();
  const std::vector<InstanceRecord> records{{2, -1, 0, 0, 1}, {1, 0, 1, 4, 6}, {0, 1, 6, 6, 7}};
  const Parts parts = charge(plan, records, 2, 0);
  CHECK(parts.overhead == Seconds(1));
  CHECK(parts.bubble == Seconds(3));
  CHECK(parts.comm_exposed == Seconds(2));
  CHECK(parts.compute == Seconds(1));
}

TEST_CASE("a cause that only started charges what it waited for itself") {
  const StepPlan plan = four_kinds();
  // The compute waits for the start of the input at 5; the input waited for host work.
  const std::vector<InstanceRecord> records{{2, -1, 0, 0, 5}, {3, 0, 5, 5, 9}, {0, 1, 5, 5, 6}};
  const Parts parts = charge(plan, records, 2, 0);
  CHECK(parts.overhead == Seconds(5));
  CHECK(parts.input_exposed == Seconds(0));
}

TEST_CASE("a wait alone is charged up to the end of what ran last") {
  const StepPlan plan = four_kinds();
  const std::vector<InstanceRecord> records{{1, -1, 0, 2, 6}};
  const Parts parts = charge_wait(plan, records, 0, 1);
  CHECK(parts.comm_exposed == Seconds(4));
  CHECK(parts.overhead == Seconds(0));
  CHECK(parts.bubble == Seconds(1));
}
