#pragma once

#include <cstddef>
#include <vector>

#include "core/workload.hpp"
#include "kernels/cuda/runtime.hpp"
#include "layer_data.hpp"

namespace forerun {

/// A layer's arrays in device memory, there and back. In bf16 the activations and their gradients are rounded on the way there.
class DeviceData {
 public:
  DeviceData(const LayerData& host, Precision precision);

  /// Key, step and first sample are those of the host's data; all pointers are the device's.
  [[nodiscard]] LayerBuffers buffers() const;
  /// All but labels and picked rows; `indices` only to be put back.
  void download(LayerData& host) const;
  [[nodiscard]] std::vector<float> rounded_weights() const;  ///< empty in float32

 private:
  cuda::DeviceMemory put(const void* values, std::size_t bytes);
  cuda::DeviceMemory put(const std::vector<float>& values, bool activation);

  bool bf16_;
  LayerBuffers host_;
  cuda::DeviceMemory input_, output_, output_gradient_, input_gradient_, weights_, rounded_, weight_gradient_, velocity_, second_moment_,
      statistics_, running_, indices_, labels_, picked_, mask_, loss_;
  std::vector<cuda::DeviceMemory> further_inputs_, further_input_gradients_;
};

/// The values after rounding to bf16: what an operator in bf16 really reads.
std::vector<float> rounded_to_bf16(const std::vector<float>& values);

}  // namespace forerun
