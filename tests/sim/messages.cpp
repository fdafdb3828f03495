#include <algorithm>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "oracle/predict.hpp"
#include "sim/chunks.hpp"
#include "tests/sim/message_mode.hpp"
#include "tests/sim/scenarios.hpp"
#include "tests/support/random_plans.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

using Kind = Collective::Operation;
using enum CollectiveAlgorithm;

constexpr double kHop_s = 2e-6;

const std::vector<CollectiveAlgorithm> kAlgorithms = {
    ring, recursive_halving_doubling, recursive_doubling, double_binary_tree, hierarchical, switch_reduction};
const std::vector<Kind> kKinds = {Kind::all_reduce, Kind::all_gather, Kind::reduce_scatter, Kind::all_to_all, Kind::broadcast, Kind::shift};

/// Each algorithm of each collective that there is over all ranks of a platform, over interleaved groups and over pairs far apart.
template <class Look>
void for_each_collective(const Platform& platform, Look look) {
  const int ranks = platform.devices();
  std::vector<Communicator> communicators = {everyone(ranks)};
  if (ranks % 2 == 0 && ranks > 2) communicators.insert(communicators.end(), {group(ranks / 2, 2, 2), group(2, ranks / 2, ranks / 2)});
  for (const Communicator& communicator : communicators)
    for (const CollectiveAlgorithm algorithm : kAlgorithms)
      for (const Kind kind : kKinds) {
        if (feasible_algorithm(algorithm, kind, place(communicator, platform), platform) != algorithm) continue;
        INFO(to_string(algorithm) << " " << to_string(kind) << " over " << communicator.groups << " groups of " << communicator.size
                                  << " on " << platform.nodes << " x " << platform.devices_per_node);
        look(kind, algorithm, communicator);
      }
}

Platform reducing(int count, int devices) {
  Platform platform = described(count, devices);
  platform.fabric = NodeFabric::nvlink_reducing;
  return platform;
}

Platform fat_tree(int count, int devices_per_node, std::initializer_list<int> shape, std::initializer_list<double> oversubscription) {
  Platform platform = described(count, devices_per_node);
  platform.topology.kind = Topology::Kind::fat_tree;
  std::copy(shape.begin(), shape.end(), platform.topology.shape.begin());
  std::copy(oversubscription.begin(), oversubscription.end(), platform.topology.oversubscription.begin());
  return platform;
}

/// Pieces of a tree's way up drain while others are on their way, which its price takes to come first and then its bytes.
bool goes_up_and_down(Kind kind, CollectiveAlgorithm algorithm) { return algorithm == double_binary_tree && kind == Kind::all_reduce; }

std::int64_t messages_of(Kind kind, CollectiveAlgorithm algorithm, int ranks) {
  return in_both_modes({kind, algorithm, 0, Bytes(1e6)}, everyone(ranks), described(ranks, 1)).messages;
}

}  // namespace

TEST_CASE("a collective takes as many messages as its algorithm has") {
  CHECK(messages_of(Kind::all_reduce, ring, 8) == 2 * 7 * 8);
  CHECK(messages_of(Kind::all_gather, ring, 8) == 7 * 8);
  CHECK(messages_of(Kind::all_to_all, ring, 8) == 7 * 8);
  CHECK(messages_of(Kind::all_reduce, recursive_halving_doubling, 8) == 2 * 3 * 8);
  CHECK(messages_of(Kind::all_gather, recursive_halving_doubling, 8) == 3 * 8);
  CHECK(messages_of(Kind::shift, ring, 8) == 7);
}

TEST_CASE("the messages of a phase carry over each edge what its flow carries") {
  const Platform platform = reducing(3, 4);
  for_each_collective(platform, [&](Kind kind, CollectiveAlgorithm algorithm, const Communicator& communicator) {
    if (kind == Kind::all_to_all) return;
    const Collective collective{kind, algorithm, 0, Bytes(1e6)};
    const OperationCost cost = transfer_cost(collective, communicator, platform, Calibration{});
    for (const PlayedPhase& played : played_phases(cost, collective, communicator, platform)) {
      std::map<std::pair<int, int>, double> bytes;
      std::vector<Edge> edges;
      edges_of(played.phase, communicator, 0, platform, edges);
      for (const Edge& edge : edges) {
        const bool inside = node_of(platform, edge.from) == node_of(platform, edge.to);
        bytes[{edge.from, edge.to}] += edge.weight * (inside ? played.inside : played.between).value();
      }
      const sim::Chunks chunks = sim::chunks_of(played, communicator, 0, platform);
      for (const auto& stream : chunks.streams) bytes[{stream.from, stream.to}] -= chunks.count * stream.bytes.value();
      for (const auto& [edge, left] : bytes) CHECK(std::abs(left) < 1e-6);
    }
  });
}

TEST_CASE("message by message a collective without contention takes as long as its flows", "[slow]") {
  Platform slow_inside = described(2, 4);
  slow_inside.intra_node.bandwidth = BytesPerSecond(0.2 * kBandwidth);
  for (const Platform& platform : {reducing(1, 8), described(2, 1), described(5, 1), described(16, 1), described(64, 1), described(2, 4),
                                   described(3, 4), described(4, 3), described(2, 8), described(8, 8), slow_inside}) {
    for_each_collective(platform, [&](Kind kind, CollectiveAlgorithm algorithm, const Communicator& communicator) {
      for (const double bytes : {1.0, 1e4, 1e6, 1e8}) {
        const BothModes both = in_both_modes({kind, algorithm, 0, Bytes(bytes)}, communicator, platform);
        INFO(bytes << " bytes");
        if (!goes_up_and_down(kind, algorithm) || bytes == 1.0 || bytes == 1e8) {
          CHECK(both.ratio() == Approx(1).margin(1e-3));
          continue;
        }
        CHECK(both.message_s <= (1 + 1e-3) * both.flow_s);
        CHECK(both.message_s >= (1 - 1e-3) * (both.flow_s - 0.5 * both.latency.value()));
      }
    });
  }
}

TEST_CASE("message by message 256 ranks take as long as their flows", "[slow]") {
  for (const Platform& platform : {described(256, 1), described(32, 8)})
    for (const auto& [kind, algorithm] :
         {std::pair(Kind::all_reduce, ring), std::pair(Kind::all_to_all, ring), std::pair(Kind::broadcast, ring),
          std::pair(Kind::all_reduce, double_binary_tree), std::pair(Kind::all_reduce, recursive_halving_doubling)}) {
      INFO(to_string(algorithm) << " " << to_string(kind) << " on " << platform.nodes << " nodes");
      CHECK(in_both_modes({kind, algorithm, 0, Bytes(1e8)}, everyone(256), platform).ratio() == Approx(1).margin(1e-3));
    }
}

TEST_CASE("message by message a ring over an over-subscribed tree takes as long as its flows, wherever its members lie") {
  std::mt19937 random(7);
  for (const auto& platform :
       {fat_tree(16, 1, {4}, {4}), fat_tree(64, 1, {8}, {4}), fat_tree(8, 8, {4}, {4}), fat_tree(12, 4, {2, 2}, {2, 2})})
    for (const double bytes : {1e3, 1e5, 1e6, 1e8}) {
      const Collective collective{Kind::all_reduce, ring, 0, Bytes(bytes)};
      const int ranks = platform.devices();
      CHECK(in_both_modes(collective, everyone(ranks), platform).ratio() == Approx(1).margin(1e-3));
      CHECK(in_both_modes(collective, group(4, ranks / 4, ranks / 4), platform).ratio() == Approx(1).margin(1e-3));
      Communicator shuffled = everyone(ranks);
      for (int rank = 0; rank < ranks; ++rank) shuffled.members.push_back(rank);
      std::shuffle(shuffled.members.begin(), shuffled.members.end(), random);
      const BothModes both = in_both_modes(collective, shuffled, platform);
      INFO(ranks << " ranks, " << bytes << " bytes");
      CHECK(both.ratio() == Approx(1).margin(1e-3));
    }
}

TEST_CASE("message by message the other collectives take within 5 % of their flows over an over-subscribed tree", "[slow]") {
  for (auto platform : {fat_tree(16, 1, {4}, {4}), fat_tree(64, 1, {8}, {4}), fat_tree(16, 2, {4}, {3}), fat_tree(8, 8, {4}, {4}),
                        fat_tree(12, 4, {2, 2}, {2, 2}), fat_tree(7, 3, {2, 3}, {1.5, 1.5})}) {
    if (platform.devices_per_node > 1) platform.fabric = NodeFabric::nvlink;
    for_each_collective(platform, [&](Kind kind, CollectiveAlgorithm algorithm, const Communicator& communicator) {
      for (const double bytes : {1e6, 1e8}) {
        INFO(bytes << " bytes");
        CHECK(in_both_modes({kind, algorithm, 0, Bytes(bytes)}, communicator, platform).ratio() == Approx(1).margin(0.05));
      }
    });
  }
}

TEST_CASE("an all-to-all among more ranks than a rank of PCIe sends to at once leaves links idle for a tenth of its time at most") {
  const Platform platform = fat_tree(12, 4, {2, 2}, {2, 2});
  for (const Communicator& communicator : {everyone(48), group(24, 2, 2), group(2, 24, 24), group(16, 3, 3)}) {
    const double ratio = in_both_modes({Kind::all_to_all, ring, 0, Bytes(1e8)}, communicator, platform).ratio();
    INFO(communicator.size << " ranks");
    if (communicator.size <= 17)
      CHECK(ratio == Approx(1).epsilon(1e-9));
    else
      CHECK((ratio >= 1 - 1e-9 && ratio < 1.1));
  }
}

TEST_CASE("a rank of an all-to-all sends to sixteen peers at once, and to the next as they are through") {
  const Platform platform = described(18, 1);
  const Collective collective{Kind::all_to_all, ring, 0, Bytes(18e6)};
  const OperationCost cost = transfer_cost(collective, everyone(18), platform, Calibration{});
  const sim::Chunks chunks = sim::chunks_of(played_phases(cost, collective, everyone(18), platform).front(), everyone(18), 0, platform);
  CHECK(chunks.streams.size() == 18 * 16);
  CHECK(chunks.streams[16 * 5].receivers == std::vector{6, 4});      // the first, and the seventeenth
  CHECK(chunks.streams[16 * 5 + 1].receivers == std::vector{7, 5});  // the second, and nobody
  CHECK(chunks.latency.value() == Approx(17 * kHop_s / 2));
}

TEST_CASE("two trees of one rank a node share their links only while both directions have bytes") {
  // Up at the whole link, 250 us; the way down begins one latency after it and is as long.
  const Platform slow = [] {
    Platform platform = described(2, 1);
    platform.inter_node.latency = Seconds(1e-3);
    return platform;
  }();
  const BothModes both = in_both_modes({Kind::all_reduce, double_binary_tree, 0, Bytes(5e5)}, everyone(2), slow);
  CHECK(both.flow_s == Approx(2e-3 + 5e-4));
  CHECK(both.message_s == Approx(2e-3 + 2.5e-4));
}

TEST_CASE("in a ring whose links are busy one after another every rank waits for each of them, which flows do not know") {
  // Six messages of a second an edge. Between nodes 0 and 1 another second of bytes at the start, between 2 and 3 one after five seconds.
  PlanBuilder plan(8);
  plan.classes({{"ring", 0, 4, 2}, {"early", 1, 2, 2}, {"late", 5, 2, 2}});
  const int data = plan.lane(LaneKind::communication);
  plan.communicator(group(4, 2));
  plan.communicator(pair(1, 2, 1));
  plan.communicator(pair(5, 2, 2));
  const Platform platform = nodes(4, 2);
  const auto add = [&](Kind kind, double bytes, int communicator, std::vector<Dependency> after) {
    const int index = plan.transfer(0, std::move(after), data, communicator);
    const Collective collective{kind, ring, communicator, Bytes(bytes)};
    plan.edit().operations[index].work = collective;
    plan.costs()[index] = transfer_cost(collective, plan.edit().communicators[communicator], platform, Calibration{});
  };
  add(Kind::all_reduce, 4e9, 0, {});
  add(Kind::send, 1e9, 1, {});
  const int wait = plan.delay(5, {}, 0, 2);
  add(Kind::send, 1e9, 2, {{wait, 0}});
  sim::PlayOptions options;
  CHECK(sim::play(plan.plan(1), plan.costs(), platform, options).makespan.value() == Approx(7));
  options.mode = sim::Mode::message;
  CHECK(sim::play(plan.plan(1), plan.costs(), platform, options).makespan.value() == Approx(8));
}

TEST_CASE("message by message whole steps take as long as flow by flow") {
  for (const int ranks : {2, 5, 16, 64})
    for (const Overlap overlap : {Overlap::none, Overlap::data}) {
      INFO(ranks << " ranks, " << to_string(overlap));
      Scenario scenario = data_parallel(ranks);
      scenario.strategy.overlap = overlap;
      const Prediction flows = sim::predict(scenario), messages = sim::predict(scenario, sim::Mode::message);
      REQUIRE(messages.step_time);
      CHECK(messages.step_time->value() == Approx(flows.step_time->value()).epsilon(1e-3));
      CHECK(messages.parts->comm_exposed.value() == Approx(flows.parts->comm_exposed.value()).margin(1e-3 * flows.step_time->value()));
      CHECK(messages.engine == "sim-message");
      CHECK(flows.engine == "sim");
    }
}

TEST_CASE("message by message random strategies of every form take as long as flow by flow", "[slow]") {
  constexpr unsigned kSeed = 20261123;
  constexpr int kEach = 10;
  RandomScenarios scenarios(kSeed);
  int apart = 0;
  for (const Form& form : kForms)
    for (int i = 0; i < kEach; ++i) {
      const Priced priced = next_plan(scenarios, form);
      INFO("seed " << kSeed << ", " << form.name << " " << i << ": " << strategy_text(priced.scenario.strategy));
      const auto makespan_s = [&](sim::Mode mode) {
        const sim::PlayOptions options{.steps = *priced.scenario.run.steps, .mode = mode};
        return sim::play(priced.plan, priced.costs, priced.scenario.platform, options).makespan.value();
      };
      const double ratio = makespan_s(sim::Mode::message) / makespan_s(sim::Mode::flow);
      // Trees of small buffers, and transfers that share links for a while.
      CHECK(ratio == Approx(1).margin(0.05));
      apart += std::abs(ratio - 1) > 1e-3 ? 1 : 0;
    }
  CHECK(apart <= kEach * static_cast<int>(kForms.size()) / 50);
}

TEST_CASE("more than 256 ranks are not played message by message") {
  REQUIRE_THROWS_AS(sim::predict(data_parallel(257), sim::Mode::message), MissingCapability);
  REQUIRE(sim::predict(data_parallel(257)).status == Status::ok);
}
