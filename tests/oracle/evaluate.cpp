#include "oracle/evaluate.hpp"

#include <catch2/catch.hpp>

#include "tests/support/plan_builder.hpp"

using namespace forerun;
using forerun::oracle::evaluate;
using forerun::test::everyone;
using forerun::test::PlanBuilder;

namespace {
double total(PlanBuilder& builder, std::int64_t steps) { return evaluate(builder.plan(steps), builder.costs()).total.value(); }
double period(PlanBuilder& builder) { return evaluate(builder.plan(0), builder.costs()).step.value(); }
}  // namespace

TEST_CASE("operations of one lane follow one another") {
  PlanBuilder b;
  b.compute(2);
  b.compute(3);
  CHECK(total(b, 1) == 5);
  CHECK(total(b, 4) == 20);
  CHECK(period(b) == 5);
}

TEST_CASE("lanes run side by side unless an operation waits for another") {
  PlanBuilder b;
  const int lane = b.lane(LaneKind::host);
  const int first = b.compute(2);
  b.delay(3, {}, lane);
  CHECK(total(b, 1) == 3);
  b.delay(1, {{first, 0}}, lane);
  CHECK(total(b, 1) == 4);
}

TEST_CASE("an operation waits for the latest of all that it names") {
  PlanBuilder b;
  const int a = b.lane(LaneKind::host), c = b.lane(LaneKind::host);
  const int slow = b.delay(7, {}, a), quick = b.delay(1, {}, c);
  b.compute(1, {{quick, 0}, {slow, 0}});
  CHECK(total(b, 1) == 8);
}

TEST_CASE("an offset waits for an earlier iteration, and before the first for nothing") {
  PlanBuilder b;
  const int input = b.lane(LaneKind::input);
  const int compute = b.compute(5);
  b.delay(3, {{compute, 1}}, input);
  // The input of step i follows the compute of step i - 1: 3, then 5 + 3, then 10 + 3.
  CHECK(total(b, 1) == 5);
  CHECK(total(b, 3) == 15);
  b.compute(1, {{1, 0}});
  // Step 1: compute 0-5, input 0-3, last 5-6. Step 2: compute 6-11, input 6-9 (the compute of step 1 ended at 5, its lane at 3).
  CHECK(total(b, 2) == 12);
}

TEST_CASE("the offset reaches as far back as it says") {
  const auto looped = [](int offset) {
    PlanBuilder b;
    const int side = b.lane(LaneKind::host);
    const int first = b.compute(4, {{1, offset}});
    b.delay(10, {{first, 0}}, side);
    return period(b);
  };
  CHECK(looped(1) == Approx(14));
  CHECK(looped(2) == Approx(10));
}

TEST_CASE("a buffer holds its producer back until the consumer has finished an item") {
  PlanBuilder b;
  const int input = b.lane(LaneKind::input);
  const int load = b.delay(1, {}, input);
  const int use = b.compute(10, {{load, 0}});
  b.buffer({load, use, 1, false});
  // One slot, given back at the end of its use: loading never overlaps.
  CHECK(period(b) == Approx(11));
}

TEST_CASE("a buffer whose items are taken is free once the consumer starts") {
  PlanBuilder b;
  const int input = b.lane(LaneKind::input);
  const int load = b.delay(4, {}, input);
  const int use = b.compute(10, {{load, 0}});
  b.buffer({load, use, 1, true});
  CHECK(period(b) == Approx(10));
  CHECK(total(b, 1) == 14);
}

TEST_CASE("two slots let the producer run one item ahead") {
  PlanBuilder b;
  const int input = b.lane(LaneKind::input);
  const int load = b.delay(4, {}, input);
  const int use = b.compute(10, {{load, 0}});
  b.buffer({load, use, 2, false});
  CHECK(period(b) == Approx(10));
}

TEST_CASE("a transfer starts when the last class has arrived and ends for all") {
  PlanBuilder b;
  b.classes({{"early", 0, 1, 1}, {"late", 1, 1, 1}});
  const int wire = b.lane(LaneKind::communication);
  Communicator both = everyone(2);
  both.classes = {0, 1};
  b.communicator(both);
  const int early = b.compute(1, {}, 0, 0), late = b.compute(5, {}, 0, 1);
  const int transfer = b.transfer(2, {{early, 0}, {late, 0}}, wire);
  b.compute(1, {{transfer, 0}}, 0, 0);
  CHECK(total(b, 1) == 8);
}

TEST_CASE("it does not matter which of a transfer's classes is late") {
  PlanBuilder b;
  b.classes({{"late", 0, 1, 1}, {"early", 1, 1, 1}});
  const int wire = b.lane(LaneKind::communication);
  Communicator both = everyone(2);
  both.classes = {0, 1};
  b.communicator(both);
  const int late = b.compute(5, {}, 0, 0), early = b.compute(1, {}, 0, 1);
  b.transfer(2, {{early, 0}, {late, 0}}, wire);
  CHECK(total(b, 1) == 7);
}

TEST_CASE("an inner repeat runs as often as it says and carries its lanes on") {
  PlanBuilder b;
  const int side = b.lane(LaneKind::host);
  b.compute(1);
  b.begin_repeat(4);
  const int work = b.compute(2);
  b.delay(3, {{work, 0}}, side);
  b.end_repeat();
  b.compute(1);
  // Compute: 1 + 4 x 2 + 1. The side lane starts at 3 and is the slower: 3 + 4 x 3.
  CHECK(total(b, 1) == 15);
}

TEST_CASE("after an inner repeat an operation waits for its last instance") {
  PlanBuilder b;
  const int side = b.lane(LaneKind::host);
  b.begin_repeat(1000);
  const int work = b.delay(3, {}, side);
  b.end_repeat();
  b.compute(1, {{work, 0}});
  CHECK(total(b, 1) == Approx(3001));
  CHECK(total(b, 7) == Approx(7 * 3000 + 1));
}

TEST_CASE("many iterations cost no more than a few") {
  PlanBuilder b;
  const int side = b.lane(LaneKind::host);
  const int work = b.compute(0.1);
  b.delay(0.3, {{work, 0}}, side);
  CHECK(total(b, 1000000000) == Approx(0.1 + 0.3e9));
}
