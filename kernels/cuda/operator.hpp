#pragma once

#include <memory>

#include "core/calibration.hpp"
#include "kernels/cpu/operator.hpp"
#include "kernels/cuda/runtime.hpp"

/// Training operators in float32 on one GPU. Formulas and row-major layouts are those of cpu::Operator::run, so that weights and
/// activations move between both unchanged; the arrays lie in device memory.
///
/// cuBLAS is column-major. A row-major matrix of r rows and c columns is, in its eyes, the column-major transpose with c rows, c its
/// leading dimension; each product Y = A B is therefore asked for as Y^T = B^T A^T, and nothing is moved.
namespace forerun::cuda {

using cpu::LayerBuffers;
using cpu::UpdateRule;

/// One pass of one layer, prepared once. Runs are ordered by their stream and return before the device is done.
class Operator {
 public:
  Operator() = default;
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;
  virtual ~Operator() = default;

  /// Throws std::runtime_error where the launch fails; errors of the kernels themselves appear at a later call.
  virtual void run(const LayerBuffers& buffers, cudaStream_t stream) = 0;
};

/// Dense layers of one position with biases, and the update by sgd-momentum of any layer that learns, as far as
/// is_written() says.
bool offers(const Kernel& kernel);

/// Throws MissingCapability where there is no such kernel, or where a size does not fit into cuBLAS's 32 bits.
std::unique_ptr<Operator> make_operator(const Kernel& kernel, std::shared_ptr<Blas> blas, UpdateRule rule = {});

}  // namespace forerun::cuda
