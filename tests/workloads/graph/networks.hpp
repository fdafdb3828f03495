#pragma once

#include <random>
#include <string>
#include <vector>

#include "tests/workloads/layers.hpp"

namespace forerun {

/// A layer of `channels` that reads `inputs`; what it computes does not matter.
inline Layer node(std::vector<int> inputs, std::int64_t channels = 1) {
  Layer layer{.name = "layer", .shape = relu(channels), .inputs = std::move(inputs)};
  layer.shape.kind = LayerKind::add;
  return layer;
}

/// 0 to 1 to 2 to 3, and past them 0 to 3: a residual connection.
inline Workload residual() { return {.layers = {node({kData}, 10), node({0}, 2), node({1}, 3), node({2, 0}, 12), node({3}, 1)}}; }

/// Every layer reads up to three earlier ones.
inline Workload random_network(int layers, std::mt19937& random) {
  Workload workload;
  for (int i = 0; i < layers; ++i) {
    std::vector<int> inputs;
    for (int k = 0; k < 1 + static_cast<int>(random() % 3); ++k) inputs.push_back(static_cast<int>(random() % (i + 1)) - 1);
    workload.layers.push_back(node(inputs, 1 + random() % 9));
  }
  return workload;
}

}  // namespace forerun
