#pragma once

#include "core/workload.hpp"

namespace forerun {

inline LayerShape dense(std::int64_t inputs, std::int64_t outputs) {
  return {.kind = LayerKind::dense, .input = {.channels = inputs}, .output = {.channels = outputs}};
}

/// 2 x 5 x 4 to 3 x 4 x 3 through a 2 x 2 window: every extent differs.
inline LayerShape convolution() {
  return {.kind = LayerKind::conv2d, .input = {2, 5, 4}, .output = {3, 4, 3}, .window = 2, .stride = 1, .padding = 0};
}

/// 2 x 6 x 9 to 2 x 2 x 3 through a 3 x 3 window.
inline LayerShape pool() {
  return {.kind = LayerKind::max_pool, .input = {2, 6, 9}, .output = {2, 2, 3}, .window = 3, .stride = 3, .padding = 0};
}

inline LayerShape relu(std::int64_t features) {
  return {.kind = LayerKind::relu, .input = {.channels = features}, .output = {.channels = features}};
}

inline LayerShape loss(std::int64_t classes) {
  return {.kind = LayerKind::softmax_cross_entropy, .input = {.channels = classes}, .output = {.channels = classes}};
}

}  // namespace forerun
