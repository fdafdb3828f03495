#include "workloads/shape_text.hpp"

namespace forerun {
namespace {

/// Both may be planes x rows x columns; one number where all are the same.
std::string extents(int depth, int height, int width, bool three) {
  if (height == width && (!three || depth == height)) return std::to_string(width);
  const std::string rows = std::to_string(height) + "x" + std::to_string(width);
  return three ? std::to_string(depth) + "x" + rows : rows;
}

}  // namespace

std::string shape_text(const TensorShape& shape) {
  std::string text;
  if (shape.depth > 1) text += std::to_string(shape.depth) + "x";
  if (shape.depth > 1 || shape.height > 1) text += std::to_string(shape.height) + "x";
  if (shape.positions() > 1) text += std::to_string(shape.width) + "x";
  return text + std::to_string(shape.channels);
}

std::string window_text(const LayerShape& layer) {
  switch (layer.kind) {
    case LayerKind::conv2d:
    case LayerKind::conv3d:
    case LayerKind::transposed_conv2d:
    case LayerKind::max_pool:
    case LayerKind::average_pool: break;
    default: return "-";
  }
  const bool three = layer.input.depth > 1;
  return extents(layer.window.depth, layer.window.height, layer.window.width, three) + "/" +
         extents(layer.stride.depth, layer.stride.height, layer.stride.width, three) + "+" +
         extents(layer.padding.depth, layer.padding.height, layer.padding.width, three);
}

}  // namespace forerun
