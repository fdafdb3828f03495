#pragma once

#include <cstdint>
#include <vector>

#include "core/workload.hpp"

/// How large the arrays of LayerBuffers are that a layer has beside its input, its output and its parameters.
namespace forerun::cpu {

/// Elements of one sample of each input after the first.
std::vector<std::int64_t> further_inputs(const LayerShape& shape);

}  // namespace forerun::cpu
