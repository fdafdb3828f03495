#pragma once

#include "core/calibration.hpp"
#include "kernels/cuda/microbenchmarks/launch_time.hpp"

namespace forerun::cuda {

/// What CUDA says of a device.
struct DeviceFacts {
  std::string name;  ///< `NVIDIA H100 80GB HBM3`
  Bytes memory;
  Bytes cache;                 ///< last-level cache (L2)
  int compute_capability = 0;  ///< times ten
  std::string driver;          ///< the latest CUDA that it knows, `13.0`
  std::string runtime;
};

DeviceFacts device_facts(int device = 0);

/// Lets the clocks of a device that was idle rise, by copying for so long.
void wake(const Context& context, Seconds duration);

LaunchTimes time_empty_kernels(const Context& context, const LaunchEffort& effort);

/// Device memory to device memory, so many bytes: of one copy.
LaunchTimes time_device_copy(const Context& context, Bytes bytes, const LaunchEffort& effort);

/// From memory of the host that does not move (pinned).
LaunchTimes time_upload(const Context& context, Bytes bytes, const LaunchEffort& effort);

}  // namespace forerun::cuda
