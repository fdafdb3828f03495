#pragma once

#include <memory>

#include "core/calibration.hpp"
#include "kernels/cpu/operator.hpp"

/// The operators of each layer, for operator.cpp alone. A kernel's pass is one that its layer has.
namespace forerun::cpu {

std::unique_ptr<Operator> dense(const Kernel& kernel);
std::unique_ptr<Operator> conv2d(const Kernel& kernel);
std::unique_ptr<Operator> max_pool(const Kernel& kernel);
std::unique_ptr<Operator> average_pool(const Kernel& kernel);
std::unique_ptr<Operator> relu(const Kernel& kernel);
std::unique_ptr<Operator> gelu(const Kernel& kernel);
std::unique_ptr<Operator> dropout(const Kernel& kernel, float share);
std::unique_ptr<Operator> add(const Kernel& kernel);
std::unique_ptr<Operator> embedding(const Kernel& kernel, bool adds_gradient);
std::unique_ptr<Operator> attention(const Kernel& kernel, const OperatorOptions& options);
std::unique_ptr<Operator> batch_norm(const Kernel& kernel);
std::unique_ptr<Operator> layer_norm(const Kernel& kernel);
std::unique_ptr<Operator> softmax_cross_entropy(const Kernel& kernel);

std::unique_ptr<Operator> onednn_attention(const Kernel& kernel, const OperatorOptions& options);
std::unique_ptr<Operator> onednn_dense(const Kernel& kernel);
std::unique_ptr<Operator> onednn_conv2d(const Kernel& kernel);
std::unique_ptr<Operator> onednn_pool(const Kernel& kernel);     ///< max_pool, average_pool
std::unique_ptr<Operator> onednn_eltwise(const Kernel& kernel);  ///< relu, gelu

}  // namespace forerun::cpu
