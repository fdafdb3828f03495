#include <catch2/catch.hpp>

#include "tests/sim/support.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

// forward, two backward parts with a bucket each, update after the last bucket: bucket 0 overlaps the second part.
struct DataParallel {
  explicit DataParallel(int ranks) : plan(ranks) {
    const int data = plan.lane(LaneKind::communication);
    plan.communicator(everyone(ranks));
    forward = plan.compute(1);
    first_backward = plan.compute(1);
    first_reduce = plan.transfer(0, {{first_backward, 0}}, data);
    second_backward = plan.compute(2);
    second_reduce = plan.transfer(0, {{second_backward, 0}}, data);
    update = plan.compute(0.5, {{second_reduce, 0}});
    plan.costs()[first_reduce] = flows(0.25, 0.5);
    plan.costs()[second_reduce] = flows(0.25, 0.5);
  }
  PlanBuilder plan;
  int forward, first_backward, first_reduce, second_backward, second_reduce, update;
};

double makespan(DataParallel& step, int ranks, std::vector<sim::Perturbation> perturbations, int steps = 1) {
  return play(step.plan, steps, nodes(ranks), std::move(perturbations)).makespan.value();
}

constexpr double kStep = 1 + 1 + 2 + 0.75 + 0.5;

}  // namespace

TEST_CASE("a data-parallel step without perturbation takes compute and the exposed transfer") {
  DataParallel step(8);
  REQUIRE(makespan(step, 8, {}) == Approx(kStep).epsilon(1e-9));
  REQUIRE(makespan(step, 8, {}, 3) == Approx(3 * kStep).epsilon(1e-9));
}

TEST_CASE("a rank late by d before the last transfer lengthens the step by d") {
  DataParallel step(8);
  for (const double d : {1e-3, 0.1, 1.0, 7.0})
    for (const int operation : {step.forward, step.first_backward, step.second_backward})
      for (const int rank : {0, 3, 7}) {
        INFO("rank " << rank << ", operation " << operation << ", d " << d);
        REQUIRE(makespan(step, 8, {{rank, operation, -1, Seconds(d)}}) == Approx(kStep + d).epsilon(1e-9));
      }
}

TEST_CASE("a rank late in its update lengthens the step by d") {
  DataParallel step(8);
  REQUIRE(makespan(step, 8, {{5, step.update, -1, Seconds(0.3)}}) == Approx(kStep + 0.3).epsilon(1e-9));
}

TEST_CASE("ranks that are late at the same time lengthen the step by the latest alone") {
  DataParallel step(8);
  REQUIRE(makespan(step, 8, {{1, step.forward, -1, Seconds(0.3)}, {2, step.second_backward, -1, Seconds(0.7)}}) ==
          Approx(kStep + 0.7).epsilon(1e-9));
  REQUIRE(makespan(step, 8, {{1, step.forward, -1, Seconds(0.3)}, {1, step.second_backward, -1, Seconds(0.7)}}) ==
          Approx(kStep + 1.0).epsilon(1e-9));
}

TEST_CASE("a rank late in one step alone lengthens that step alone") {
  DataParallel step(4);
  const sim::Played played = play(step.plan, 3, nodes(4), {{2, step.forward, 1, Seconds(0.5)}});
  REQUIRE(played.step_finishes[0].value() == Approx(kStep).epsilon(1e-9));
  REQUIRE(played.step_finishes[1].value() == Approx(2 * kStep + 0.5).epsilon(1e-9));
  REQUIRE(played.step_finishes[2].value() == Approx(3 * kStep + 0.5).epsilon(1e-9));
}

TEST_CASE("slack hides a delay up to its length") {
  // The last rank of the second communicator computes 2 s less than its peers wait for anyway.
  PlanBuilder plan(2);
  const int data = plan.lane(LaneKind::communication);
  const int host = plan.lane(LaneKind::host);
  plan.communicator(everyone(2));
  const int slow = plan.compute(3);
  const int quick = plan.delay(1, {}, host);
  const int reduce = plan.transfer(0, {{slow, 0}, {quick, 0}}, data);
  plan.costs()[reduce] = flows(0.25, 0.25);
  for (const double d : {0.0, 0.5, 1.0, 2.0, 2.5, 4.0}) {
    INFO("d " << d);
    REQUIRE(play(plan, 1, nodes(2), {{1, quick, -1, Seconds(d)}}).makespan.value() == Approx(3.5 + std::max(0.0, d - 2)).epsilon(1e-9));
  }
}

TEST_CASE("a delay in one pair reaches the other pairs only through a transfer that they share") {
  PlanBuilder plan(4);
  const int data = plan.lane(LaneKind::communication);
  Communicator pairs = everyone(2);
  pairs.groups = 2;
  pairs.outer_stride = 2;
  plan.communicator(pairs);
  const int compute = plan.compute(1);
  const int reduce = plan.transfer(0, {{compute, 0}}, data);
  plan.costs()[reduce] = flows(0.5, 0.5);
  const sim::Played played = play(plan, 1, nodes(4), {{0, compute, -1, Seconds(3)}});
  REQUIRE(finish(played, 1, reduce) == Approx(5).epsilon(1e-9));
  REQUIRE(finish(played, 2, reduce) == Approx(2).epsilon(1e-9));
}

TEST_CASE("the observed rank is the one that computes longest") {
  DataParallel step(4);
  REQUIRE(play(step.plan, 1, nodes(4)).observed_rank == 0);
  const sim::Played played = play(step.plan, 1, nodes(4), {{2, step.forward, -1, Seconds(0.5)}});
  REQUIRE(played.observed_rank == 2);
  REQUIRE(played.parts().compute.value() == Approx(5).epsilon(1e-9));
  REQUIRE(played.parts().comm_exposed.value() == Approx(0.75).epsilon(1e-9));
  REQUIRE(played.parts().total().value() == Approx(played.makespan.value()).epsilon(1e-9));
}

TEST_CASE("a transfer cannot be perturbed") {
  DataParallel step(2);
  REQUIRE_THROWS_AS(makespan(step, 2, {{0, step.first_reduce, -1, Seconds(1)}}), std::exception);
}
