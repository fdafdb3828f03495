#include "platforms/fabric.hpp"

#include <cassert>

#include "io/format.hpp"

namespace forerun {

using Kind = Topology::Kind;

Fabric::Fabric(const Platform& platform)
    : topology_(platform.topology),
      nodes_(platform.network_nodes()),
      node_rate_(platform.inter_node_rate()),
      node_bandwidth_(platform.inter_node.bandwidth),
      ingress_speed_(platform.ingress_speed()),
      links_(2 * std::int64_t{nodes_}) {
  const BytesPerSecond node = platform.inter_node.bandwidth;
  const auto over_node = [&](BytesPerSecond inner) { return inner > BytesPerSecond(0) && node > BytesPerSecond(0) ? inner / node : 1.0; };
  local_speed_ = over_node(topology_.local);
  global_speed_ = over_node(topology_.global);
  switch (topology_.kind) {
    case Kind::star: break;
    case Kind::fat_tree: lay_fat_tree(); break;
    case Kind::torus: lay_torus(); break;
    case Kind::dragonfly: lay_dragonfly(); break;
    case Kind::routes:
      links_ = std::ssize(topology_.routes->links);
      switches_ = 0;
      break;
  }
}

double Fabric::speed(std::int64_t index) const {
  if (index < first_inner()) return index % 2 == 0 ? 1 : ingress_speed_;
  switch (topology_.kind) {
    case Kind::star: break;
    case Kind::fat_tree: return levels_[level_of(index) - 1].speed;
    case Kind::torus: return local_speed_;
    case Kind::dragonfly: return index < first_global_ ? local_speed_ : global_speed_;
    case Kind::routes: return topology_.routes->links[index].bandwidth / node_bandwidth_;
  }
  return 1;
}

std::int64_t Fabric::switch_of(int node) const {
  switch (topology_.kind) {
    case Kind::star:
    case Kind::routes: break;
    case Kind::fat_tree: return tree_switch(0, node, 0);
    case Kind::torus: return nodes_ + std::int64_t{node};
    case Kind::dragonfly: return nodes_ + std::int64_t{node} / topology_.shape[0];
  }
  return nodes_;
}

Fabric::Link Fabric::link(std::int64_t index) const {
  assert(index >= 0 && index < links_);
  Link link;
  link.bandwidth = bandwidth(index);
  link.shared = shared(index);
  if (index < first_inner()) {
    const int node = static_cast<int>(index / 2);
    const bool upwards = index == up(node);
    link.name = forerun::format("node {} {}", node, upwards ? "up" : "down");
    link.from = upwards ? node : switch_of(node);
    link.to = upwards ? switch_of(node) : node;
    return link;
  }
  switch (topology_.kind) {
    case Kind::star: break;
    case Kind::routes: link.name = topology_.routes->links[index].name; break;
    case Kind::fat_tree: describe_tree_link(link, index); break;
    case Kind::torus: describe_grid_link(link, index - first_inner()); break;
    case Kind::dragonfly: describe_dragonfly_link(link, index); break;
  }
  return link;
}

std::vector<Fabric::Tier> Fabric::tiers() const {
  if (topology_.routes) return {};
  std::vector<Tier> tiers{{.switches = switches_, .below = {nodes_, node_rate_}, .among = {}}};
  switch (topology_.kind) {
    case Kind::star:
    case Kind::routes: break;
    case Kind::fat_tree: {
      for (int l = 0; l < level_count_; ++l) {
        const std::int64_t trees = (nodes_ + levels_[l].nodes - 1) / levels_[l].nodes;
        tiers.back().switches = trees * levels_[l].switches;
        tiers.push_back(
            {.switches = levels_[l].uplinks, .below = {trees * levels_[l].uplinks, levels_[l].speed * node_rate_}, .among = {}});
      }
      break;
    }
    case Kind::torus:
      for (int d = 0; d < topology_.levels(); ++d)
        if (const int size = topology_.shape[d]; size > 1)
          tiers[0].among.push_back({size > 2 ? std::int64_t{nodes_} : nodes_ / 2, local_speed_ * node_rate_});
      break;
    case Kind::dragonfly:
      tiers[0].among.push_back({groups_ * routers_ * (routers_ - 1) / 2, local_speed_ * node_rate_});
      tiers[0].among.push_back({groups_ * (groups_ - 1) / 2, global_speed_ * node_rate_});
      break;
  }
  return tiers;
}

void Fabric::follow_routes(int from, int to, std::vector<std::int64_t>& links) const {
  const RouteTable& table = *topology_.routes;
  const std::int64_t place = from * std::int64_t{nodes_} + to;
  links.insert(links.end(), table.crossed.begin() + table.first[place], table.crossed.begin() + table.first[place + 1]);
}

void Fabric::route(int from, int to, std::vector<std::int64_t>& links) const {
  assert(from != to && from >= 0 && to >= 0 && from < nodes_ && to < nodes_);
  if (topology_.routes) return follow_routes(from, to, links);
  links.push_back(up(from));
  switch (topology_.kind) {
    case Kind::star:
    case Kind::routes: break;
    case Kind::fat_tree: climb(from, to, links); break;
    case Kind::torus: walk_grid(from, to, links); break;
    case Kind::dragonfly: hop_groups(from, to, links); break;
  }
  links.push_back(down(to));
}

}  // namespace forerun
