#pragma once

#include <string>
#include <string_view>

#include "workloads/graph_builder.hpp"

namespace forerun {

inline constexpr std::int64_t kMostEdge = 1 << 16;      ///< of an image
inline constexpr std::int64_t kMostChannels = 1 << 20;  ///< of a network's first layer

/// A convolution without bias and its batch norm: NAME, NAME-norm.
inline int convolution_norm(GraphBuilder& net, std::string_view name, int from, WindowOptions options) {
  options.bias = false;
  const int convolved = net.convolution(name, LayerKind::conv2d, from, options);
  return net.norm(std::string(name) + "-norm", LayerKind::batch_norm, convolved);
}

/// The same and a relu: NAME, NAME-norm, NAME-relu.
inline int convolution_norm_relu(GraphBuilder& net, std::string_view name, int from, const WindowOptions& options) {
  return net.elementwise(std::string(name) + "-relu", LayerKind::relu, convolution_norm(net, name, from, options));
}

inline int max_pool(GraphBuilder& net, std::string_view name, int from, Extent window, Extent stride, Padding padding = 0) {
  return net.pool(name, LayerKind::max_pool, from, {.window = window, .stride = stride, .padding = padding});
}

/// Averages all positions and predicts classes from the channels: average-pool, flatten, dropout, classifier, loss.
inline void average_and_classify(GraphBuilder& net, int from, std::int64_t classes, Dropout dropout) {
  int x = net.flatten("flatten", net.global_average_pool("average-pool", from));
  if (dropout == Dropout::present) x = net.elementwise("dropout", LayerKind::dropout, x);
  net.loss("loss", LayerKind::softmax_cross_entropy, net.dense("classifier", x, classes));
}

}  // namespace forerun
