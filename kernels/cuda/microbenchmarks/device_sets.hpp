#pragma once

#include <memory>
#include <vector>

#include "kernels/cuda/operator.hpp"
#include "kernels/microbenchmarks/set_layout.hpp"
#include "kernels/microbenchmarks/shapes.hpp"

namespace forerun::cuda {

/// Device memory that the arrays of one microbenchmark after another are cut from.
class DeviceArena {
 public:
  /// At least `bytes`; what was there before is lost if it must grow.
  void* reserve(std::size_t bytes);

 private:
  DeviceMemory memory_;
};

/// A kernel that can be called again and again, each time on the next of its sets of arrays. All sets hold the same numbers. The arena must
/// outlive it and serves one load at a time.
class DeviceLoad {
 public:
  DeviceLoad(const Microbenchmark& benchmark, std::shared_ptr<Context> context, DeviceArena& arena);

  void call();
  [[nodiscard]] const std::vector<LayerBuffers>& sets() const { return sets_; }

 private:
  void fill(const SetLayout& layout, void* memory);

  std::shared_ptr<Context> context_;
  std::unique_ptr<Operator> operator_;
  std::vector<LayerBuffers> sets_;
  std::size_t next_ = 0;
};

}  // namespace forerun::cuda
