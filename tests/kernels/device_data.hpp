#pragma once

#include <cstddef>
#include <vector>

#include "core/workload.hpp"
#include "kernels/cuda/runtime.hpp"
#include "layer_data.hpp"

namespace forerun {

/// An array that begins so many bytes behind where memory does.
class Placed {
 public:
  Placed() = default;
  Placed(std::size_t bytes, std::size_t behind) : memory_(bytes > 0 ? bytes + behind : 0), bytes_(bytes), behind_(behind) {}

  [[nodiscard]] void* data() const { return bytes_ > 0 ? static_cast<char*>(memory_.data()) + behind_ : nullptr; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  cuda::DeviceMemory memory_;
  std::size_t bytes_ = 0;
  std::size_t behind_ = 0;
};

/// Values in device memory, `behind` bytes from where memory begins, and back.
Placed to_device(const std::vector<float>& values, std::size_t behind = 0);
std::vector<float> from_device(const Placed& memory);

/// A layer's arrays in device memory, there and back. In bf16 the activations and their gradients are rounded on the way there.
class DeviceData {
 public:
  /// All arrays begin `behind` bytes behind where memory is aligned for anything.
  DeviceData(const LayerData& host, Precision precision, std::size_t behind = 0);

  /// Key, step and first sample are those of the host's data; all pointers are the device's.
  [[nodiscard]] LayerBuffers buffers() const;
  /// All but labels and picked rows; `indices` only to be put back.
  void download(LayerData& host) const;
  [[nodiscard]] std::vector<float> rounded_weights() const;  ///< empty in float32

 private:
  Placed put(const void* values, std::size_t bytes);
  Placed put(const std::vector<float>& values, bool activation);

  bool bf16_;
  std::size_t behind_;
  LayerBuffers host_;
  Placed input_, output_, output_gradient_, input_gradient_, weights_, rounded_, weight_gradient_, velocity_, second_moment_, statistics_,
      running_, indices_, labels_, picked_, mask_, loss_;
  std::vector<Placed> further_inputs_, further_input_gradients_;
};

/// The values after rounding to bf16: what an operator in bf16 really reads.
std::vector<float> rounded_to_bf16(const std::vector<float>& values);

}  // namespace forerun
