#pragma once

#include <array>
#include <string>
#include <vector>

#include "costs/calibration_file.hpp"
#include "workloads/formulas.hpp"

namespace forerun::test {

inline constexpr std::array kPublished{"a100-40gb", "a100-80gb", "h100", "h200", "gh200", "b200", "gb200", "v100", "p100", "k80", "t4"};

inline GpuModel gpu(const std::string& name) { return *load_calibration({name, "--calibration", 0, 0, ""})->gpu; }

inline TensorShape tokens(std::int64_t channels, std::int64_t count) { return {.channels = channels, .width = count}; }

inline Kernel on_gpu(const LayerShape& shape, Pass pass, std::int64_t batch, Precision precision = Precision::fp16) {
  return {.shape = shape, .pass = pass, .batch = batch, .precision = precision, .optimizer = Optimizer::adam};
}

inline LayerShape dense_layer(std::int64_t inputs, std::int64_t outputs, std::int64_t positions) {
  return {.kind = LayerKind::dense, .input = tokens(inputs, positions), .output = tokens(outputs, positions)};
}

inline LayerShape elementwise(LayerKind kind, std::int64_t channels, std::int64_t positions, int operands = 1) {
  return {.kind = kind, .input = tokens(channels, positions), .output = tokens(channels, positions), .operands = operands};
}

inline LayerShape attention_layer(std::int64_t hidden, std::int64_t heads, std::int64_t positions, AttentionMethod method, bool dropout) {
  LayerShape shape = elementwise(LayerKind::attention, hidden, positions);
  shape.attention = {.heads = heads,
                     .key_heads = heads,
                     .key_channels = hidden / heads,
                     .value_channels = hidden / heads,
                     .keys = positions,
                     .method = method,
                     .dropout = dropout};
  return shape;
}

/// The layers of a block of Megatron's GPT on one of `parts` tensor-parallel ranks.
inline std::vector<LayerShape> transformer_block(std::int64_t hidden, std::int64_t heads, std::int64_t positions, std::int64_t parts) {
  const auto norm = elementwise(LayerKind::layer_norm, hidden, positions);
  const auto dropout = elementwise(LayerKind::dropout, hidden, positions);
  const auto add = elementwise(LayerKind::add, hidden, positions, 2);
  return {norm,
          dense_layer(hidden, 3 * hidden / parts, positions),
          attention_layer(hidden / parts, heads / parts, positions, AttentionMethod::fused, true),
          dense_layer(hidden / parts, hidden, positions),
          dropout,
          add,
          norm,
          dense_layer(hidden, 4 * hidden / parts, positions),
          elementwise(LayerKind::gelu, 4 * hidden / parts, positions),
          dense_layer(4 * hidden / parts, hidden, positions),
          dropout,
          add};
}

}  // namespace forerun::test
