#include <catch2/catch.hpp>
#include <map>
#include <tuple>

#include "oracle/evaluate.hpp"
#include "tests/sim/random_plan.hpp"
#include "tests/sim/reference.hpp"
#include "tests/sim/support.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

constexpr unsigned kPlans = 120;
constexpr int kSteps = 6;

sim::Played played_alone(const RandomPlan& random, const Platform& platform, unsigned seed, int steps = kSteps) {
  sim::PlayOptions options;
  options.steps = steps;
  options.contention = sim::Contention::off;
  options.logging = sim::Logging::every_rank;
  options.seed = seed;
  return sim::play(random.plan, random.costs, platform, options);
}

}  // namespace

TEST_CASE("random plans are played as a plain reference evaluates them") {
  for (unsigned seed = 1; seed <= kPlans; ++seed) {
    INFO("seed " << seed);
    const RandomPlan random(seed);
    REQUIRE(find_defect(random.plan).empty());
    Platform platform = nodes(random.plan.ranks);
    platform.compute_jitter = seed % 3 == 0 ? 0.2 : 0.0;
    const Reference reference(random.plan, kSteps, [&](int rank, int operation, int instance) {
      const bool compute = random.plan.operations[operation].kind() == OperationKind::compute;
      const double jitter = compute ? platform.compute_jitter * sim::jitter_draw(seed, rank, operation, instance) : 0.0;
      return random.costs[operation].duration().value() * (1 + jitter);
    });
    const sim::Played played = played_alone(random, platform, seed);
    REQUIRE(played.makespan.value() == Approx(reference.makespan()).epsilon(1e-9));
    std::size_t instances = 0;
    for (const auto& operations : reference.spans)
      for (const auto& list : operations) instances += list.size();
    REQUIRE(played.log.size() == instances);
    int wrong = 0;
    for (const sim::PlayedInstance& logged : played.log) {
      const auto& expected = reference.spans[logged.rank][logged.operation][static_cast<std::size_t>(logged.instance)];
      if (std::abs(logged.start.value() - expected.start) > 1e-9 || std::abs(logged.finish.value() - expected.finish) > 1e-9) ++wrong;
    }
    REQUIRE(wrong == 0);
    REQUIRE(played.parts().total().value() == Approx(played.makespan.value()).epsilon(1e-9));
  }
}

TEST_CASE("random plans take as long, with the same parts, in the oracle and in the simulator") {
  constexpr int kFewSteps = 4;
  for (unsigned seed = 1; seed <= kPlans; ++seed) {
    INFO("seed " << seed);
    RandomPlan random(seed);
    random.plan.step.count = kFewSteps;
    const oracle::Evaluation evaluated = oracle::evaluate(random.plan, random.costs);
    const sim::Played played = played_alone(random, nodes(random.plan.ranks), seed, kFewSteps);
    REQUIRE(played.makespan.value() == Approx(evaluated.total.value()).epsilon(1e-9));
    const Parts parts = played.parts() * (1.0 / kFewSteps);
    const auto near = [](Seconds a, Seconds b) { return std::abs((a - b).value()) < 1e-9; };
    REQUIRE(near(parts.compute, evaluated.parts.compute));
    REQUIRE(near(parts.comm_exposed, evaluated.parts.comm_exposed));
    REQUIRE(near(parts.bubble, evaluated.parts.bubble));
    REQUIRE(near(parts.input_exposed, evaluated.parts.input_exposed));
    REQUIRE(near(parts.overhead, evaluated.parts.overhead));
  }
}

TEST_CASE("random plans with one communicator take as long on links as alone") {
  for (unsigned seed = 1; seed <= kPlans / 3; ++seed) {
    INFO("seed " << seed);
    RandomPlan random(seed);
    for (std::size_t i = 0; i < random.plan.operations.size(); ++i) {
      Operation& operation = random.plan.operations[i];
      auto* transfer = std::get_if<Collective>(&operation.work);
      if (transfer == nullptr) continue;
      transfer->communicator = 0;
      operation.lane = 3;
      random.costs[i].edge_bytes = Bytes(random.costs[i].drain.value() * kBandwidth);
    }
    if (!find_defect(random.plan).empty()) continue;
    sim::PlayOptions options;
    options.steps = kSteps;
    const sim::Played on_links = sim::play(random.plan, random.costs, nodes(random.plan.ranks), options);
    const sim::Played alone = played_alone(random, nodes(random.plan.ranks), seed);
    REQUIRE(on_links.makespan.value() == Approx(alone.makespan.value()).epsilon(1e-6));
  }
}

TEST_CASE(
    "under contention every operation of a random plan starts exactly when its waits are met, and no transfer is quicker than alone") {
  for (unsigned seed = 1; seed <= kPlans / 2; ++seed) {
    INFO("seed " << seed);
    RandomPlan random(seed);
    for (std::size_t i = 0; i < random.plan.operations.size(); ++i)
      if (random.plan.operations[i].kind() == OperationKind::transfer)
        random.costs[i].edge_bytes = Bytes(random.costs[i].drain.value() * kBandwidth);
    Platform platform = nodes(random.plan.ranks, seed % 2 == 0 ? 2 : 1);
    platform.intra_node = {BytesPerSecond(2 * kBandwidth), Seconds(0)};
    platform.compute_jitter = 0.3;
    sim::PlayOptions options;
    options.steps = kSteps;
    options.seed = seed;
    options.logging = sim::Logging::every_rank;
    const sim::Played played = sim::play(random.plan, random.costs, platform, options);
    std::map<std::tuple<int, int, int>, double> took;
    for (const sim::PlayedInstance& logged : played.log)
      took[{logged.rank, logged.operation, static_cast<int>(logged.instance)}] = (logged.finish - logged.start).value();
    const Reference reference(random.plan, kSteps, [&](int rank, int operation, int instance) {
      return took.at({rank, operation, instance});
    });
    int wrong = 0;
    for (const sim::PlayedInstance& logged : played.log) {
      const auto& expected = reference.spans[logged.rank][logged.operation][static_cast<std::size_t>(logged.instance)];
      if (std::abs(logged.start.value() - expected.start) > 1e-7) ++wrong;
      const OperationCost& cost = random.costs[logged.operation];
      const double alone =
          random.plan.operations[logged.operation].kind() == OperationKind::transfer ? (cost.latency + cost.drain / 2).value() : 0.0;
      if ((logged.finish - logged.start).value() < alone - 1e-9) ++wrong;
    }
    REQUIRE(wrong == 0);
    REQUIRE(played.parts().total().value() == Approx(played.makespan.value()).epsilon(1e-9));
  }
}
