#include <catch2/catch.hpp>

#include "oracle/evaluate.hpp"
#include "tests/support/plan_builder.hpp"

using namespace forerun;
using forerun::oracle::evaluate;
using forerun::test::everyone;
using forerun::test::PlanBuilder;

namespace {

Parts parts_of_run(PlanBuilder& builder, std::int64_t steps = 1) {
  const auto evaluation = evaluate(builder.plan(steps), builder.costs());
  CHECK(evaluation.parts.total().value() == Approx(evaluation.step.value()).epsilon(1e-12));
  return evaluation.parts;
}

// backward, its transfer, and the update that waits for it
PlanBuilder reduced_step(double compute, double transfer) {
  PlanBuilder b(2);
  const int wire = b.lane(LaneKind::communication);
  b.communicator(everyone(2));
  const int backward = b.compute(compute);
  const int reduce = b.transfer(transfer, {{backward, 0}}, wire);
  b.compute(1, {{reduce, 0}});
  return b;
}

}  // namespace

TEST_CASE("waiting for a running transfer is exposed communication") {
  PlanBuilder b = reduced_step(2, 3);
  const Parts parts = parts_of_run(b);
  CHECK(parts.compute == Seconds(3));
  CHECK(parts.comm_exposed == Seconds(3));
  CHECK(parts.bubble == Seconds(0));
}

TEST_CASE("a transfer behind compute is not exposed") {
  PlanBuilder b(2);
  const int wire = b.lane(LaneKind::communication);
  b.communicator(everyone(2));
  const int first = b.compute(1);
  const int reduce = b.transfer(3, {{first, 0}}, wire);
  b.compute(2);
  b.compute(1, {{reduce, 0}});
  const Parts parts = parts_of_run(b);
  CHECK(parts.compute == Seconds(4));
  CHECK(parts.comm_exposed == Seconds(1));
}

TEST_CASE("a transfer queued behind another is exposed with it") {
  PlanBuilder b(2);
  const int wire = b.lane(LaneKind::communication);
  b.communicator(everyone(2));
  const int first = b.compute(1);
  b.transfer(3, {{first, 0}}, wire);
  const int second = b.transfer(2, {{first, 0}}, wire);
  b.compute(1, {{second, 0}});
  CHECK(parts_of_run(b).comm_exposed == Seconds(5));
}

TEST_CASE("waiting for a peer that has not arrived is bubble") {
  PlanBuilder b;
  b.classes({{"here", 0, 1, 1}, {"there", 1, 1, 1}});
  const int wire = b.lane(LaneKind::communication);
  Communicator both = everyone(2);
  both.classes = {0, 1};
  b.communicator(both);
  const int here = b.compute(1, {}, 0, 0), there = b.compute(5, {}, 0, 1);
  const int transfer = b.transfer(2, {{here, 0}, {there, 0}}, wire);
  b.compute(1, {{transfer, 0}}, 0, 0);
  const Parts parts = parts_of_run(b);
  CHECK(parts.compute == Seconds(2));
  CHECK(parts.bubble.value() == 4);
  CHECK(parts.comm_exposed == Seconds(2));
}

TEST_CASE("waiting for input is exposed input, for the host overhead") {
  PlanBuilder b;
  const int input = b.lane(LaneKind::input), host = b.lane(LaneKind::host);
  const int load = b.delay(4, {}, input);
  b.compute(1, {{load, 0}});
  const int launch = b.delay(7, {}, host);
  b.compute(1, {{launch, 0}});
  const Parts parts = parts_of_run(b);
  CHECK(parts.input_exposed == Seconds(4));
  CHECK(parts.overhead == Seconds(2));
  CHECK(parts.compute == Seconds(2));
}

TEST_CASE("a wait is charged back through what it waited for in turn") {
  PlanBuilder b(2);
  const int wire = b.lane(LaneKind::communication), host = b.lane(LaneKind::host);
  b.communicator(everyone(2));
  const int launch = b.delay(3, {}, host);
  const int reduce = b.transfer(2, {{launch, 0}}, wire);
  b.compute(1, {{reduce, 0}});
  const Parts parts = parts_of_run(b);
  CHECK(parts.overhead == Seconds(3));
  CHECK(parts.comm_exposed == Seconds(2));
  CHECK(parts.compute == Seconds(1));
}

TEST_CASE("what runs after the last compute operation belongs to the run") {
  PlanBuilder b(2);
  const int wire = b.lane(LaneKind::communication);
  b.communicator(everyone(2));
  const int work = b.compute(1);
  b.transfer(3, {{work, 0}}, wire);
  CHECK(parts_of_run(b).comm_exposed == Seconds(3));
}

TEST_CASE("other ranks that finish later are bubble") {
  PlanBuilder b;
  b.classes({{"here", 0, 1, 1}, {"there", 1, 1, 1}});
  b.compute(1, {}, 0, 0);
  b.compute(5, {}, 0, 1);
  CHECK(parts_of_run(b).bubble == Seconds(4));
}

TEST_CASE("the parts of many steps are those of one, also past the period's jump") {
  PlanBuilder b = reduced_step(2, 3);
  const Parts parts = parts_of_run(b, 100000);
  CHECK(parts.compute.value() == Approx(3).epsilon(1e-12));
  CHECK(parts.comm_exposed.value() == Approx(3).epsilon(1e-12));
  const auto asymptotic = evaluate(b.plan(0), b.costs());
  CHECK(asymptotic.parts.total().value() == Approx(asymptotic.step.value()).epsilon(1e-12));
}

TEST_CASE("transfers that fall behind for ever are exposed at the end, also past the period's jump") {
  PlanBuilder b(2);
  const int wire = b.lane(LaneKind::communication);
  b.communicator(everyone(2));
  const int work = b.compute(1);
  b.transfer(3, {{work, 0}}, wire);
  const Parts parts = parts_of_run(b, 1000);
  CHECK(parts.bubble.value() == Approx(0).margin(1e-12));
  CHECK(parts.compute.value() == Approx(1));
  CHECK(parts.comm_exposed.value() == Approx(2.001));
}

TEST_CASE("a compute lane with a transfer on it counts the transfer as exposed") {
  PlanBuilder b(2);
  b.communicator(everyone(2));
  b.compute(1);
  b.transfer(3, {}, 0);
  const Parts parts = parts_of_run(b);
  CHECK(parts.compute == Seconds(1));
  CHECK(parts.comm_exposed == Seconds(3));
}
