#include "kernels/trainer/initial_weights.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/layer_arrays.hpp"
#include "kernels/trainer/random.hpp"

namespace forerun {

namespace {

constexpr float kTableDeviation = 0.02F;

std::int64_t fan_in(const LayerShape& shape) { return shape.input.channels / shape.groups * shape.window.volume(); }

/// Biases, or a norm's shifts.
std::size_t shift_count(const LayerShape& shape) {
  return static_cast<std::size_t>(shape.bias || is_norm(shape.kind) ? shape.output.channels : 0);
}

}  // namespace

float initial_deviation(const Workload& workload, std::size_t layer) {
  if (workload.layers[layer].shape.kind == LayerKind::embedding) return kTableDeviation;
  const bool before_relu = layer + 1 < workload.layers.size() && workload.layers[layer + 1].shape.kind == LayerKind::relu;
  return std::sqrt((before_relu ? 2.0F : 1.0F) / static_cast<float>(fan_in(workload.layers[layer].shape)));
}

void fill_initial_weights(const Workload& workload, int layer, std::uint64_t seed, std::span<float> parameters) {
  const LayerShape& shape = workload.layers[static_cast<std::size_t>(layer)].shape;
  const std::span<float> weights = parameters.first(parameters.size() - shift_count(shape));
  if (is_norm(shape.kind))
    std::ranges::fill(weights, 1.0F);
  else
    fill_normal(stream_key(seed, kFirstLayerStream + static_cast<std::uint64_t>(layer)),
                initial_deviation(workload, static_cast<std::size_t>(layer)), weights);
}

}  // namespace forerun
