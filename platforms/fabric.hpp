#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/platform.hpp"

namespace forerun {

/// The network that joins a platform's nodes: the links there are, and those that a message crosses. A link is one direction of a cable
/// and has a number; what stands here is arithmetic over these numbers, so that a million nodes take no memory and a route no more time
/// than it has links. Routes do not depend on traffic.
///
/// Every node has a link up into the network and one down from it, of `Platform::inter_node_rate()`. Between these a route crosses
///   star        nothing
///   fat tree    links up to the lowest level that joins both nodes, and down. A switch of level l with m links below, each of bandwidth
///               b, has u = max(1, floor(m / s)) above, of m b / (s u) each, where s is the level's over-subscription; the switches
///               are those of an extended generalised fat tree, in which every switch of a level's tree has one link to each tree
///               below   [Öhring and others 1995, "On generalized fat trees"]. Of the links up from a tree, numbered 0 to U - 1, the
///               message to node d takes d mod U: D-mod-k routing   [Zahavi 2010, "D-Mod-K routing providing non-blocking traffic for
///               shift permutations on real life fat trees", sec. 3]
/// Nothing joins a node to itself: its devices have links of their own.
class Fabric {
 public:
  explicit Fabric(const Platform& platform);

  /// A link, described.
  struct Link {
    std::string name;  ///< no two links have the same
    int level = 0;     ///< 0: of a node; then from the nodes inwards
    BytesPerSecond bandwidth;
  };

  [[nodiscard]] std::int64_t links() const { return links_; }
  [[nodiscard]] Link link(std::int64_t index) const;
  /// What collectives reach of the link.
  [[nodiscard]] BytesPerSecond bandwidth(std::int64_t index) const { return speed(index) * node_rate_; }
  /// The same over that of a node's link.
  [[nodiscard]] double speed(std::int64_t index) const;

  static constexpr std::int64_t up(int node) { return 2 * std::int64_t{node}; }
  static constexpr std::int64_t down(int node) { return 2 * std::int64_t{node} + 1; }

  /// Appends the links that a message between two different nodes crosses, in order.
  void route(int from, int to, std::vector<std::int64_t>& links) const;

 private:
  /// The links above the trees of one level of switches.
  struct Level {
    std::int64_t nodes = 1;    ///< under a tree
    std::int64_t uplinks = 1;  ///< of a tree
    std::int64_t first = 0;    ///< link: up of tree 0; then down of it, up of the next one ...
    double speed = 1;
  };

  void lay_fat_tree();
  [[nodiscard]] int level_of(std::int64_t link) const;
  [[nodiscard]] std::int64_t tree_link(const Level& level, int node, int to, bool down) const;

  Topology topology_;
  int nodes_;
  BytesPerSecond node_rate_;
  int level_count_ = 0;
  std::array<Level, Topology::kMostLevels> levels_;
  std::int64_t links_ = 0;
};

}  // namespace forerun
