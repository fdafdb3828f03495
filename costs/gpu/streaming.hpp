#pragma once

#include "core/calibration.hpp"

/// Kernels on a GPU that are bound by its memory.
namespace forerun {

/// Bytes that a pass moves beside its matrix products: bytes_moved() (workloads/formulas), which is what
/// [Narayanan et al. 2021, sec. 4.2] and [Korthikanti et al. 2022, sec. 4.1] count of a transformer's layers in 16 bits, except
///   batch-norm, forward           its input a second time: once for the statistics, once for the result
///   dropout, forward              the mask alone so far as the device's libraries fuse it with the addition that follows
///   concat, backward              the slices are copied: input and output once
///   softmax-cross-entropy         loss_forward_bytes and loss_backward_bytes a logit in 16 bits and fp8
///   update in 16 bits and fp8     mixed_update_bytes a parameter more
Bytes streaming_bytes(const GpuModel& gpu, const Kernel& kernel);

/// fixed + max(bytes / streaming bandwidth, arithmetic / vector rate). An update has no fixed time, because one kernel serves many
/// layers. Neglects that small tensors stay in the cache between kernels.
Seconds streaming_time(const GpuModel& gpu, const Kernel& kernel);

/// Time to move so many bytes in one more kernel.
inline Seconds moving_time(const GpuModel& gpu, Bytes bytes) { return gpu.kernel_fixed + bytes / (gpu.streaming_share * gpu.bandwidth); }

/// Whether matrix products take 16 bits or fewer, and float32 master weights stay with the optimizer.
constexpr bool is_mixed(Precision precision) {
  return precision == Precision::fp16 || precision == Precision::bf16 || precision == Precision::fp8;
}

}  // namespace forerun
