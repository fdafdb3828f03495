#include <catch2/catch.hpp>

#include "tests/sim/agreement.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

using Kind = Collective::Operation;

constexpr double kHop_s = 2e-6;

}  // namespace

TEST_CASE("both engines give each collective over single-device nodes its closed form") {
  const Platform platform = described(4, 1);
  const Communicator all = everyone(4);
  CHECK(agreed(Kind::all_reduce, all, platform) == Approx(6 * kHop_s + 0.15));
  CHECK(agreed(Kind::all_gather, all, platform) == Approx(3 * kHop_s + 0.075));
  CHECK(agreed(Kind::reduce_scatter, all, platform) == Approx(3 * kHop_s + 0.075));
  CHECK(agreed(Kind::all_to_all, all, platform) == Approx(3 * kHop_s + 0.075));
  CHECK(agreed(Kind::broadcast, all, platform) == Approx(3 * kHop_s + 0.1));
  CHECK(agreed(Kind::barrier, all, platform) == 0);
}

TEST_CASE("a send takes one latency and its bytes over the link, in either direction") {
  for (const int stride : {1, -1}) CHECK(agreed(Kind::send, group(2, stride), described(2, 1)) == Approx(kHop_s + 0.1));
}

TEST_CASE("a send inside a node uses the link inside it") {
  CHECK(agreed(Kind::send, group(2, -1), described(1, 2)) == Approx(1e-6 + 0.025));
}

TEST_CASE("sends of all devices of a node share its link") {
  CHECK(agreed(Kind::send, group(2, 4, 4), described(2, 4)) == Approx(kHop_s + 0.4));
}

TEST_CASE("an all-to-all sends what all members of a node have for the others over the node's link") {
  // Each of 4 ranks has a quarter of the buffer for each of the other node's 4.
  CHECK(agreed(Kind::all_to_all, everyone(8), described(2, 4)) == Approx(7 * kHop_s + 4 * 4 * (1e8 / 8) / 1e9));
  CHECK(agreed(Kind::all_to_all, everyone(4), described(1, 4)) == Approx(3e-6 + 0.75 * 1e8 / 4e9));
  // Two groups, each with one rank a node.
  CHECK(agreed(Kind::all_to_all, group(4, 2, 2), described(4, 2)) == Approx(3 * kHop_s + 2 * 0.075));
  // Two groups, each with two ranks a node.
  CHECK(agreed(Kind::all_to_all, group(4, 2, 2), described(2, 4)) == Approx(3 * kHop_s + 2 * 4 * (1e8 / 4) / 1e9));
}

TEST_CASE("a node with fewer members does not lengthen an all-to-all") {
  CHECK(agreed(Kind::all_to_all, everyone(5), described(2, 4)) == Approx(4 * kHop_s + 4 * (1e8 / 5) / 1e9));
}

TEST_CASE("groups that fill nodes unevenly load a node with what each of them sends") {
  // Of six ranks two lie in a node that has one of the other group's six: 2 x 4 and 1 x 5 messages leave it.
  CHECK(agreed(Kind::all_to_all, group(6, 2, 2), described(4, 3)) == Approx(5 * kHop_s + 13 * (1e8 / 6) / 1e9));
}

TEST_CASE("a broadcast's chain does not return to its root") {
  CHECK(agreed(Kind::broadcast, everyone(8), described(2, 4)) == Approx(7 * kHop_s + 0.1));
}

TEST_CASE("both engines agree on every collective by every algorithm, wherever its groups lie") {
  const std::vector<Platform> platforms = {described(1, 8), described(8, 1), described(2, 4),
                                           described(4, 2), described(3, 4), described(4, 3)};
  for (const auto algorithm : {CollectiveAlgorithm::ring, CollectiveAlgorithm::automatic, CollectiveAlgorithm::recursive_halving_doubling,
                               CollectiveAlgorithm::double_binary_tree, CollectiveAlgorithm::hierarchical,
                               CollectiveAlgorithm::recursive_doubling, CollectiveAlgorithm::switch_reduction})
    for (const Kind kind : {Kind::all_reduce, Kind::all_gather, Kind::reduce_scatter, Kind::all_to_all, Kind::broadcast})
      for (const Platform& platform : platforms)
        for (const double bytes : {1e3, 1e8}) {
          const int ranks = platform.devices();
          INFO(to_string(algorithm) << " " << to_string(kind) << " over " << platform.nodes << " x " << platform.devices_per_node);
          const Collective collective{kind, algorithm, 0, Bytes(bytes)};
          CHECK(agreed(collective, everyone(ranks), platform) > 0);
          CHECK(agreed(collective, group(ranks / 2, 2, 2), platform) > 0);
          CHECK(agreed(collective, group(2, ranks / 2, ranks / 2), platform) > 0);
        }
}

TEST_CASE("both engines agree on a group that ends inside a node, by every algorithm") {
  for (const auto algorithm : {CollectiveAlgorithm::recursive_halving_doubling, CollectiveAlgorithm::double_binary_tree,
                               CollectiveAlgorithm::hierarchical, CollectiveAlgorithm::recursive_doubling})
    for (const int ranks : {3, 5, 6, 7, 11}) {
      INFO(to_string(algorithm) << " over " << ranks);
      CHECK(agreed({Kind::all_reduce, algorithm, 0, Bytes(1e8)}, everyone(ranks), described(3, 4)) > 0);
    }
}

TEST_CASE("both engines agree on what NCCL and Open MPI choose, with shares of links, several cards and an overhead") {
  for (const auto library : {CollectiveLibrary::nccl, CollectiveLibrary::mpi})
    for (const auto& [nodes, devices] : {std::pair(1, 8), std::pair(2, 4), std::pair(4, 4), std::pair(5, 2)})
      for (const double bytes : {1e2, 1e4, 1e6, 1e9}) {
        Platform platform = described(nodes, devices);
        platform.library = library;
        platform.fabric = NodeFabric::nvlink_reducing;
        platform.compute_capability = 90;
        platform.intra_node_share = 0.8;
        platform.inter_node_share = 0.9;
        platform.nics = 4;
        platform.ring_nics = 1;
        platform.collective_overhead = Seconds(2e-5);
        INFO(to_string(library) << " over " << nodes << " x " << devices << ", " << bytes << " bytes");
        for (const Kind kind : {Kind::all_reduce, Kind::all_gather, Kind::broadcast, Kind::all_to_all})
          CHECK(agreed({kind, CollectiveAlgorithm::automatic, 0, Bytes(bytes)}, everyone(nodes * devices), platform) > 0);
      }
}

TEST_CASE("a collective of several phases leaves its links to others between them, and steps follow one another") {
  const Platform platform = described(4, 2);
  PlanBuilder plan(8);
  const int data = plan.lane(LaneKind::communication);
  const int other = plan.lane(LaneKind::communication);
  plan.communicator(everyone(8));
  plan.transfer(0, {}, data);
  plan.transfer(0, {}, other);
  for (int i = 0; i < 2; ++i) {
    const Collective collective{Kind::all_reduce, CollectiveAlgorithm::hierarchical, 0, Bytes(1e8)};
    plan.edit().operations[i].work = collective;
    plan.costs()[i] = transfer_cost(collective, everyone(8), platform, Calibration{});
  }
  const double alone = plan.costs()[0].duration().value();
  // Both are in the same phase at all times, and share its links.
  CHECK(play(plan, 3, platform).makespan.value() == Approx(3 * (2 * plan.costs()[0].drain + plan.costs()[0].latency).value()));
  CHECK(play(plan, 3, platform, {}, sim::Contention::off).makespan.value() == Approx(3 * alone));
}
