#include <vector>

#include "kernels/reference/layers.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

/// Calls visit(output element, input element, weight) for every product of the convolution, k counted from the first channel of the
/// output's group:
///   y[n, r, c, o] += x[n, r stride - padding + i, c stride - padding + j, k] w[o, i, j, k]
template <class Visit>
void for_each_product(const Kernel& kernel, Visit visit) {
  const TensorShape& x = kernel.shape.input;
  const TensorShape& y = kernel.shape.output;
  const Extent &window = kernel.shape.window, &stride = kernel.shape.stride;
  const Padding& padding = kernel.shape.padding;
  const std::int64_t channels = x.channels / kernel.shape.groups, filters = y.channels / kernel.shape.groups;
  for (std::int64_t n = 0; n < kernel.batch; ++n)
    for (std::int64_t r = 0; r < y.height; ++r)
      for (std::int64_t c = 0; c < y.width; ++c)
        for (std::int64_t o = 0; o < y.channels; ++o)
          for (std::int64_t i = 0; i < window.height; ++i)
            for (std::int64_t j = 0; j < window.width; ++j)
              for (std::int64_t k = 0; k < channels; ++k) {
                const std::int64_t row = r * stride.height - padding.height + i, column = c * stride.width - padding.width + j;
                if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
                visit(((n * y.height + r) * y.width + c) * y.channels + o,
                      ((n * x.height + row) * x.width + column) * x.channels + o / filters * channels + k,
                      ((o * window.height + i) * window.width + j) * channels + k);
              }
}

void store(const std::vector<double>& sums, float* to) {
  for (std::size_t i = 0; i < sums.size(); ++i) to[i] = static_cast<float>(sums[i]);
}

}  // namespace

void reference_conv2d(const Kernel& kernel, const LayerBuffers& b) {
  const LayerShape& shape = kernel.shape;
  const std::int64_t outputs = shape.output.channels;
  const std::int64_t biases = shape.bias ? outputs : 0, weights = parameters(shape) - biases;
  const std::int64_t y_elements = kernel.batch * shape.output.elements();
  if (kernel.pass == Pass::forward) {
    std::vector<double> y(y_elements);
    if (shape.bias)
      for (std::int64_t e = 0; e < y_elements; ++e) y[e] = b.weights[weights + e % outputs];
    for_each_product(kernel, [&](auto to, auto from, auto weight) { y[to] += static_cast<double>(b.input[from]) * b.weights[weight]; });
    store(y, b.output);
  } else if (kernel.pass == Pass::backward_weights) {
    std::vector<double> gradient(weights + biases);
    for_each_product(
        kernel, [&](auto to, auto from, auto weight) { gradient[weight] += static_cast<double>(b.input[from]) * b.output_gradient[to]; });
    if (shape.bias)
      for (std::int64_t e = 0; e < y_elements; ++e) gradient[weights + e % outputs] += b.output_gradient[e];
    store(gradient, b.weight_gradient);
  } else {
    std::vector<double> dx(kernel.batch * shape.input.elements());
    for_each_product(kernel,
                     [&](auto to, auto from, auto weight) { dx[from] += static_cast<double>(b.output_gradient[to]) * b.weights[weight]; });
    store(dx, b.input_gradient);
  }
}

}  // namespace forerun
