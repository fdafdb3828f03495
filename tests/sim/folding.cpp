#include <catch2/catch.hpp>
#include <cmath>

#include "sim/play.hpp"
#include "tests/sim/random_plan.hpp"
#include "tests/sim/support.hpp"
#include "tests/support/random_plans.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

/// A transformer whose ranks fill nodes of four devices.
Scenario transformer(const std::string& strategy, int nodes) {
  Scenario scenario;
  const auto word = [](std::string value, std::string key = "") { return Text{std::move(value), "test", 0, 0, std::move(key)}; };
  scenario.workload = load_workload(word("gpt2"), std::vector{word("8", "layers"), word("64", "hidden"), word("8", "heads"),
                                                              word("32", "sequence"), word("1000", "vocabulary")});
  scenario.platform = load_platform(word("dgx-a100-80gb"), {});
  scenario.platform.nodes = nodes, scenario.platform.devices_per_node = 4;
  scenario.platform.library = CollectiveLibrary::none;  // rings
  scenario.platform.inter_node.bandwidth *= 1e-3;       // so that what shares a node's link is seen
  scenario.calibration = load_calibration(word(scenario.platform.calibration));
  scenario.strategy = parse_strategy(word(strategy));
  scenario.workload.batch = scenario.strategy.data * scenario.strategy.micro_batches;
  return scenario;
}

sim::Played played(const Scenario& scenario, sim::PlayOptions options = {}) {
  const auto lowered = lower(scenario);
  INFO((std::holds_alternative<Infeasible>(lowered) ? std::get<Infeasible>(lowered).reason : ""));
  REQUIRE(std::holds_alternative<StepPlan>(lowered));
  const auto& plan = std::get<StepPlan>(lowered);
  return sim::play(plan, price(plan, scenario), scenario.platform, options);
}

int copies(const std::string& strategy, int nodes) { return played(transformer(strategy, nodes)).copies; }

void require_same(const sim::Played& folded, const sim::Played& whole) {
  REQUIRE(whole.copies == 1);
  REQUIRE(folded.makespan.value() == Approx(whole.makespan.value()).epsilon(1e-7));
  const Parts a = folded.parts(), b = whole.parts();
  const auto near = [&](Seconds x, Seconds y) { return std::abs((x - y).value()) <= 1e-7 * whole.makespan.value(); };
  REQUIRE(near(a.compute, b.compute));
  REQUIRE(near(a.comm_exposed, b.comm_exposed));
  REQUIRE(near(a.bubble, b.bubble));
  REQUIRE(near(a.input_exposed, b.input_exposed));
  REQUIRE(near(a.overhead, b.overhead));
}

}  // namespace

TEST_CASE("replicas behind one switch are simulated once") {
  CHECK(copies("data=16", 4) == 4);                                     // a ring through four devices of a node
  CHECK(copies("tensor=4,data=8", 8) == 8);                             // a node a replica
  CHECK(copies("tensor=2,data=8", 4) == 4);                             // two replicas a node
  CHECK(copies("tensor=4,pipeline=2,data=4,micro-batches=4", 8) == 4);  // of each stage
  CHECK(copies("tensor=2,pipeline=4,data=4,micro-batches=4", 8) == 2);  // two replicas a node
  CHECK(copies("tensor=4,data=8,zero=3,overlap=data", 8) == 8);
}

TEST_CASE("ranks that are not proven alike are simulated one by one") {
  CHECK(copies("data=4", 1) == 1);                           // there is one node
  CHECK(copies("pipeline=4,micro-batches=4", 1) == 1);       // stages differ
  CHECK(copies("tensor=4,data=8,collective=tree", 8) == 1);  // leaves and inner nodes of a tree
  CHECK(copies("tensor=4,data=6,collective=recursive-halving-doubling", 6) == 1);
  Scenario jittered = transformer("data=16", 4);
  jittered.platform.compute_jitter = 0.05;
  CHECK(played(jittered).copies == 1);
  CHECK(
      played(transformer("data=16", 4), {.perturbations = {{.rank = 3, .operation = 0, .instance = -1, .added = Seconds(1e-3)}}}).copies ==
      1);
  CHECK(played(transformer("data=16", 4), {.logging = sim::Logging::every_rank}).copies == 1);
  Scenario tree = transformer("data=16", 4);
  tree.platform.topology.kind = Topology::Kind::fat_tree;
  tree.platform.topology.shape[0] = 2, tree.platform.topology.oversubscription[0] = 4;
  CHECK(played(tree).copies == 1);
}

TEST_CASE("what is folded takes as long as what is not, links shared by several axes included") {
  for (const char* strategy : {"data=16", "tensor=4,data=8", "tensor=2,data=8,zero=1", "tensor=4,pipeline=2,data=4,micro-batches=4",
                               "tensor=2,pipeline=4,data=4,micro-batches=6,schedule=1f1b,overlap=data",
                               "tensor=4,data=8,zero=3,overlap=data", "pipeline=2,data=16,micro-batches=4,overlap=data"}) {
    INFO(strategy);
    const Scenario scenario = transformer(strategy, 8);
    const sim::Played folded = played(scenario), whole = played(scenario, {.fold = sim::Fold::never});
    CHECK(folded.copies > 1);
    CHECK(whole.flows == folded.copies * folded.flows);
    require_same(folded, whole);
  }
}

TEST_CASE("what is folded takes as long as what is not where transfers slow compute") {
  for (const char* strategy : {"tensor=4,data=8,zero=3,overlap=data", "tensor=2,pipeline=4,data=4,micro-batches=6,overlap=data"}) {
    INFO(strategy);
    const Scenario scenario = transformer(strategy, 8);
    const sim::Played folded = played(scenario, {.overlap_slowdown = 1.4});
    CHECK(folded.copies > 1);
    CHECK(folded.parts().compute > played(scenario).parts().compute);
    require_same(folded, played(scenario, {.fold = sim::Fold::never, .overlap_slowdown = 1.4}));
  }
}

TEST_CASE("a rank is simulated for others of its program alone") {
  PlanBuilder plan(6);
  plan.classes({{"quick", 0, 3, 2}, {"slow", 1, 3, 2}});
  const int data = plan.lane(LaneKind::communication);
  Communicator ring = everyone(6);
  ring.classes = {0, 1};
  plan.communicator(ring);
  const int quick = plan.compute(1), slow = plan.compute(2, {}, 0, 1);
  plan.transfer(0, {{quick}, {slow}}, data);
  plan.costs().back() = flows(0, 1);
  REQUIRE(find_defect(plan.edit()) == "");
  const sim::Played folded = sim::play(plan.plan(1), plan.costs(), nodes(6), {});
  CHECK(folded.copies == 3);
  CHECK(folded.makespan.value() == Approx(3));
}

TEST_CASE("a node is simulated for another only where all of its ranks go there") {
  // Two rings of two nodes each, in every node that both of them reach; the second kind begins `later` nodes after the first.
  const auto copies = [](int later, int odd_groups) {
    PlanBuilder plan(12);
    plan.classes({{"even", 0, 6, 2}, {"odd", 1 + 2 * later, 2 * odd_groups, 2}});
    const int data = plan.lane(LaneKind::communication);
    for (const int odd : {0, 1}) {
      Communicator pairs = pair(odd == 0 ? 0 : 1 + 2 * later, 2, odd);
      pairs.groups = pairs.inner = odd == 0 ? 3 : odd_groups;
      pairs.inner_stride = 4;
      plan.transfer(0, {}, data, plan.communicator(pairs));
      plan.costs().back() = flows(0, 1);
    }
    REQUIRE(find_defect(plan.edit()) == "");
    const sim::Played folded = sim::play(plan.plan(1), plan.costs(), nodes(6, 2), {});
    require_same(folded, sim::play(plan.plan(1), plan.costs(), nodes(6, 2), {.fold = sim::Fold::never}));
    return folded.copies;
  };
  CHECK(copies(0, 3) == 2);
  CHECK(copies(0, 2) == 2);  // the last two nodes have one ring alone
  CHECK(copies(1, 2) == 1);  // a node's even rank goes to the node before, its odd one to the next
}

TEST_CASE("random plans of ranks with different programs take as long folded as whole") {
  int folded_plans = 0;
  for (unsigned seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    RandomPlan random(seed);
    for (OperationCost& cost : random.costs) cost.edge_bytes = Bytes(cost.drain.value() * kBandwidth);
    Platform platform = nodes(random.plan.ranks, seed % 2 == 0 ? 2 : 1);
    platform.intra_node = {BytesPerSecond(2 * kBandwidth), Seconds(0)};
    const sim::Played folded = sim::play(random.plan, random.costs, platform, {.steps = 4});
    if (folded.copies == 1) continue;
    ++folded_plans;
    require_same(folded, sim::play(random.plan, random.costs, platform, {.steps = 4, .fold = sim::Fold::never}));
  }
  CHECK(folded_plans >= 50);
}

TEST_CASE("random strategies take as long folded as whole") {
  RandomScenarios scenarios(62);
  int folded_plans = 0;
  for (const Form& form : kForms)
    for (int i = 0; i < 6; ++i) {
      const Priced priced = next_plan(scenarios, form);
      INFO(form.name << " " << i << ": " << strategy_text(priced.scenario.strategy));
      const sim::Played folded = sim::play(priced.plan, priced.costs, priced.scenario.platform, {});
      if (folded.copies == 1) continue;
      ++folded_plans;
      require_same(folded, sim::play(priced.plan, priced.costs, priced.scenario.platform, {.fold = sim::Fold::never}));
    }
  WARN(folded_plans << " of " << 6 * kForms.size() << " random plans folded");
  CHECK(folded_plans >= 50);
}
