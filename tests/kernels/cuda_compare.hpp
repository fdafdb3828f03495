#pragma once

#include <vector>

#include "kernels/operator.hpp"
#include "layer_data.hpp"

/// What the tests of CUDA's operators share.
namespace forerun {

/// False, with the one line by which ctest knows a skipped test, where there is no GPU.
bool has_device();

/// What an operator is tested with unless a test says otherwise.
inline const OperatorOptions kCudaOptions{.rule = {.learning_rate = 0.1F, .momentum = 0.7F, .gradient_scale = 0.25F},
                                          .dropped_share = 0.3F};

/// Runs a kernel on the GPU, and waits. The arrays are there; or they are copies of the host's, which then hold what it wrote: that gives
/// the rounded weights, of which there are none in float32.
void run_on_device(const Kernel& kernel, const LayerBuffers& arrays, const OperatorOptions& options = {});
std::vector<float> run_on_device(const Kernel& kernel, LayerData& data, const OperatorOptions& options = {});

/// Runs a kernel on the GPU and as the reference does, on the same random data, and checks every array that either may write. Where a
/// backward pass reads what forward leaves, each runs its own forward first. What the pass writes is no number before. In bf16 the
/// reference reads what rounding leaves of activations and of the weights of products; allowed are 2^-7 of an array's largest value, in
/// float32 1e-5.
void compare(const Kernel& kernel, const OperatorOptions& options = kCudaOptions);
void compare(const LayerShape& shape, std::int64_t batch, Pass pass, const OperatorOptions& options = kCudaOptions,
             Precision precision = Precision::fp32);

/// All passes but the update that the layers have, in float32 and bf16.
void compare_all(const std::vector<LayerShape>& shapes, const std::vector<std::int64_t>& batches,
                 const OperatorOptions& options = kCudaOptions);

}  // namespace forerun
