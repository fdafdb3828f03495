#include "kernels/reference/layers.hpp"

namespace forerun {

namespace {

struct Sizes {
  explicit Sizes(const Kernel& kernel)
      : rows(kernel.batch * kernel.shape.input.positions()),
        in(kernel.shape.input.channels),
        out(kernel.shape.output.channels),
        bias(kernel.shape.bias) {}
  std::int64_t rows;
  std::int64_t in;
  std::int64_t out;
  bool bias;
};

void forward(const Sizes& s, const LayerBuffers& b) {
  for (std::int64_t n = 0; n < s.rows; ++n)
    for (std::int64_t o = 0; o < s.out; ++o) {
      double sum = s.bias ? b.weights[s.out * s.in + o] : 0;
      for (std::int64_t i = 0; i < s.in; ++i) sum += static_cast<double>(b.input[n * s.in + i]) * b.weights[o * s.in + i];
      b.output[n * s.out + o] = static_cast<float>(sum);
    }
}

void backward_weights(const Sizes& s, const LayerBuffers& b) {
  for (std::int64_t o = 0; o < s.out; ++o) {
    for (std::int64_t i = 0; i < s.in; ++i) {
      double sum = 0;
      for (std::int64_t n = 0; n < s.rows; ++n) sum += static_cast<double>(b.output_gradient[n * s.out + o]) * b.input[n * s.in + i];
      b.weight_gradient[o * s.in + i] = static_cast<float>(sum);
    }
    if (!s.bias) continue;
    double bias = 0;
    for (std::int64_t n = 0; n < s.rows; ++n) bias += b.output_gradient[n * s.out + o];
    b.weight_gradient[s.out * s.in + o] = static_cast<float>(bias);
  }
}

void backward_data(const Sizes& s, const LayerBuffers& b) {
  for (std::int64_t n = 0; n < s.rows; ++n)
    for (std::int64_t i = 0; i < s.in; ++i) {
      double sum = 0;
      for (std::int64_t o = 0; o < s.out; ++o) sum += static_cast<double>(b.output_gradient[n * s.out + o]) * b.weights[o * s.in + i];
      b.input_gradient[n * s.in + i] = static_cast<float>(sum);
    }
}

}  // namespace

void reference_dense(const Kernel& kernel, const LayerBuffers& b) {
  const Sizes sizes(kernel);
  if (kernel.pass == Pass::forward) return forward(sizes, b);
  if (kernel.pass == Pass::backward_weights) return backward_weights(sizes, b);
  backward_data(sizes, b);
}

}  // namespace forerun
