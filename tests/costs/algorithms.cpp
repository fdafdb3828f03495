#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "costs/transfer_time.hpp"

using namespace forerun;

namespace {

using Kind = Collective::Operation;
using enum CollectiveAlgorithm;

Platform cluster(int nodes, int devices) {
  Platform platform;
  platform.nodes = nodes;
  platform.devices_per_node = devices;
  platform.inter_node = {BytesPerSecond(1e9), Seconds(1e-4)};
  platform.intra_node = {BytesPerSecond(1e10), Seconds(1e-6)};
  return platform;
}

Communicator everyone(int size) {
  Communicator communicator;
  communicator.size = size;
  communicator.classes = {0};
  return communicator;
}

Communicator strided(int size, int stride, int groups) {
  Communicator communicator = everyone(size);
  communicator.member_stride = stride;
  communicator.groups = communicator.inner = groups;
  return communicator;
}

OperationCost cost(Kind kind, CollectiveAlgorithm algorithm, double bytes, const Communicator& communicator, const Platform& platform) {
  return transfer_cost({kind, algorithm, 0, Bytes(bytes)}, communicator, platform, Calibration{});
}

double latency(Kind kind, CollectiveAlgorithm algorithm, int ranks) {
  return cost(kind, algorithm, 1e6, everyone(ranks), cluster(ranks, 1)).latency.value() / 1e-4;
}
double drained(Kind kind, CollectiveAlgorithm algorithm, int ranks) {
  return cost(kind, algorithm, 1e6, everyone(ranks), cluster(ranks, 1)).drain.value() / 1e-3;
}

}  // namespace

TEST_CASE("recursive halving and doubling sends as much as the ring in twice the logarithm of the ranks [Thakur 2005, sec. 4.5]") {
  for (const int ranks : {2, 4, 8, 64}) {
    CHECK(latency(Kind::all_reduce, recursive_halving_doubling, ranks) == Approx(2 * std::log2(ranks)));
    CHECK(drained(Kind::all_reduce, recursive_halving_doubling, ranks) == Approx(2.0 * (ranks - 1) / ranks));
    for (const Kind half : {Kind::all_gather, Kind::reduce_scatter}) {
      CHECK(latency(half, recursive_halving_doubling, ranks) == Approx(std::log2(ranks)));
      CHECK(drained(half, recursive_halving_doubling, ranks) == Approx((ranks - 1.0) / ranks));
    }
  }
}

TEST_CASE("other than a power of two of ranks fold the rest in and out, a whole buffer each") {
  CHECK(latency(Kind::all_reduce, recursive_halving_doubling, 6) == Approx(2 + 4));
  CHECK(drained(Kind::all_reduce, recursive_halving_doubling, 6) == Approx(2 + 2 * 0.75));
  CHECK(latency(Kind::all_reduce, recursive_doubling, 6) == Approx(2 + 2));
  CHECK(drained(Kind::all_reduce, recursive_doubling, 6) == Approx(2 + 2));
  CHECK(latency(Kind::all_gather, recursive_halving_doubling, 6) == Approx(5));
}

TEST_CASE("recursive doubling sends the whole buffer once a doubling") {
  CHECK(latency(Kind::all_reduce, recursive_doubling, 8) == Approx(3));
  CHECK(drained(Kind::all_reduce, recursive_doubling, 8) == Approx(3));
}

TEST_CASE("a double binary tree over nodes of one device moves twice the buffer in twice its depth [Sanders 2009]") {
  CHECK(latency(Kind::all_reduce, double_binary_tree, 16) == Approx(8));
  CHECK(drained(Kind::all_reduce, double_binary_tree, 16) == Approx(2));
  CHECK(drained(Kind::all_reduce, double_binary_tree, 2) == Approx(1));
  CHECK(drained(Kind::broadcast, double_binary_tree, 16) == Approx(1));
  CHECK(latency(Kind::broadcast, double_binary_tree, 16) == Approx(1 + 3));
  CHECK(latency(Kind::all_gather, double_binary_tree, 16) == Approx(15));
}

TEST_CASE("either tree reaches every node once, and no node is an inner one of both") {
  for (const int nodes : {2, 3, 4, 5, 7, 8, 13, 16, 33}) {
    std::vector<Edge> edges;
    edges_of({.pattern = Phase::Pattern::tree}, everyone(nodes), 0, cluster(nodes, 1), edges);
    CHECK(static_cast<int>(edges.size()) == 4 * (nodes - 1));
    // Edges of the first tree, then of the second; down and up alternate.
    std::vector<std::set<int>> inner(2);
    std::vector<std::multiset<int>> reached(2);
    for (std::size_t i = 0; i < edges.size(); i += 2) {
      const int tree = i < edges.size() / 2 ? 0 : 1;
      inner[tree].insert(edges[i].from);
      reached[tree].insert(edges[i].to);
      CHECK(edges[i + 1].from == edges[i].to);
      CHECK(edges[i + 1].to == edges[i].from);
    }
    for (int tree = 0; tree < 2; ++tree) {
      CHECK(static_cast<int>(reached[tree].size()) == nodes - 1);
      CHECK(std::set<int>(reached[tree].begin(), reached[tree].end()).size() == reached[tree].size());
    }
    for (const int node : inner[0]) CHECK(inner[1].count(node) == 0);
  }
}

TEST_CASE("a hierarchical all-reduce reduces in the nodes, then along rails, then gathers in the nodes") {
  const OperationCost found = cost(Kind::all_reduce, hierarchical, 1e6, everyone(16), cluster(4, 4));
  CHECK(found.choice.algorithm == hierarchical);
  CHECK(found.latency.value() == Approx(3e-6 + 6e-4 + 3e-6));
  // A rail's ring moves 2 (4 - 1) / 4 of a quarter of the buffer, and four rails leave each node.
  CHECK(found.drain.value() == Approx(2 * 0.75e6 / 1e10 + 4 * 1.5 * 0.25e6 / 1e9));
  const OperationCost gather = cost(Kind::all_gather, hierarchical, 1e6, everyone(16), cluster(4, 4));
  CHECK(gather.drain.value() == Approx(0.75e6 / 1e10 + 4 * 0.75 * 0.25e6 / 1e9));
  CHECK(gather.latency.value() == Approx(3e-6 + 3e-4));
}

TEST_CASE("where nodes hold unequal shares of a group, or one rank each, a hierarchical collective is the ring") {
  for (const int ranks : {5, 4}) {
    const Platform platform = ranks == 5 ? cluster(2, 4) : cluster(4, 1);
    CHECK(cost(Kind::all_reduce, hierarchical, 1e6, everyone(ranks), platform).duration() ==
          cost(Kind::all_reduce, ring, 1e6, everyone(ranks), platform).duration());
  }
}

TEST_CASE("exchanges at less than a node's ranks stay inside it") {
  // Distances 1 and 2 in the node, 4 and 8 between nodes: there all four ranks send an eighth and a sixteenth, twice.
  const OperationCost found = cost(Kind::all_reduce, recursive_halving_doubling, 1.6e6, everyone(16), cluster(4, 4));
  CHECK(found.latency.value() == Approx(4e-6 + 4e-4));
  CHECK(found.drain.value() == Approx(2 * (0.8e6 + 0.4e6) / 1e10 + 2 * 4 * (0.2e6 + 0.1e6) / 1e9));
}

TEST_CASE("interleaved groups share their node's link under every algorithm") {
  for (const auto algorithm : {ring, recursive_halving_doubling, double_binary_tree, recursive_doubling}) {
    const OperationCost alone = cost(Kind::all_reduce, algorithm, 1e6, strided(8, 4, 1), cluster(8, 4));
    const OperationCost shared = cost(Kind::all_reduce, algorithm, 1e6, strided(8, 4, 4), cluster(8, 4));
    CHECK(shared.drain.value() == Approx(4 * alone.drain.value()));
    CHECK(shared.latency == alone.latency);
  }
}

TEST_CASE("rings with several ranks in each of more than two nodes reach ring_nics of a node's cards") {
  Platform platform = cluster(4, 8);
  platform.nics = 4;
  const auto drain = [&](const Communicator& communicator) { return cost(Kind::all_reduce, ring, 1e9, communicator, platform).drain; };
  const Seconds wide = drain(strided(8, 4, 4));
  const Seconds narrow = drain(strided(4, 8, 8));
  const Seconds tensor = drain(everyone(16));
  platform.ring_nics = 1;
  CHECK(drain(strided(8, 4, 4)).value() == Approx(4 * wide.value()));
  CHECK(drain(strided(4, 8, 8)) == narrow);
  CHECK(drain(everyone(16)) == tensor);
}

TEST_CASE("collectives reach their share of a link, and each takes the platform's overhead") {
  Platform platform = cluster(2, 4);
  const OperationCost whole = cost(Kind::all_reduce, ring, 1e6, everyone(4), platform);
  const OperationCost across = cost(Kind::all_reduce, ring, 1e6, everyone(8), platform);
  platform.intra_node_share = 0.8;
  platform.inter_node_share = 0.5;
  platform.collective_overhead = Seconds(3e-5);
  CHECK(cost(Kind::all_reduce, ring, 1e6, everyone(4), platform).drain.value() == Approx(whole.drain.value() / 0.8));
  CHECK(cost(Kind::all_reduce, ring, 1e6, everyone(8), platform).drain.value() == Approx(across.drain.value() / 0.5));
  CHECK((cost(Kind::all_reduce, ring, 1e6, everyone(4), platform).latency - whole.latency).value() == Approx(3e-5));
}

TEST_CASE("a broadcast by halving scatters, then gathers") {
  CHECK(latency(Kind::broadcast, recursive_halving_doubling, 8) == Approx(6));
  CHECK(drained(Kind::broadcast, recursive_halving_doubling, 8) == Approx(2 * 7.0 / 8));
  CHECK(latency(Kind::broadcast, recursive_doubling, 8) == Approx(3));
  CHECK(drained(Kind::broadcast, recursive_doubling, 8) == Approx(3));
  CHECK(latency(Kind::broadcast, recursive_doubling, 5) == Approx(3));
}

TEST_CASE("a collective that an algorithm does not know takes the ring, an all-to-all its pairs") {
  for (const auto algorithm :
       {recursive_halving_doubling, double_binary_tree, hierarchical, recursive_doubling, switch_reduction, automatic})
    for (const Kind kind : {Kind::all_to_all, Kind::send}) {
      const Communicator communicator = kind == Kind::send ? everyone(2) : everyone(8);
      const Platform platform = kind == Kind::send ? cluster(2, 1) : cluster(2, 4);
      CHECK(cost(kind, algorithm, 1e6, communicator, platform).duration() == cost(kind, ring, 1e6, communicator, platform).duration());
    }
}
