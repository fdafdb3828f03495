#pragma once

#include <string>

#include "core/calibration.hpp"

namespace forerun {

/// Whether this project's kernels, on whatever device, do what is asked: in fp32 or bf16 (which CUDA alone has), an update other than by
/// l-bfgs, a pass that the layer has, and a shape that the formulas of Operator::run name. They do not for windows of three dimensions, and
/// those that have holes or end in the middle of a step, for experts, for sparse embeddings, and for attention whose scores are written.
bool is_written(const Kernel& kernel);

/// Which of these a kernel that is not written asks for, as a message says it behind the layer's name: ` in fp16`, ` by l-bfgs`,
/// ` of this shape`; empty where it is none.
std::string unwritten_variant(const Kernel& kernel);

}  // namespace forerun
