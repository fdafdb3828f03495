#pragma once

#include <span>

#include "core/plan.hpp"

namespace forerun {

/// Lengthens the kernels of a plan on GPUs where their host cannot issue them as fast as they run. It runs ahead through a layer or many,
/// whatever transfers lie between, so that each sequence of kernels of one rank class, one direction (forward, or backward) and one block,
/// or of layers between blocks, takes
///   a max(sum of its times, sum of host_issue_time) + (1 - a) sum of max(time, host_issue_time),   a = host_run_ahead
/// and its kernels share the wait in proportion; gradients of weights that a schedule sets apart are a sequence of their own. Blocks alike
/// thus take the same time, folded or not, however many there are. `times` holds one time an operation, and is changed for kernels alone.
/// Neglects how far ahead the host is at the start of a sequence (after the loss, by what its large kernels take), and the host time of
/// transfers.
void wait_for_host(const StepPlan& plan, const GpuModel& gpu, std::span<Seconds> times);

}  // namespace forerun
