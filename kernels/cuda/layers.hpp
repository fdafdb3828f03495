#pragma once

#include <memory>

#include "kernels/cuda/operator.hpp"

/// The operators of each layer, for operator.cpp alone. A kernel's pass is one that its layer has.
namespace forerun::cuda {

std::unique_ptr<Operator> add(const Kernel& kernel, std::shared_ptr<Context> context);
std::unique_ptr<Operator> attention(const Kernel& kernel, std::shared_ptr<Context> context, const OperatorOptions& options);
std::unique_ptr<Operator> average_pool(const Kernel& kernel, std::shared_ptr<Context> context);
std::unique_ptr<Operator> batch_norm(const Kernel& kernel, std::shared_ptr<Context> context);
std::unique_ptr<Operator> conv2d(const Kernel& kernel, std::shared_ptr<Context> context);
std::unique_ptr<Operator> direct_conv2d(const Kernel& kernel, std::shared_ptr<Context> context);  ///< without cuDNN
std::unique_ptr<Operator> dense(const Kernel& kernel, std::shared_ptr<Context> context);
std::unique_ptr<Operator> dropout(const Kernel& kernel, std::shared_ptr<Context> context, float share);
std::unique_ptr<Operator> embedding(const Kernel& kernel, std::shared_ptr<Context> context, bool adds_gradient);
std::unique_ptr<Operator> gelu(const Kernel& kernel, std::shared_ptr<Context> context);
std::unique_ptr<Operator> layer_norm(const Kernel& kernel, std::shared_ptr<Context> context);
std::unique_ptr<Operator> max_pool(const Kernel& kernel, std::shared_ptr<Context> context);
std::unique_ptr<Operator> relu(const Kernel& kernel, std::shared_ptr<Context> context);
std::unique_ptr<Operator> softmax_cross_entropy(const Kernel& kernel, std::shared_ptr<Context> context);

}  // namespace forerun::cuda
