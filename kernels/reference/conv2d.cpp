#include <vector>

#include "kernels/reference/layers.hpp"

namespace forerun {

namespace {

/// Calls visit(output element, input element, weight) for every product of the convolution:
///   y[n, r, c, o] += x[n, r stride - padding + i, c stride - padding + j, k] w[o, i, j, k]
template <class Visit>
void for_each_product(const Kernel& kernel, Visit visit) {
  const TensorShape& x = kernel.shape.input;
  const TensorShape& y = kernel.shape.output;
  const int window = kernel.shape.window.edge(), stride = kernel.shape.stride.edge(), padding = kernel.shape.padding.edge();
  for (std::int64_t n = 0; n < kernel.batch; ++n)
    for (std::int64_t r = 0; r < y.height; ++r)
      for (std::int64_t c = 0; c < y.width; ++c)
        for (std::int64_t o = 0; o < y.channels; ++o)
          for (std::int64_t i = 0; i < window; ++i)
            for (std::int64_t j = 0; j < window; ++j)
              for (std::int64_t k = 0; k < x.channels; ++k) {
                const std::int64_t row = r * stride - padding + i, column = c * stride - padding + j;
                if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
                visit(((n * y.height + r) * y.width + c) * y.channels + o, ((n * x.height + row) * x.width + column) * x.channels + k,
                      ((o * window + i) * window + j) * x.channels + k);
              }
}

void store(const std::vector<double>& sums, float* to) {
  for (std::size_t i = 0; i < sums.size(); ++i) to[i] = static_cast<float>(sums[i]);
}

}  // namespace

void reference_conv2d(const Kernel& kernel, const cpu::LayerBuffers& b) {
  const LayerShape& shape = kernel.shape;
  const std::int64_t outputs = shape.output.channels;
  const std::int64_t weights = outputs * shape.window.edge() * shape.window.edge() * shape.input.channels;
  const std::int64_t y_elements = kernel.batch * shape.output.elements();
  if (kernel.pass == Pass::forward) {
    std::vector<double> y(y_elements);
    for (std::int64_t e = 0; e < y_elements; ++e) y[e] = b.weights[weights + e % outputs];
    for_each_product(kernel, [&](auto to, auto from, auto weight) { y[to] += static_cast<double>(b.input[from]) * b.weights[weight]; });
    store(y, b.output);
  } else if (kernel.pass == Pass::backward_weights) {
    std::vector<double> gradient(weights + outputs);
    for_each_product(
        kernel, [&](auto to, auto from, auto weight) { gradient[weight] += static_cast<double>(b.input[from]) * b.output_gradient[to]; });
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
