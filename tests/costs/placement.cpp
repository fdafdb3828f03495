#include "costs/placement.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "costs/collectives.hpp"

using namespace forerun;

namespace {

Platform cluster(int nodes, int devices) {
  Platform platform;
  platform.nodes = nodes;
  platform.devices_per_node = devices;
  return platform;
}

Communicator groups(int size, int stride, int inner = 1, int inner_stride = 1, int blocks = 1, int outer_stride = 1, int first = 0) {
  Communicator communicator;
  communicator.size = size;
  communicator.member_stride = stride;
  communicator.inner = inner;
  communicator.inner_stride = inner_stride;
  communicator.groups = inner * blocks;
  communicator.outer_stride = outer_stride;
  communicator.first = first;
  return communicator;
}

/// Ranks of a group by node.
std::map<int, int> by_node(const Communicator& communicator, int group, const Platform& platform) {
  std::map<int, int> counts;
  for (int member = 0; member < communicator.size; ++member) ++counts[node_of(platform, communicator.rank(group, member))];
  return counts;
}

bool is_disjoint(const Communicator& communicator) {
  std::set<int> ranks;
  for (int group = 0; group < communicator.groups; ++group)
    for (int member = 0; member < communicator.size; ++member)
      if (!ranks.insert(communicator.rank(group, member)).second) return false;
  return true;
}

}  // namespace

TEST_CASE("tensor groups fill a node, data groups take one rank of each") {
  const Placement tensor = place(groups(8, 1, 4, 8), cluster(4, 8));
  CHECK(tensor.nodes == 1);
  CHECK(tensor.per_node == 8);
  const Placement data = place(groups(4, 8, 8), cluster(4, 8));
  CHECK(data.nodes == 4);
  CHECK(data.per_node == 1);
  CHECK(data.sharing == 8);
  CHECK(data.regular);
}

TEST_CASE("data groups beside tensor groups of four have two ranks in a node of eight, and four of them share it") {
  const Placement data = place(groups(16, 4, 4), cluster(8, 8));
  CHECK(data.nodes == 8);
  CHECK(data.per_node == 2);
  CHECK(data.sharing == 4);
}

TEST_CASE("a group that ends inside a node does not lie regularly") { CHECK_FALSE(place(groups(5, 1), cluster(2, 4)).regular); }

TEST_CASE("two stages that share a node send from its halves") {
  const Placement inside = place(groups(2, 4, 4), cluster(2, 8));
  CHECK(inside.nodes == 1);
  const Placement across = place(groups(2, 4, 4, 1, 1, 1, 4), cluster(2, 8));
  CHECK(across.nodes == 2);
  CHECK(across.per_node == 1);
  CHECK(across.sharing == 4);
  CHECK(across.regular);
}

TEST_CASE("a regular placement puts as many ranks of every group in each node, and the loads of all phases equal those counted") {
  std::mt19937 random(5);
  const auto draw = [&](std::initializer_list<int> values) { return values.begin()[random() % values.size()]; };
  int regular = 0;
  int spread = 0;
  for (int round = 0; round < 20000; ++round) {
    const int devices = draw({1, 2, 3, 4, 6, 8, 16});
    const Communicator communicator =
        groups(draw({2, 3, 4, 5, 8, 16}), draw({1, 2, 3, 4, 8, 16, 24, -1, -4}), draw({1, 2, 3, 4, 8}), draw({1, 2, 4, 8, 16}),
               draw({1, 2, 3}), draw({1, 4, 8, 16, 32, 64, 128}), 192 + draw({0, 0, 1, 2, 4, 8}));
    if (!is_disjoint(communicator)) continue;
    const Platform platform = cluster(200, devices);
    const Placement placement = place(communicator, platform);
    if (!placement.regular) continue;
    ++regular;
    spread += placement.nodes > 1 ? 1 : 0;
    INFO(devices << " devices; " << communicator.size << " x " << communicator.member_stride << ", inner " << communicator.inner << " x "
                 << communicator.inner_stride << ", groups " << communicator.groups << " x " << communicator.outer_stride << " from "
                 << communicator.first);
    for (int group = 0; group < communicator.groups; ++group) {
      const auto counts = by_node(communicator, group, platform);
      REQUIRE(static_cast<int>(counts.size()) == placement.nodes);
      for (const auto& [node, count] : counts) REQUIRE(count == placement.per_node);
    }
    for (const auto algorithm :
         {CollectiveAlgorithm::ring, CollectiveAlgorithm::recursive_halving_doubling, CollectiveAlgorithm::double_binary_tree,
          CollectiveAlgorithm::hierarchical, CollectiveAlgorithm::recursive_doubling})
      for (const auto operation :
           {Collective::Operation::all_reduce, Collective::Operation::all_gather, Collective::Operation::broadcast}) {
        const Collective collective{operation, algorithm, 0, Bytes(1000)};
        const CollectiveAlgorithm feasible = feasible_algorithm(algorithm, operation, placement, platform);
        for (const Phase& phase : phases_of(collective, feasible, placement)) {
          INFO(to_string(algorithm) << ", " << to_string(operation) << ", pattern " << static_cast<int>(phase.pattern) << " at "
                                    << phase.distance);
          REQUIRE(load_of(phase, communicator, placement, platform) == count_load(phase, communicator, platform));
        }
      }
  }
  CHECK(regular > 2000);
  CHECK(spread > 1000);
}

TEST_CASE("where groups lie unevenly a few of them show the load of all") {
  std::mt19937 random(11);
  const auto draw = [&](std::initializer_list<int> values) { return values.begin()[random() % values.size()]; };
  int compared = 0;
  while (compared < 400) {
    const int devices = draw({3, 4, 6, 8});
    const int size = draw({2, 3, 5, 6, 12, 40, 64, 100});
    const bool beside = draw({0, 1}) == 1;
    const int stride = beside ? draw({2, 3, 5, 6, 12}) : 1;
    const int inner = beside ? stride : draw({1, 2, 7, 40});
    const int blocks = draw({1, 2, 9, 30});
    const Communicator communicator = groups(size, stride, inner, beside ? 1 : size, blocks, size * inner, draw({0, 0, 3, 6}));
    const Platform platform = cluster(1 << 20, devices);
    const Placement placement = place(communicator, platform);
    if (placement.regular || communicator.groups * size > 20000) continue;
    ++compared;
    INFO(devices << " devices; " << size << " x " << stride << ", inner " << inner << ", blocks " << blocks << " from "
                 << communicator.first);
    for (const auto algorithm :
         {CollectiveAlgorithm::ring, CollectiveAlgorithm::recursive_doubling, CollectiveAlgorithm::double_binary_tree}) {
      const Collective collective{Collective::Operation::all_reduce, algorithm, 0, Bytes(1000)};
      for (const Phase& phase : phases_of(collective, algorithm, placement)) {
        INFO(to_string(algorithm) << ", pattern " << static_cast<int>(phase.pattern) << " at " << phase.distance);
        const PhaseLoad few = load_of(phase, communicator, placement, platform);
        const PhaseLoad all = count_load(phase, communicator, platform);
        CHECK(few.inside == all.inside);
        // Which groups meet in a node at the inner nodes of their trees depends on the groups' lengths.
        if (phase.pattern == Phase::Pattern::tree)
          CHECK(std::abs(few.between - all.between) <= std::max(2.0, std::floor(all.between / 4)));
        else
          CHECK(few.between == all.between);
      }
    }
  }
}
