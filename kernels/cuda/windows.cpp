#include "kernels/cuda/windows.hpp"

#include <algorithm>

#include "kernels/cuda/common/arrays.hpp"

namespace forerun::cuda {

WindowShape window_shape(const Kernel& kernel, const char* what) {
  const LayerShape& layer = kernel.shape;
  require_int(kernel.batch * std::max(layer.input.elements(), layer.output.elements()), what);
  const auto narrow = [](std::int64_t size) { return static_cast<int>(size); };
  return {.samples = narrow(kernel.batch),
          .input_height = narrow(layer.input.height),
          .input_width = narrow(layer.input.width),
          .input_channels = narrow(layer.input.channels),
          .output_height = narrow(layer.output.height),
          .output_width = narrow(layer.output.width),
          .output_channels = narrow(layer.output.channels),
          .window_height = layer.window.height,
          .window_width = layer.window.width,
          .stride_height = layer.stride.height,
          .stride_width = layer.stride.width,
          .padding_height = layer.padding.height,
          .padding_width = layer.padding.width};
}

}  // namespace forerun::cuda
