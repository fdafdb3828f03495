#pragma once

#include <span>
#include <vector>

#include "core/units.hpp"
#include "core/workload.hpp"

namespace forerun {

struct CriticalPath {
  Seconds time;
  std::vector<int> layers;  ///< each reads the one before it
};

/// The longest way through the network, which no number of devices can shorten:
///   T = max over paths of the sum of the times of its layers
/// times: of each layer, none negative. Where several paths are as long, one of them.
/// Neglects moving activations between layers.
CriticalPath critical_path(const Workload& workload, std::span<const Seconds> times);

}  // namespace forerun
