#include <algorithm>
#include <cmath>

#include "kernels/reference/layers.hpp"

namespace forerun {

namespace {

void forward(std::int64_t rows, std::int64_t classes, const LayerBuffers& b) {
  double loss = 0;
  for (std::int64_t n = 0; n < rows; ++n) {
    const float* x = b.input + n * classes;
    const double largest = *std::max_element(x, x + classes);
    double sum = 0;
    for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(x[c] - largest);
    for (std::int64_t c = 0; c < classes; ++c) b.output[n * classes + c] = static_cast<float>(std::exp(x[c] - largest) / sum);
    loss -= x[b.labels[n]] - largest - std::log(sum);
  }
  *b.loss = static_cast<float>(loss / static_cast<double>(rows));
}

void backward(std::int64_t rows, std::int64_t classes, const LayerBuffers& b) {
  for (std::int64_t n = 0; n < rows; ++n)
    for (std::int64_t c = 0; c < classes; ++c) {
      const double target = b.labels[n] == c ? 1 : 0;
      b.input_gradient[n * classes + c] = static_cast<float>((b.output[n * classes + c] - target) / static_cast<double>(rows));
    }
}

}  // namespace

void reference_softmax_cross_entropy(const Kernel& kernel, const LayerBuffers& b) {
  const std::int64_t rows = kernel.batch * kernel.shape.input.positions(), classes = kernel.shape.input.channels;
  if (kernel.pass == Pass::forward)
    forward(rows, classes, b);
  else
    backward(rows, classes, b);
}

}  // namespace forerun
