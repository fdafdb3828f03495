#pragma once

#include <cstdint>
#include <span>

#include "core/workload.hpp"

namespace forerun {

inline constexpr std::uint64_t kFirstLayerStream = 1000;  ///< of a layer's weights and its draws, the first layer's

/// A layer's parameters as all ranks begin with them.
void fill_initial_weights(const Workload& workload, int layer, std::uint64_t seed, std::span<float> parameters);

/// Deviation of a layer's initial weights: sqrt(2 / fan_in) before a relu [He et al. 2015, eq. 10], else sqrt(1 / fan_in)
/// [LeCun et al. 1998, eq. 16]; 0.02 for tables [Radford et al. 2019, its code]. Biases and shifts start at zero, scales at one.
float initial_deviation(const Workload& workload, std::size_t layer);

}  // namespace forerun
