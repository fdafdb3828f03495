#pragma once

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "tests/sim/agreement.hpp"

namespace forerun::test {

inline Platform fat_tree(int count, int devices_per_node, std::initializer_list<int> shape,
                         std::initializer_list<double> oversubscription) {
  Platform platform = described(count, devices_per_node);
  platform.topology.kind = Topology::Kind::fat_tree;
  std::copy(shape.begin(), shape.end(), platform.topology.shape.begin());
  std::copy(oversubscription.begin(), oversubscription.end(), platform.topology.oversubscription.begin());
  return platform;
}

inline Platform shaped(Topology::Kind kind, int count, int devices_per_node, std::initializer_list<int> shape) {
  Platform platform = fat_tree(count, devices_per_node, shape, {});
  platform.topology.kind = kind;
  return platform;
}

inline Platform torus(int count, int devices_per_node, std::initializer_list<int> shape) {
  return shaped(Topology::Kind::torus, count, devices_per_node, shape);
}

inline Platform dragonfly(int count, int devices_per_node, std::initializer_list<int> shape, double local, double global) {
  Platform platform = shaped(Topology::Kind::dragonfly, count, devices_per_node, shape);
  platform.topology.local = BytesPerSecond(local * kBandwidth);
  platform.topology.global = BytesPerSecond(global * kBandwidth);
  return platform;
}

/// Small networks of every kind.
inline std::vector<Platform> networks() {
  return {described(8, 2),
          fat_tree(16, 1, {4}, {4}),
          fat_tree(16, 2, {4}, {3}),
          fat_tree(24, 2, {4, 3}, {1, 2}),
          fat_tree(12, 4, {2, 2}, {2, 2}),
          fat_tree(7, 3, {2, 3}, {1.5, 1.5}),
          fat_tree(64, 1, {8, 2}, {1, 1}),
          torus(16, 1, {4, 4}),
          torus(12, 2, {3, 2, 2}),
          torus(9, 3, {9}),
          dragonfly(24, 1, {2, 3}, 1, 1),
          dragonfly(18, 2, {2, 2}, 0.7, 2)};
}

}  // namespace forerun::test
