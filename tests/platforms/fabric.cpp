#include "platforms/fabric.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

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

std::vector<Platform> fat_trees() {
  return {fat_tree(16, {4}),
          fat_tree(16, {4}, {4}),
          fat_tree(37, {8}, {3}),
          fat_tree(64, {4, 4}),
          fat_tree(64, {4, 4}, {1, 2}),
          fat_tree(61, {2, 3, 4}, {2, 1.5}),
          fat_tree(9, {1, 3}),
          fat_tree(8, {16})};
}

}  // namespace

TEST_CASE("a route goes up from its first node and down to its last, and crosses no link twice", "[unit]") {
  for (const Platform& platform : fat_trees()) {
    const Fabric fabric(platform);
    for (int from = 0; from < platform.nodes; ++from)
      for (int to = 0; to < platform.nodes; ++to) {
        if (from == to) continue;
        const auto links = route(fabric, from, to);
        REQUIRE(links.front() == Fabric::up(from));
        REQUIRE(links.back() == Fabric::down(to));
        REQUIRE(std::set(links.begin(), links.end()).size() == links.size());
        for (const std::int64_t link : links) REQUIRE((link >= 0 && link < fabric.links()));
        for (std::size_t i = 1; i + 1 < links.size(); ++i) REQUIRE(fabric.link(links[i]).level > 0);
      }
  }
}

TEST_CASE("links of a fabric have names of their own and bandwidth", "[unit]") {
  for (const Platform& platform : fat_trees()) {
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

TEST_CASE("links are those that collectives reach", "[unit]") {
  Platform platform = fat_tree(16, {4}, {4});
  platform.inter_node_share = 0.5;
  CHECK(Fabric(platform).bandwidth(0).value() == Approx(0.5 * kRate));
  CHECK(Fabric(platform).bandwidth(32).value() == Approx(0.5 * kRate));
}

}  // namespace forerun
