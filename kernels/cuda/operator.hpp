#pragma once

#include <cstdint>
#include <memory>

#include "core/calibration.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/operator.hpp"

/// Training operators on one GPU, in float32 and bf16. Formulas and row-major layouts are those of Operator::run, so that weights and
/// activations move between devices unchanged; the arrays lie in device memory, `loss` too.
namespace forerun::cuda {

/// Whether there is such a kernel for the calling thread's device: what is_written() says, but for attention of heads of more than
/// kMostAttentionChannels, and for bf16 where the device's compute capability is below 8.0.
bool offers(const Kernel& kernel);

/// An operator whose run() launches on the context's stream and returns before the GPU is done; errors of the kernels themselves appear
/// at Context::finish(). Throws MissingCapability where there is no such kernel, or where a size is more than 2^31 - 1, and
/// std::runtime_error where a launch fails.
std::unique_ptr<Operator> make_operator(const Kernel& kernel, std::shared_ptr<Context> context, const OperatorOptions& options = {});

/// An update of `count` parameters, of one layer or of several whose arrays lie together; as make_operator(), of an optimizer other than
/// l-bfgs.
std::unique_ptr<Operator> make_update(std::int64_t count, Optimizer optimizer, const UpdateRule& rule, std::shared_ptr<Context> context);

}  // namespace forerun::cuda
