#pragma once

#include <memory>
#include <vector>

#include "kernels/microbenchmarks/kernel_buffers.hpp"
#include "kernels/microbenchmarks/shapes.hpp"
#include "kernels/operator.hpp"

namespace forerun {

/// A kernel that can be called again and again, each time on the next set of its arrays. Operators own scratch memory, such as the
/// weights in the layout that oneDNN wants, and a network has an operator for each of its layers: where weights are large, a cold
/// rotation goes over as many operators as it takes for their scratch to be cold, too.
class KernelLoad {
 public:
  /// The arena must outlive it and serves one load at a time.
  KernelLoad(const Microbenchmark& benchmark, Arena& arena);

  void call();
  /// Lets the next call find fresh what the kernel before it leaves in a step; nothing to do where all arrays are warm.
  void prepare();
  /// Calls every operator once: the first call touches its code, tables and scratch memory.
  void warm_up();

  /// Operators that the rotation of a microbenchmark needs: one, unless it is cold and the weights exceed a core's own cache.
  static std::size_t operators_of(const Microbenchmark& benchmark);

 private:
  KernelBuffers buffers_;
  std::vector<std::unique_ptr<Operator>> operators_;
  std::size_t operator_ = 0;  ///< whose turn it is
  std::size_t copy_ = 0;
};

}  // namespace forerun
