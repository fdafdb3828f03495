#pragma once

#include <cstdint>
#include <vector>

#include "core/platform.hpp"

namespace forerun::sim {

/// By device, how many times as long as usual its compute takes, for the whole run; empty where all devices are alike.
///   factor = exp(spread z) x that of a slow device,  z standard normal
/// z follows from the seed and the device's number alone, by two draws u, v of jitter_draw(): z = sqrt(-2 ln(1 - u)) cos(2 pi v)
///                                                                                                        [Box & Muller 1958].
std::vector<double> device_slowness(const Platform& platform, std::uint64_t seed, int devices);

}  // namespace forerun::sim
