#pragma once

#include "core/calibration.hpp"

/// The time of a layer's pass on a GPU, without allocation: pricing a plan is the inner loop of a search.
namespace forerun {

/// Time on the device of one pass of a layer, every kernel that it launches: forward, its two gradients or its update.
///   sum over kernels of fixed + max(arithmetic, bytes / bandwidth), by the formulas of the other headers of this folder
/// The host's time to issue them is not in it (host_issue_time). Zero for a pass that a layer has not, and for views.
/// Throws MissingCapability for kinds that no GPU runs here (k-means, least squares) and precisions that the device has not.
Seconds gpu_kernel_time(const GpuModel& gpu, const Kernel& kernel);

/// GPU kernels that a framework launches for the pass, one operator at a time; of written scores with a fused softmax.
int gpu_launches(const Kernel& kernel);

/// The time a host takes to issue the pass: launches x host_issue. A softmax that is not fused launches unfused_launches
/// more: casts to and from float32, scale and mask  [Megatron-LM, megatron/model/fused_softmax.py]. How far it runs ahead of the device,
/// and what a sequence of kernels then takes, says wait_for_host (host.hpp).
Seconds host_issue_time(const GpuModel& gpu, const Kernel& kernel);

/// The same of a GPU that was measured, whose operators launch what they launch: the median of the kernel's shapes. That of an empty kernel
/// where it was not measured; zero for views.
Seconds host_issue_time(const MeasuredGpu& gpu, const Kernel& kernel);

/// Joules that the device takes for so long: idle power, and where it computes the rest of its peak power.
///   idle x duration + (peak - idle) x busy
/// Neglects that a kernel bound by memory takes less than the peak.
Joules gpu_energy(const GpuModel& gpu, Seconds duration, Seconds busy);

}  // namespace forerun
