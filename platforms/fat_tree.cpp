#include <algorithm>
#include <cmath>

#include "io/format.hpp"
#include "platforms/fabric.hpp"

// A fabric's links and routes where it is a fat tree.
namespace forerun {

void Fabric::lay_fat_tree() {
  Level level;
  for (int l = 0; l < topology_.levels(); ++l) {
    const int below = topology_.shape[l];
    const double subscribed = std::max(1.0, topology_.oversubscription[l]);
    const double uplinks = std::max(1.0, std::floor(below / subscribed));
    level.nodes *= below;
    level.switches = level.uplinks;
    level.first_switch = top_switch_;
    level.uplinks *= static_cast<std::int64_t>(uplinks);
    level.speed *= below / (subscribed * uplinks);
    level.first = links_;
    // One tree has nobody above it to go to.
    if (level.nodes >= nodes_) break;
    const std::int64_t trees = (nodes_ + level.nodes - 1) / level.nodes;
    links_ += 2 * trees * level.uplinks;
    top_switch_ += trees * level.switches;
    levels_[level_count_++] = level;
  }
  switches_ = top_switch_ + (level_count_ > 0 ? levels_[level_count_ - 1].uplinks : 1);
}

// 0 of a node's links.
int Fabric::level_of(std::int64_t link) const {
  int level = 0;
  while (level < level_count_ && link >= levels_[level].first) ++level;
  return level;
}

std::int64_t Fabric::tree_link(const Level& level, int node, int to, bool down) const {
  return level.first + (2 * (node / level.nodes) + (down ? 1 : 0)) * level.uplinks + to % level.uplinks;
}

// A switch at the top of the tree of a level that a node lies under: of those of its tree the one of that number, modulo how many they are.
std::int64_t Fabric::tree_switch(int level, std::int64_t node, std::int64_t number) const {
  if (level == level_count_) return nodes_ + top_switch_ + number;
  const Level& here = levels_[level];
  return nodes_ + here.first_switch + node / here.nodes * here.switches + number % here.switches;
}

void Fabric::climb(int from, int to, std::vector<std::int64_t>& links) const {
  int top = 0;
  for (; top < level_count_ && from / levels_[top].nodes != to / levels_[top].nodes; ++top)
    links.push_back(tree_link(levels_[top], from, to, false));
  while (top-- > 0) links.push_back(tree_link(levels_[top], to, to, true));
}

void Fabric::describe_tree_link(Link& link, std::int64_t index) const {
  link.level = level_of(index);
  const Level& level = levels_[link.level - 1];
  const std::int64_t place = index - level.first;
  const std::int64_t tree = place / (2 * level.uplinks);
  const std::int64_t number = place % level.uplinks;
  const bool upwards = place / level.uplinks % 2 == 0;
  link.name = forerun::format("level {} tree {} {} {}", link.level, tree, upwards ? "up" : "down", number);
  link.from = tree_switch(link.level - 1, tree * level.nodes, number);
  link.to = tree_switch(link.level, tree * level.nodes, number);
  if (!upwards) std::swap(link.from, link.to);
}

}  // namespace forerun
