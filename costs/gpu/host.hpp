#pragma once

#include <span>
#include <vector>

#include "core/calibration.hpp"
#include "core/plan.hpp"

namespace forerun {

/// Host time to issue each operation's kernels; zero for what is none, for views, and for updates that are never waited for.
std::vector<Seconds> host_issue_times(const StepPlan& plan, const GpuModel& gpu);
std::vector<Seconds> host_issue_times(const StepPlan& plan, const MeasuredGpu& gpu);

/// Lengthens the kernels of a plan on GPUs where their host cannot issue them as fast as they run. It runs ahead through a layer or many,
/// whatever transfers lie between, so that each sequence of kernels of one rank class, one direction (forward, backward or update) and one
/// block, or of layers between blocks, takes
///   a max(sum of its times, sum of `issue`) + (1 - a) sum of max(time, issue),   a = `run_ahead`
/// and its kernels share the wait in proportion; gradients of weights that a schedule sets apart are a sequence of their own. Blocks alike
/// thus take the same time, folded or not, however many there are. `issue` and `times` hold one time an operation; `times` are changed for
/// kernels alone. Updates without an issue time are in no sequence.
/// Neglects how far ahead the host is at the start of a sequence (after the loss, by what its large kernels take), and the host time of
/// transfers.
void wait_for_host(const StepPlan& plan, std::span<const Seconds> issue, double run_ahead, std::span<Seconds> times);

}  // namespace forerun
