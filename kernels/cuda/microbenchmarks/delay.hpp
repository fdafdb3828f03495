#pragma once

#include <cuda_runtime_api.h>

#include "core/units.hpp"

namespace forerun::cuda {

/// A kernel that does nothing: what a launch costs.
void launch_empty(cudaStream_t stream);

/// Keeps the stream busy for about so long (by clocks of 2 GHz: longer where the device's is slower), so that what is launched meanwhile
/// stands ready, and the device does not wait for the host between kernels that are shorter than their launch.
void launch_delay(Seconds duration, cudaStream_t stream);

}  // namespace forerun::cuda
