#include <algorithm>

#include "kernels/reference/layers.hpp"

namespace forerun {

namespace {

/// The element of the sample's input that is largest in the window, the first of equals.
std::int64_t largest(const LayerShape& shape, const float* sample, std::int64_t row, std::int64_t column, std::int64_t channel) {
  std::int64_t best = -1;
  for (std::int64_t i = 0; i < shape.window.height; ++i)
    for (std::int64_t j = 0; j < shape.window.width; ++j) {
      const std::int64_t y = row * shape.stride.height - shape.padding.height + i,
                         x = column * shape.stride.width - shape.padding.width + j;
      if (y < 0 || y >= shape.input.height || x < 0 || x >= shape.input.width) continue;
      const std::int64_t element = (y * shape.input.width + x) * shape.input.channels + channel;
      if (best < 0 || sample[element] > sample[best]) best = element;
    }
  return best;
}

}  // namespace

void reference_max_pool(const Kernel& kernel, const LayerBuffers& b) {
  const LayerShape& shape = kernel.shape;
  const std::int64_t in = shape.input.elements(), out = shape.output.elements();
  if (kernel.pass == Pass::forward) {
    for (std::int64_t e = 0; e < kernel.batch * out; ++e) {
      const std::int64_t channel = e % shape.output.channels, pixel = e % out / shape.output.channels;
      const float* sample = b.input + e / out * in;
      const std::int64_t place = largest(shape, sample, pixel / shape.output.width, pixel % shape.output.width, channel);
      b.indices[e] = static_cast<std::int32_t>(place);
      b.output[e] = sample[place];
    }
  } else {
    std::fill_n(b.input_gradient, kernel.batch * in, 0.0F);
    for (std::int64_t e = 0; e < kernel.batch * out; ++e) b.input_gradient[e / out * in + b.indices[e]] += b.output_gradient[e];
  }
}

}  // namespace forerun
