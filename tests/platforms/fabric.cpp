#include "platforms/fabric.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <tuple>

namespace forerun {
namespace {

constexpr double kRate = 1e9;

Platform fat_tree(int nodes, std::initializer_list<int> shape, std::initializer_list<double> oversubscription = {}) {
  Platform platform;
  platform.nodes = nodes;
  platform.inter_node = {BytesPerSecond(kRate), Seconds(1e-6)};
  platform.topology.kind = Topology::Kind::fat_tree;
  std::copy(shape.begin(), shape.end(), platform.topology.shape.begin());
  std::fill_n(platform.topology.oversubscription.begin(), shape.size(), 1.0);
  std::copy(oversubscription.begin(), oversubscription.end(), platform.topology.oversubscription.begin());
  return platform;
}

Platform shaped(Topology::Kind kind, int nodes, std::initializer_list<int> shape) {
  Platform platform = fat_tree(nodes, shape);
  platform.topology.kind = kind;
  platform.topology.oversubscription = {};
  return platform;
}

Platform torus(int nodes, std::initializer_list<int> shape) { return shaped(Topology::Kind::torus, nodes, shape); }
Platform dragonfly(int nodes, std::initializer_list<int> shape) { return shaped(Topology::Kind::dragonfly, nodes, shape); }

std::vector<std::int64_t> route(const Fabric& fabric, int from, int to) {
  std::vector<std::int64_t> links;
  fabric.route(from, to, links);
  return links;
}

/// Routes over each link when every node sends to every other.
std::map<std::int64_t, int> all_to_all(const Fabric& fabric, int nodes) {
  std::map<std::int64_t, int> loads;
  for (int from = 0; from < nodes; ++from)
    for (int to = 0; to < nodes; ++to)
      if (from != to)
        for (const std::int64_t link : route(fabric, from, to)) ++loads[link];
  return loads;
}

std::vector<Platform> networks() {
  return {shaped(Topology::Kind::star, 9, {}),
          fat_tree(16, {4}),
          fat_tree(16, {4}, {4}),
          fat_tree(37, {8}, {3}),
          fat_tree(64, {4, 4}, {1, 2}),
          fat_tree(61, {2, 3, 4}, {2, 1.5}),
          fat_tree(9, {1, 3}),
          fat_tree(8, {16}),
          torus(16, {16}),
          torus(15, {3, 5}),
          torus(64, {4, 4, 4}),
          torus(24, {2, 3, 4}),
          torus(8, {2, 2, 2}),
          dragonfly(72, {2, 4}),
          dragonfly(61, {3, 2}),
          dragonfly(7, {1, 1}),
          dragonfly(5, {4, 8})};
}

}  // namespace

TEST_CASE("a route leads from its first node to its last, over no link twice", "[unit]") {
  for (const Platform& platform : networks()) {
    const Fabric fabric(platform);
    for (int from = 0; from < platform.nodes; ++from)
      for (int to = 0; to < platform.nodes; ++to) {
        if (from == to) continue;
        const auto links = route(fabric, from, to);
        REQUIRE(links.front() == Fabric::up(from));
        REQUIRE(links.back() == Fabric::down(to));
        REQUIRE(std::set(links.begin(), links.end()).size() == links.size());
        std::int64_t at = from;
        for (const std::int64_t index : links) {
          REQUIRE((index >= 0 && index < fabric.links()));
          const Fabric::Link link = fabric.link(index);
          REQUIRE(link.from == at);
          at = link.to;
          REQUIRE((at < platform.nodes + fabric.switches() && (at >= platform.nodes || at == to)));
        }
        REQUIRE(at == to);
      }
  }
}

TEST_CASE("links of a fabric have names of their own and bandwidth", "[unit]") {
  for (const Platform& platform : networks()) {
    const Fabric fabric(platform);
    std::set<std::string> names;
    for (std::int64_t link = 0; link < fabric.links(); ++link) {
      CHECK(names.insert(fabric.link(link).name).second);
      CHECK(fabric.link(link).bandwidth > BytesPerSecond(0));
      CHECK(fabric.link(link).bandwidth.value() == Approx(fabric.speed(link) * kRate));
    }
  }
}

TEST_CASE("a star's route is a node's link up and another's down", "[unit]") {
  Platform star = fat_tree(5, {});
  star.topology = {};
  const Fabric fabric(star);
  CHECK(fabric.links() == 10);
  CHECK(route(fabric, 1, 4) == std::vector<std::int64_t>{Fabric::up(1), Fabric::down(4)});
  CHECK(fabric.speed(7) == 1);
  star.ingress = 3 * star.inter_node.bandwidth;
  CHECK(Fabric(star).speed(Fabric::down(3)) == Approx(3));
  CHECK(Fabric(star).speed(Fabric::up(3)) == 1);
}

TEST_CASE("a route in a fat tree climbs no higher than it must", "[unit]") {
  const Fabric fabric(fat_tree(64, {4, 4}));
  CHECK(route(fabric, 0, 3).size() == 2);
  CHECK(route(fabric, 0, 4).size() == 4);
  CHECK(route(fabric, 0, 15).size() == 4);
  CHECK(route(fabric, 0, 16).size() == 6);
  CHECK(route(fabric, 63, 0).size() == 6);
}

TEST_CASE("a fat tree has as many links as it carries nodes, by its over-subscription", "[unit]") {
  // Node links; 16 leaves with 4 links up each; 4 trees of 16 nodes with 16 links up each.
  CHECK(Fabric(fat_tree(64, {4, 4})).links() == 2 * (64 + 16 * 4 + 4 * 16));
  CHECK(Fabric(fat_tree(64, {4, 4}, {4, 2})).links() == 2 * (64 + 16 * 1 + 4 * 2));
  // One leaf has nobody to go up to.
  CHECK(Fabric(fat_tree(8, {16})).links() == 16);
  CHECK(Fabric(fat_tree(1 << 20, {64, 128})).links() == 2 * 3 * (std::int64_t{1} << 20));
}

TEST_CASE("the links above a switch carry what its over-subscription leaves of those below", "[unit]") {
  for (const double subscribed : {1.0, 1.5, 2.0, 3.0, 4.0, 7.0, 100.0}) {
    INFO(subscribed);
    const Fabric fabric(fat_tree(64, {16}, {subscribed}));
    double above = 0;
    for (std::int64_t link = 2 * 64; link < fabric.links(); ++link) above += fabric.speed(link);
    CHECK(above == Approx(2 * 64 / subscribed));
    // None is slower than a node's link while a switch has as much above as one node.
    if (subscribed <= 16) CHECK(fabric.speed(2 * 64) >= 1);
  }
}

TEST_CASE("D-mod-k loads the links of a level alike when every node sends to every other", "[paper]") {
  for (const Platform& platform : {fat_tree(16, {4}), fat_tree(16, {4}, {2}), fat_tree(64, {4, 4}), fat_tree(64, {4, 4}, {2, 2})}) {
    const Fabric fabric(platform);
    std::map<int, std::set<int>> loads;
    std::set<std::int64_t> used;
    for (const auto& [link, load] : all_to_all(fabric, platform.nodes)) loads[fabric.link(link).level].insert(load), used.insert(link);
    CHECK(static_cast<std::int64_t>(used.size()) == fabric.links());
    for (const auto& [level, each] : loads) {
      INFO("level " << level);
      CHECK(each.size() == 1);
    }
  }
}

TEST_CASE("D-mod-k blocks no shift over a full fat tree", "[paper]") {
  // Zahavi 2010: node i to node i + k mod n, for every k, crosses every link at most once.
  for (const Platform& platform : {fat_tree(16, {4}), fat_tree(64, {4, 4}), fat_tree(24, {2, 3, 4})}) {
    const Fabric fabric(platform);
    for (int shift = 1; shift < platform.nodes; ++shift) {
      std::set<std::int64_t> used;
      for (int from = 0; from < platform.nodes; ++from)
        for (const std::int64_t link : route(fabric, from, (from + shift) % platform.nodes)) REQUIRE(used.insert(link).second);
    }
  }
}

TEST_CASE("a message in a torus goes the shortest way around every dimension", "[unit]") {
  for (const auto& [x, y, z] : {std::tuple(4, 4, 4), std::tuple(5, 3, 2), std::tuple(1, 7, 6)}) {
    const int nodes = x * y * z;
    const Fabric fabric(torus(nodes, {x, y, z}));
    const auto around = [](int a, int b, int size) { return std::min(std::abs(a - b), size - std::abs(a - b)); };
    for (int from = 0; from < nodes; ++from)
      for (int to = 0; to < nodes; ++to)
        if (from != to)
          REQUIRE(static_cast<int>(route(fabric, from, to).size()) ==
                  2 + around(from % x, to % x, x) + around(from / x % y, to / x % y, y) + around(from / x / y, to / x / y, z));
  }
  CHECK(route(Fabric(torus(16, {16})), 0, 15).size() == 3);
  CHECK(route(Fabric(torus(16, {16})), 0, 8).size() == 10);
}

TEST_CASE("an all-to-all loads the links of a torus of equal sides alike", "[unit]") {
  // n / 8 routes of a ring of n cross each link from every other coordinate of the other dimensions, for each target there.
  for (const auto& [side, crossing] : {std::pair(4, 2), std::pair(5, 3), std::pair(8, 8)}) {
    const Fabric fabric(torus(side * side, {side, side}));
    for (const auto& [link, load] : all_to_all(fabric, side * side)) {
      if (fabric.link(link).level == 0) continue;
      CHECK(load == crossing * side);
    }
  }
}

TEST_CASE("a message in a dragonfly crosses at most one link of either group and one between", "[paper]") {
  const Fabric fabric(dragonfly(72, {2, 4}));  // 9 groups of 4 routers of 2 nodes: each router leads to two other groups
  CHECK(fabric.switches() == 36);
  CHECK(fabric.links() == 2 * 72 + 9 * 4 * 3 + 9 * 8);
  for (int from = 0; from < 72; ++from)
    for (int to = 0; to < 72; ++to) {
      if (from == to) continue;
      std::map<int, int> levels;
      for (const std::int64_t link : route(fabric, from, to)) ++levels[fabric.link(link).level];
      REQUIRE(levels[2] == (from / 8 == to / 8 ? 0 : 1));
      REQUIRE(levels[1] <= (from / 8 == to / 8 ? 1 : 2));
      if (from / 2 == to / 2) REQUIRE(levels[1] == 0);
    }
  // Every link between groups carries what 8 nodes send to 8 others.
  for (const auto& [link, load] : all_to_all(fabric, 72))
    if (fabric.link(link).level == 2) CHECK(load == 64);
}

TEST_CASE("links inside tori and dragonflies have bandwidths of their own, or a node's", "[unit]") {
  Platform platform = torus(16, {4, 4});
  CHECK(Fabric(platform).speed(40) == 1);
  platform.topology.local = BytesPerSecond(3 * kRate);
  CHECK(Fabric(platform).speed(40) == 3);
  CHECK(Fabric(platform).speed(31) == 1);
  Platform groups = dragonfly(8, {1, 2});
  groups.topology.local = BytesPerSecond(kRate / 4);
  groups.topology.global = BytesPerSecond(kRate / 2);
  const Fabric fabric(groups);
  for (std::int64_t link = 0; link < fabric.links(); ++link) {
    const int level = fabric.link(link).level;
    CHECK(fabric.speed(link) == (level == 0 ? 1.0 : (level == 1 ? 0.25 : 0.5)));
  }
}

TEST_CASE("tiers hold the switches and cables that there are", "[unit]") {
  for (const Platform& platform : networks()) {
    const Fabric fabric(platform);
    std::set<std::pair<std::int64_t, std::int64_t>> cables;
    for (std::int64_t index = 0; index < fabric.links(); ++index) {
      const Fabric::Link link = fabric.link(index);
      if (link.from != link.to) cables.insert(std::minmax(link.from, link.to));
    }
    std::int64_t switches = 0;
    std::int64_t counted = 0;
    for (const Fabric::Tier& tier : fabric.tiers()) {
      switches += tier.switches;
      counted += tier.below.count;
      for (const auto& among : tier.among) counted += among.count;
    }
    CHECK(switches == fabric.switches());
    CHECK(counted == static_cast<std::int64_t>(cables.size()));
  }
}

TEST_CASE("a million nodes take no memory", "[limit]") {
  constexpr int kMillion = 1 << 20;
  for (const Platform& platform : {fat_tree(kMillion, {64, 128}, {2, 2}), torus(kMillion, {128, 128, 64}), dragonfly(kMillion, {1, 1})}) {
    const Fabric fabric(platform);
    std::int64_t at = 0;
    for (const std::int64_t link : route(fabric, 0, kMillion - 1)) at = fabric.link(link).to;
    CHECK(at == kMillion - 1);
    CHECK(fabric.links() >= 2 * kMillion);
  }
}

TEST_CASE("links are those that collectives reach", "[unit]") {
  Platform platform = fat_tree(16, {4}, {4});
  platform.inter_node_share = 0.5;
  CHECK(Fabric(platform).bandwidth(0).value() == Approx(0.5 * kRate));
  CHECK(Fabric(platform).bandwidth(32).value() == Approx(0.5 * kRate));
}

}  // namespace forerun
