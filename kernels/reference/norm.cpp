#include <cmath>
#include <vector>

#include "kernels/reference/layers.hpp"

namespace forerun {

namespace {

/// A tensor of rows x channels that is normalised in groups of elements: a channel of all rows, or a row.
struct Groups {
  explicit Groups(const Kernel& kernel)
      : by_channel(kernel.shape.kind == LayerKind::batch_norm),
        rows(kernel.batch * kernel.shape.input.positions()),
        channels(kernel.shape.input.channels),
        count(by_channel ? channels : rows),
        size(static_cast<double>(by_channel ? rows : channels)) {}

  [[nodiscard]] std::int64_t of(std::int64_t element) const { return by_channel ? element % channels : element / channels; }
  /// Sums of value(element) over each group.
  template <class Value>
  [[nodiscard]] std::vector<double> sums(Value value) const {
    std::vector<double> all(static_cast<std::size_t>(count));
    for (std::int64_t e = 0; e < rows * channels; ++e) all[of(e)] += value(e);
    return all;
  }

  bool by_channel;
  std::int64_t rows, channels, count;
  double size;
};

void forward(const Groups& g, const LayerBuffers& b, bool bias) {
  const std::vector<double> sums = g.sums([&](auto e) { return b.input[e]; });
  const auto apart = [&](auto e) { return b.input[e] - sums[g.of(e)] / g.size; };
  const std::vector<double> squares = g.sums([&](auto e) { return apart(e) * apart(e); });
  const auto reciprocal = [&](std::int64_t group) { return 1 / std::sqrt(squares[group] / g.size + kNormEpsilon); };
  for (std::int64_t e = 0; e < g.rows * g.channels; ++e)
    b.output[e] = static_cast<float>(apart(e) * reciprocal(g.of(e)) * b.weights[e % g.channels] +
                                     (bias ? b.weights[g.channels + e % g.channels] : 0));
  for (std::int64_t i = 0; i < g.count; ++i) {
    b.statistics[i] = static_cast<float>(sums[i] / g.size);
    b.statistics[g.count + i] = static_cast<float>(reciprocal(i));
    if (!g.by_channel || b.running == nullptr) continue;
    const double mean = sums[i] / g.size, variance = squares[i] / (g.size > 1 ? g.size - 1 : g.size);
    constexpr double kShare = kRunningShare;
    b.running[i] = static_cast<float>((1 - kShare) * b.running[i] + kShare * mean);
    b.running[g.count + i] = static_cast<float>((1 - kShare) * b.running[g.count + i] + kShare * variance);
  }
}

/// The normalised input.
double normal(const Groups& g, const LayerBuffers& b, std::int64_t e) {
  return (static_cast<double>(b.input[e]) - b.statistics[g.of(e)]) * b.statistics[g.count + g.of(e)];
}

void backward_weights(const Groups& g, const LayerBuffers& b, bool bias) {
  std::vector<double> scale(g.channels), shift(g.channels);
  for (std::int64_t e = 0; e < g.rows * g.channels; ++e) {
    scale[e % g.channels] += b.output_gradient[e] * normal(g, b, e);
    shift[e % g.channels] += b.output_gradient[e];
  }
  for (std::int64_t c = 0; c < g.channels; ++c) {
    b.weight_gradient[c] = static_cast<float>(scale[c]);
    if (bias) b.weight_gradient[g.channels + c] = static_cast<float>(shift[c]);
  }
}

void backward_data(const Groups& g, const LayerBuffers& b) {
  const auto slope = [&](auto e) { return static_cast<double>(b.output_gradient[e]) * b.weights[e % g.channels]; };
  const std::vector<double> sums = g.sums(slope), products = g.sums([&](auto e) { return slope(e) * normal(g, b, e); });
  for (std::int64_t e = 0; e < g.rows * g.channels; ++e) {
    const std::int64_t group = g.of(e);
    b.input_gradient[e] =
        static_cast<float>((slope(e) - (sums[group] + normal(g, b, e) * products[group]) / g.size) * b.statistics[g.count + group]);
  }
}

}  // namespace

void reference_norm(const Kernel& kernel, const LayerBuffers& b) {
  const Groups groups(kernel);
  if (kernel.pass == Pass::forward) return forward(groups, b, kernel.shape.bias);
  if (kernel.pass == Pass::backward_weights) return backward_weights(groups, b, kernel.shape.bias);
  backward_data(groups, b);
}

}  // namespace forerun
