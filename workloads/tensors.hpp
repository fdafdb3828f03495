#pragma once

#include <vector>

#include "core/workload.hpp"

namespace forerun {

/// For each layer, the layer whose memory holds its output: itself, or what it is a view of. kData where that is the sample.
std::vector<int> output_owners(const Workload& workload);

}  // namespace forerun
