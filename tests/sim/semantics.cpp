#include <catch2/catch.hpp>

#include "tests/sim/support.hpp"

using namespace forerun;
using namespace forerun::test;

TEST_CASE("a lane runs its operations one at a time in plan order") {
  PlanBuilder plan;
  const int a = plan.compute(2);
  const int b = plan.compute(1);
  const sim::Played played = play(plan, 2, nodes(1));
  REQUIRE(start(played, 0, b) == 2);
  REQUIRE(start(played, 0, a, 1) == 3);
  REQUIRE(start(played, 0, b, 1) == 5);
}

TEST_CASE("lanes of a rank do not wait for one another") {
  PlanBuilder plan;
  const int host = plan.lane(LaneKind::host);
  const int a = plan.compute(2);
  const int b = plan.delay(1, {}, host);
  const sim::Played played = play(plan, 2, nodes(1));
  REQUIRE(start(played, 0, b) == 0);
  REQUIRE(start(played, 0, b, 1) == 1);
  REQUIRE(start(played, 0, a, 1) == 2);
  REQUIRE(played.makespan.value() == 4);
}

TEST_CASE("a step has finished once every lane is through with it") {
  PlanBuilder plan;
  const int host = plan.lane(LaneKind::host);
  plan.compute(2);
  plan.delay(3, {}, host);
  const sim::Played played = play(plan, 2, nodes(1));
  REQUIRE(played.step_finishes == std::vector<Seconds>{Seconds(3), Seconds(6)});
  REQUIRE(played.compute_finishes == std::vector<Seconds>{Seconds(2), Seconds(4)});
}

TEST_CASE("an operation starts after what it names has finished") {
  PlanBuilder plan;
  const int host = plan.lane(LaneKind::host);
  const int a = plan.delay(3, {}, host);
  const int b = plan.compute(1, {{a, 0}});
  const sim::Played played = play(plan, 2, nodes(1));
  REQUIRE(start(played, 0, b) == 3);
  REQUIRE(start(played, 0, b, 1) == 6);
}

TEST_CASE("an operation with an offset waits for an earlier iteration and not for its own") {
  for (const int offset : {1, 2, 3}) {
    PlanBuilder plan;
    const int host = plan.lane(LaneKind::host);
    const int a = plan.delay(3, {}, host);
    const int b = plan.compute(1, {{a, offset}});
    const sim::Played played = play(plan, 5, nodes(1));
    INFO("offset " << offset);
    for (int k = 0; k < 5; ++k) REQUIRE(start(played, 0, b, k) == (k < offset ? k : std::max(k, 3 * (k - offset + 1))));
  }
}

TEST_CASE("a buffer lets the producer start once the consumer has finished an earlier item") {
  PlanBuilder plan;
  const int input = plan.lane(LaneKind::input);
  const int producer = plan.delay(1, {}, input);
  const int consumer = plan.compute(4, {{producer, 0}});
  plan.buffer({producer, consumer, 2, false});
  const sim::Played played = play(plan, 5, nodes(1));
  REQUIRE(start(played, 0, producer, 1) == 1);
  REQUIRE(start(played, 0, producer, 2) == 5);  // item 0 is consumed at 1 + 4
  REQUIRE(start(played, 0, producer, 3) == 9);
  REQUIRE(start(played, 0, producer, 4) == 13);
}

TEST_CASE("a buffer whose items are taken lets the producer start once the consumer has started an earlier item") {
  PlanBuilder plan;
  const int input = plan.lane(LaneKind::input);
  const int producer = plan.delay(1, {}, input);
  const int consumer = plan.compute(4, {{producer, 0}});
  plan.buffer({producer, consumer, 1, true});
  const sim::Played played = play(plan, 4, nodes(1));
  REQUIRE(start(played, 0, producer, 1) == 1);  // item 0 is taken at 1
  REQUIRE(start(played, 0, producer, 2) == 5);  // item 1 at 5
  REQUIRE(start(played, 0, producer, 3) == 9);
  REQUIRE(finish(played, 0, consumer, 3) == 17);
}

TEST_CASE("nested repeats run their bodies as often as their counts multiply to") {
  PlanBuilder plan;
  const int before = plan.compute(10);
  plan.begin_repeat(2);
  const int outer = plan.compute(5);
  plan.begin_repeat(3);
  const int inner = plan.compute(1);
  plan.end_repeat();
  plan.end_repeat();
  const int after = plan.compute(2);
  const sim::Played played = play(plan, 2, nodes(1));
  REQUIRE(played.makespan.value() == 2 * (10 + 2 * (5 + 3) + 2));
  REQUIRE(start(played, 0, outer, 1) == 18);
  REQUIRE(start(played, 0, inner, 5) == 25);
  REQUIRE(start(played, 0, after) == 26);
  REQUIRE(start(played, 0, before, 1) == 28);
  REQUIRE(start(played, 0, inner, 6) == 28 + 10 + 5);
  REQUIRE(finish(played, 0, inner, 11) == 2 * 28 - 2);
}

TEST_CASE("an operation after a repeat waits for the last instance inside it") {
  PlanBuilder plan;
  const int host = plan.lane(LaneKind::host);
  plan.begin_repeat(4);
  const int inner = plan.delay(2, {}, host);
  plan.end_repeat();
  const int b = plan.compute(1, {{inner, 0}});
  const sim::Played played = play(plan, 2, nodes(1));
  REQUIRE(start(played, 0, b) == 8);
  REQUIRE(start(played, 0, b, 1) == 16);
}

TEST_CASE("an operation inside a repeat waits for the same iteration of a neighbour and once for what stands before the repeat") {
  PlanBuilder plan;
  const int host = plan.lane(LaneKind::host);
  const int before = plan.delay(5, {}, host);
  plan.begin_repeat(3);
  const int a = plan.delay(2, {}, host);
  const int b = plan.compute(1, {{a, 0}, {before, 0}});
  plan.end_repeat();
  const sim::Played played = play(plan, 2, nodes(1));
  for (int k = 0; k < 3; ++k) REQUIRE(start(played, 0, b, k) == 5 + 2 * (k + 1));
  for (int k = 0; k < 3; ++k) REQUIRE(start(played, 0, b, 3 + k) == 11 + 5 + 2 * (k + 1));
}

TEST_CASE("an offset inside a repeat counts on across outer iterations") {
  PlanBuilder plan;
  const int host = plan.lane(LaneKind::host);
  plan.begin_repeat(2);
  const int a = plan.delay(3, {}, host);
  const int b = plan.compute(1, {{a, 1}});
  plan.end_repeat();
  const sim::Played played = play(plan, 2, nodes(1));
  REQUIRE(start(played, 0, b, 0) == 0);
  REQUIRE(start(played, 0, b, 1) == 3);
  REQUIRE(start(played, 0, b, 2) == 6);
  REQUIRE(start(played, 0, b, 3) == 9);
}

TEST_CASE("a transfer waits for its last rank and finishes for all at once") {
  PlanBuilder plan(4);
  const int data = plan.lane(LaneKind::communication);
  plan.communicator(everyone(4));
  const int a = plan.compute(1);
  const int reduce = plan.transfer(0.5, {{a, 0}}, data);
  const int update = plan.compute(0.25, {{reduce, 0}});
  const sim::Played played = play(plan, 1, nodes(4), {{2, a, -1, Seconds(3)}});
  for (int rank = 0; rank < 4; ++rank) {
    REQUIRE(finish(played, rank, a) == (rank == 2 ? 4 : 1));
    REQUIRE(start(played, rank, reduce) == 4);
    REQUIRE(finish(played, rank, reduce) == 4.5);
    REQUIRE(start(played, rank, update) == 4.5);
  }
}

TEST_CASE("flows of a transfer start when its last rank arrives") {
  PlanBuilder plan(4);
  const int data = plan.lane(LaneKind::communication);
  plan.communicator(everyone(4));
  const int a = plan.compute(1);
  const int reduce = plan.transfer(0, {{a, 0}}, data);
  plan.costs()[reduce] = flows(0.25, 0.5);
  const sim::Played played = play(plan, 3, nodes(4), {{2, a, 1, Seconds(3)}});
  REQUIRE(finish(played, 1, reduce, 0) == Approx(1.75).epsilon(1e-9));
  REQUIRE(start(played, 1, reduce, 1) == 5);
  REQUIRE(finish(played, 1, reduce, 1) == Approx(5.75).epsilon(1e-9));
  REQUIRE(finish(played, 1, reduce, 2) == Approx(6.75).epsilon(1e-9));
}

TEST_CASE("groups of a communicator wait for their own ranks only") {
  PlanBuilder plan(6);
  const int data = plan.lane(LaneKind::communication);
  Communicator pairs = everyone(2);
  pairs.groups = 3;
  pairs.inner = 3;
  pairs.member_stride = 3;  // 0-3, 1-4, 2-5
  plan.communicator(pairs);
  const int a = plan.compute(1);
  const int reduce = plan.transfer(0.5, {{a, 0}}, data);
  const sim::Played played = play(plan, 1, nodes(6), {{4, a, -1, Seconds(2)}});
  for (const int rank : {0, 2, 3, 5}) REQUIRE(finish(played, rank, reduce) == 1.5);
  for (const int rank : {1, 4}) REQUIRE(finish(played, rank, reduce) == 3.5);
}

TEST_CASE("classes run their own programs and meet in transfers") {
  PlanBuilder plan(3);
  plan.classes({{"front", 0, 1, 1}, {"back", 1, 2, 1}});
  const int data = plan.lane(LaneKind::communication);
  Communicator all = everyone(3);
  all.classes = {0, 1};
  plan.communicator(all);
  const int front = plan.compute(1, {}, 0, 0);
  const int back = plan.compute(5, {}, 0, 1);
  const int meet = plan.transfer(1, {{front, 0}, {back, 0}}, data);
  const sim::Played played = play(plan, 2, nodes(3));
  REQUIRE(played.log.size() == 2 * (1 + 2 + 3));
  REQUIRE(start(played, 0, meet) == 5);
  REQUIRE(start(played, 0, front, 1) == 1);
  REQUIRE(start(played, 2, meet, 1) == 10);
}

TEST_CASE("a transfer is consumed when it starts only after the last rank has arrived") {
  PlanBuilder plan(2);
  const int data = plan.lane(LaneKind::communication);
  const int input = plan.lane(LaneKind::input);
  plan.communicator(everyone(2));
  const int producer = plan.delay(1, {}, input);
  const int consumer = plan.transfer(4, {{producer, 0}}, data);
  plan.buffer({producer, consumer, 1, true});
  const sim::Played played = play(plan, 2, nodes(2), {{1, producer, 0, Seconds(2)}});
  REQUIRE(start(played, 0, consumer) == 3);
  REQUIRE(start(played, 0, producer, 1) == 3);
}

TEST_CASE("parts name what the compute lane waited for") {
  PlanBuilder plan(2);
  const int data = plan.lane(LaneKind::communication);
  plan.communicator(everyone(2));
  const int a = plan.compute(1);
  const int reduce = plan.transfer(0.5, {{a, 0}}, data);
  plan.compute(0.25, {{reduce, 0}});
  const sim::Played played = play(plan, 2, nodes(2));
  REQUIRE(played.parts() == Parts{Seconds(2.5), Seconds(1), {}, {}, {}});
  REQUIRE(played.compute_parts[1] == Parts{Seconds(1.25), Seconds(0.5), {}, {}, {}});
}

TEST_CASE("the parts of a rank that waits for a late peer hold a bubble") {
  PlanBuilder plan(2);
  const int host = plan.lane(LaneKind::host);
  const int data = plan.lane(LaneKind::communication);
  plan.communicator(everyone(2));
  const int a = plan.compute(1);
  const int late = plan.delay(0.5, {}, host);
  const int reduce = plan.transfer(0.5, {{a, 0}, {late, 0}}, data);
  plan.compute(0.25, {{reduce, 0}});
  const sim::Played played = play(plan, 1, nodes(2), {{1, late, -1, Seconds(2.5)}});
  REQUIRE(played.observed_rank == 0);
  REQUIRE(played.parts() == Parts{Seconds(1.25), Seconds(0.5), Seconds(2), {}, {}});
}

TEST_CASE("what a run does after its last compute is charged too") {
  PlanBuilder plan(2);
  const int data = plan.lane(LaneKind::communication);
  plan.communicator(everyone(2));
  const int a = plan.compute(1);
  plan.transfer(0.5, {{a, 0}}, data);
  const sim::Played played = play(plan, 1, nodes(2));
  REQUIRE(played.tail == Parts{{}, Seconds(0.5), {}, {}, {}});
  REQUIRE(played.parts().total() == played.makespan);
}

TEST_CASE("parts add up over many steps, whose old records are dropped on the way") {
  PlanBuilder plan(2);
  const int data = plan.lane(LaneKind::communication);
  const int input = plan.lane(LaneKind::input);
  plan.communicator(everyone(2));
  const int load = plan.delay(0.75, {}, input);
  const int a = plan.compute(1, {{load, 0}});
  const int reduce = plan.transfer(0.5, {{a, 0}}, data);
  plan.buffer({load, a, 3, true});
  plan.compute(0.25, {{reduce, 1}});
  const sim::Played played = play(plan, 5000, nodes(2));
  REQUIRE(played.parts().total().value() == Approx(played.makespan.value()).epsilon(1e-9));
  REQUIRE(played.parts().compute.value() == Approx(5000 * 1.25).epsilon(1e-9));
  REQUIRE(played.parts().input_exposed.value() == Approx(0.75).epsilon(1e-9));
  REQUIRE(played.makespan.value() == Approx(5000 * 1.25 + 0.75 + 0.25).epsilon(1e-9));
}
