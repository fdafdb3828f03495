#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/calibration.hpp"
#include "kernels/operator.hpp"

/// Training operators in float32, for one core where cpu::Threads allows no more.
namespace forerun::cpu {

enum class Library { eigen, onednn };
std::string_view to_string(Library library);

/// Whether a library has the kernel. Eigen, or plain loops, has every kernel in fp32 that is_written() says there is; oneDNN has those of
/// dense, conv2d, attention, pools, relu and gelu but the update.
bool offers(Library library, const Kernel& kernel);

/// Throws MissingCapability where the library does not offer the kernel. Preparing one compiles code (oneDNN) and takes memory.
std::unique_ptr<Operator> make_operator(const Kernel& kernel, Library library, const OperatorOptions& options = {});

/// An update of `count` parameters, of one layer or of several whose arrays lie together. The optimizer is not l-bfgs.
std::unique_ptr<Operator> make_update(std::int64_t count, Optimizer optimizer, const UpdateRule& rule);

/// to += from: how gradients of several readers of an output become one.
void add_gradient(const float* from, std::int64_t elements, float* to);

}  // namespace forerun::cpu
