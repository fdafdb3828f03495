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
/// Every node has a link up into the network, of `Platform::inter_node_rate()`, and one down from it, of `Platform::ingress_rate()`.
/// Between these a route crosses
///   star        nothing
///   fat tree    links up to the lowest level that joins both nodes, and down. A switch of level l with m links below, each of bandwidth
///               b, has u = max(1, floor(m / s)) above, of m b / (s u) each, where s is the level's over-subscription; the switches
///               are those of an extended generalised fat tree, in which every switch of a level's tree has one link to each tree
///               below   [Öhring and others 1995, "On generalized fat trees"]. Of the links up from a tree, numbered 0 to U - 1, the
///               message to node d takes d mod U: D-mod-k routing   [Zahavi 2010, "D-Mod-K routing providing non-blocking traffic for
///               shift permutations on real life fat trees", sec. 3]
///   torus       links of one dimension after another, the shorter way around; where both are as long, upwards from even coordinates and
///               downwards from odd ones   [Sullivan & Bashkow 1977, dimension order]. Two nodes of a dimension of two have one cable
///   dragonfly   at most a link to the router of its group that leads to the other group, the one that joins the groups, and a link to
///               the node's router there: minimal routing   [Kim, Dally, Scott & Abts 2008, "Technology-driven, highly-scalable dragonfly
///               topology", sec. 4.1]. One link, of all cables together, joins each two groups; those of a group lead to the others in
///               order and lie on its routers, as many on each, from the first one on
///   routes      what a file says of its links and routes; there is no link of a node apart from them
/// Nothing joins a node to itself: its devices have links of their own.
class Fabric {
 public:
  explicit Fabric(const Platform& platform);

  /// A link, described. Its ends are nodes by their number, or switches (of tori and dragonflies: routers), numbered from the nodes on.
  struct Link {
    std::string name;  ///< no two links have the same
    int level = 0;     ///< 0: of a node; then from the nodes inwards
    BytesPerSecond bandwidth;
    bool shared = true;      ///< by the messages that cross it
    std::int64_t from = -1;  ///< -1: not known, as where a file lists routes
    std::int64_t to = -1;
  };

  /// Switches as far from the nodes, and what joins them: cables carry both directions.
  struct Tier {
    struct Cables {
      std::int64_t count = 0;
      BytesPerSecond bandwidth;  ///< of one, each direction
    };
    std::int64_t switches = 1;
    Cables below;               ///< to the tier below, the first one's to the nodes
    std::vector<Cables> among;  ///< between the tier's own, the local ones first
  };
  /// From the nodes on; none of routes as a file lists them.
  [[nodiscard]] std::vector<Tier> tiers() const;

  [[nodiscard]] std::int64_t links() const { return links_; }
  [[nodiscard]] std::int64_t switches() const { return switches_; }
  [[nodiscard]] Link link(std::int64_t index) const;
  /// What collectives reach of the link.
  [[nodiscard]] BytesPerSecond bandwidth(std::int64_t index) const { return speed(index) * node_rate_; }
  /// The same over that of a node's link into the network.
  [[nodiscard]] double speed(std::int64_t index) const;
  /// Whether the messages that cross the link share its bandwidth.
  [[nodiscard]] bool shared(std::int64_t index) const { return !topology_.routes || topology_.routes->links[index].shared; }

  /// The first link that is no node's own.
  [[nodiscard]] std::int64_t first_inner() const { return topology_.routes ? 0 : 2 * std::int64_t{nodes_}; }

  static constexpr std::int64_t up(int node) { return 2 * std::int64_t{node}; }
  static constexpr std::int64_t down(int node) { return 2 * std::int64_t{node} + 1; }

  /// Appends the links that a message between two different nodes crosses, in order.
  void route(int from, int to, std::vector<std::int64_t>& links) const;

 private:
  /// The trees under one level of a fat tree's switches, and the links above them.
  struct Level {
    std::int64_t nodes = 1;         ///< under a tree
    std::int64_t switches = 1;      ///< at its top
    std::int64_t uplinks = 1;       ///< of all of these
    std::int64_t first_switch = 0;  ///< of tree 0, from 0
    std::int64_t first = 0;         ///< link: up of tree 0; then down of it, up of the next one ...
    double speed = 1;
  };

  void lay_fat_tree();
  void climb(int from, int to, std::vector<std::int64_t>& links) const;
  [[nodiscard]] int level_of(std::int64_t link) const;
  [[nodiscard]] std::int64_t tree_link(const Level& level, int node, int to, bool down) const;
  [[nodiscard]] std::int64_t tree_switch(int level, std::int64_t node, std::int64_t number) const;
  void describe_tree_link(Link& link, std::int64_t index) const;

  void lay_torus();
  void walk_grid(int from, int to, std::vector<std::int64_t>& links) const;
  void describe_grid_link(Link& link, std::int64_t place) const;

  void follow_routes(int from, int to, std::vector<std::int64_t>& links) const;

  void lay_dragonfly();
  void hop_groups(int from, int to, std::vector<std::int64_t>& links) const;
  void describe_dragonfly_link(Link& link, std::int64_t index) const;
  [[nodiscard]] std::int64_t local_link(std::int64_t group, std::int64_t from, std::int64_t to) const;
  [[nodiscard]] std::int64_t gateway(std::int64_t group, std::int64_t other) const;

  [[nodiscard]] std::int64_t switch_of(int node) const;

  Topology topology_;
  int nodes_;
  BytesPerSecond node_rate_;
  BytesPerSecond node_bandwidth_;
  double ingress_speed_ = 1;
  double local_speed_ = 1;
  double global_speed_ = 1;
  int level_count_ = 0;  ///< with links above them
  std::array<Level, Topology::kMostLevels> levels_;
  std::int64_t top_switch_ = 0;    ///< of a fat tree, the first of its uppermost level
  std::int64_t groups_ = 1;        ///< of a dragonfly
  std::int64_t routers_ = 1;       ///< of a group
  std::int64_t of_router_ = 1;     ///< links to other groups that lie on one of its routers
  std::int64_t first_global_ = 0;  ///< link
  std::int64_t links_ = 0;
  std::int64_t switches_ = 1;
};

}  // namespace forerun
