#pragma once

#include <memory>

#include "core/calibration.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/operator.hpp"

/// Training operators on one GPU, in float32 and bf16. Formulas and row-major layouts are those of Operator::run, so that weights and
/// activations move between devices unchanged; the arrays lie in device memory, `loss` too.
///
/// cuBLAS is column-major. A row-major matrix of r rows and c columns is, in its eyes, the column-major transpose with c rows, c its
/// leading dimension; each product Y = A B is therefore asked for as Y^T = B^T A^T, and nothing is moved.
namespace forerun::cuda {

/// Whether there is such a kernel, as far as is_written() says.
bool offers(const Kernel& kernel);

/// An operator whose run() launches on the context's stream and returns before the GPU is done; errors of the kernels themselves appear
/// at Context::finish(). Throws MissingCapability where there is no such kernel, or where a size is more than 2^31 - 1, and
/// std::runtime_error where a launch fails.
std::unique_ptr<Operator> make_operator(const Kernel& kernel, std::shared_ptr<Context> context, const OperatorOptions& options = {});

}  // namespace forerun::cuda
