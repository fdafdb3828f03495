#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/calibration.hpp"
#include "kernels/microbenchmarks/kernel_arrays.hpp"
#include "kernels/operator.hpp"
#include "kernels/trainer/array.hpp"

namespace forerun {

/// Memory that the buffers of one microbenchmark after another are cut from, so that pages are touched once.
class Arena {
 public:
  /// At least `bytes`; what was there before is lost if it must grow.
  float* reserve(std::size_t bytes);

 private:
  AlignedArray<float> memory_;
};

/// Arrays for `copies` runs of a kernel, one set after the other, filled with normal numbers: zeros and denormals would be faster
/// or slower than what training sees. The arena must outlive them and serves one KernelBuffers at a time.
class KernelBuffers {
 public:
  KernelBuffers(const Kernel& kernel, int copies, Arena& arena);

  /// Writes to what the kernel before this one in a step leaves or has just read, as far as it is an array of this one: on the way
  /// forward its input, on the way back the gradient of its output, and where a layer's backward-weights came before, the input that it
  /// read. An update finds nothing fresh. The contents stay.
  void refresh(std::size_t index);

  [[nodiscard]] const LayerBuffers& copy(std::size_t index) const { return copies_[index]; }
  [[nodiscard]] std::size_t copies() const { return copies_.size(); }

 private:
  void cut(const Kernel& kernel, const KernelArrays& arrays, float* memory);
  void find_maxima(const Kernel& kernel);
  void note_fresh(const Kernel& kernel, const KernelArrays& arrays);

  std::vector<LayerBuffers> copies_;
  std::vector<std::vector<std::span<float>>> fresh_;  ///< by copy
  float loss_ = 0;
};

}  // namespace forerun
