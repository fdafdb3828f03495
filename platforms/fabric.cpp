#include "platforms/fabric.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "io/format.hpp"

namespace forerun {

using Kind = Topology::Kind;

Fabric::Fabric(const Platform& platform)
    : topology_(platform.topology), nodes_(platform.nodes), node_rate_(platform.inter_node_rate()), links_(2 * std::int64_t{nodes_}) {
  if (topology_.kind == Kind::fat_tree) lay_fat_tree();
}

void Fabric::lay_fat_tree() {
  Level level;
  for (int l = 0; l < topology_.levels(); ++l) {
    const int below = topology_.shape[l];
    const double subscribed = std::max(1.0, topology_.oversubscription[l]);
    const double uplinks = std::max(1.0, std::floor(below / subscribed));
    level.nodes *= below;
    level.uplinks *= static_cast<std::int64_t>(uplinks);
    level.speed *= below / (subscribed * uplinks);
    level.first = links_;
    // One tree has nobody above it to go to.
    if (level.nodes >= nodes_) return;
    links_ += 2 * ((nodes_ + level.nodes - 1) / level.nodes) * level.uplinks;
    levels_[level_count_++] = level;
  }
}

int Fabric::level_of(std::int64_t link) const {
  assert(link >= 0 && link < links_);
  int level = 0;
  while (level < level_count_ && link >= levels_[level].first) ++level;
  return level;
}

double Fabric::speed(std::int64_t index) const {
  const int level = level_of(index);
  return level == 0 ? 1.0 : levels_[level - 1].speed;
}

Fabric::Link Fabric::link(std::int64_t index) const {
  const int number = level_of(index);
  if (number == 0) return {forerun::format("node {} {}", index / 2, index % 2 == 0 ? "up" : "down"), 0, bandwidth(index)};
  const Level& level = levels_[number - 1];
  const std::int64_t place = index - level.first;
  const std::int64_t tree = place / (2 * level.uplinks);
  return {forerun::format("level {} tree {} {} {}", number, tree, place / level.uplinks % 2 == 0 ? "up" : "down", place % level.uplinks),
          number, bandwidth(index)};
}

std::int64_t Fabric::tree_link(const Level& level, int node, int to, bool down) const {
  return level.first + (2 * (node / level.nodes) + (down ? 1 : 0)) * level.uplinks + to % level.uplinks;
}

void Fabric::route(int from, int to, std::vector<std::int64_t>& links) const {
  assert(from != to && from >= 0 && to >= 0 && from < nodes_ && to < nodes_);
  links.push_back(up(from));
  int top = 0;
  for (; top < level_count_ && from / levels_[top].nodes != to / levels_[top].nodes; ++top)
    links.push_back(tree_link(levels_[top], from, to, false));
  while (top-- > 0) links.push_back(tree_link(levels_[top], to, to, true));
  links.push_back(down(to));
}

}  // namespace forerun
