#include "kernels/cuda/pools.hpp"

#include <algorithm>
#include <limits>

#include "core/error.hpp"

namespace forerun::cuda {

PoolShape pool_shape(const Kernel& kernel) {
  const LayerShape& layer = kernel.shape;
  if (kernel.batch * std::max(layer.input.elements(), layer.output.elements()) > std::numeric_limits<int>::max())
    throw MissingCapability("a pool of more than 2^31 - 1 elements on a GPU");
  const auto narrow = [](std::int64_t size) { return static_cast<int>(size); };
  return {.samples = narrow(kernel.batch),
          .channels = narrow(layer.input.channels),
          .input_height = narrow(layer.input.height),
          .input_width = narrow(layer.input.width),
          .output_height = narrow(layer.output.height),
          .output_width = narrow(layer.output.width),
          .window_height = layer.window.height,
          .window_width = layer.window.width,
          .stride_height = layer.stride.height,
          .stride_width = layer.stride.width,
          .padding_height = layer.padding.height,
          .padding_width = layer.padding.width};
}

}  // namespace forerun::cuda
