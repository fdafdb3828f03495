#include "workloads/entry_window.hpp"

#include <algorithm>

namespace forerun {
namespace {

/// height, width, depth.
struct Extents {
  int height, width, depth;
};

Extents spread(const EntryExtents& given, bool three, Extents fallback) {
  const std::vector<int>& v = given.values;
  switch (v.size()) {
    case 0: return fallback;
    case 1: return {v[0], v[0], three ? v[0] : fallback.depth};
    case 2: return {v[0], v[1], fallback.depth};
    default: return {v[1], v[2], v[0]};
  }
}

/// Zeros on both sides of an edge together.
int same_padding(std::int64_t edge, int window, int stride, int dilation) {
  const std::int64_t steps = (edge + stride - 1) / stride;
  const std::int64_t reach = static_cast<std::int64_t>(dilation) * (window - 1) + 1;
  return static_cast<int>(std::max<std::int64_t>(0, (steps - 1) * stride + reach - edge));
}

}  // namespace

WindowOptions window_options(const LayerEntry& entry, const TensorShape& input) {
  const bool three = entry.kind == LayerKind::conv3d || input.depth > 1;
  const bool is_pool = entry.kind == LayerKind::max_pool || entry.kind == LayerKind::average_pool;
  const Extents one{1, 1, 1}, none{0, 0, 0};
  const Extents window = spread(entry.window, three, one);
  const Extents stride = spread(entry.stride, three, is_pool ? window : one);
  const Extents dilation = spread(entry.dilation, three, one);
  const Extents padding = spread(entry.padding, three, none);
  WindowOptions options{.outputs = entry.outputs,
                        .window = {window.height, window.width, window.depth},
                        .stride = {stride.height, stride.width, stride.depth},
                        .padding = {padding.height, padding.width, padding.depth},
                        .dilation = {dilation.height, dilation.width, dilation.depth},
                        .groups = entry.groups,
                        .bias = entry.bias == Bias::present,
                        .round_up = entry.round_up};
  if (!entry.padding_same) return options;
  const int height = same_padding(input.height, window.height, stride.height, dilation.height);
  const int width = same_padding(input.width, window.width, stride.width, dilation.width);
  const int depth = same_padding(input.depth, window.depth, stride.depth, dilation.depth);
  options.padding = {height / 2, width / 2, depth / 2};
  options.uneven = {height % 2, width % 2, depth % 2};
  return options;
}

}  // namespace forerun
