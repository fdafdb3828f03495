#pragma once

#include "core/scenario.hpp"
#include "strategies/layout.hpp"
#include "strategies/plan_writer.hpp"

namespace forerun {

/// The operations that load a step's samples; -1 where there is none.
struct LoadedInput {
  int read = -1;
  int decode = -1;
};

/// Where the platform says how fast samples are loaded: each step begins once its samples are there, and those of the next ones are loaded
/// meanwhile, as far ahead as the prefetching goes.
///
/// With a loader's rate: a step takes max(T, n / rate), n = samples of a step that one process loads, one step ahead.
/// From the platform's storage: reading and decoding go on side by side, sample by sample, so that loading takes   [tf.data guide]
///   T_in = max(T_read, n decode / workers),   T_read: costs/disk_time.hpp, of n samples in n / f files of f samples each,
/// each opened by one of min(readers, max(1, (p + 1) n / f)) readers, p = steps ahead: no more files than those of p + 1 steps are waited
/// for at once. Those that are open are read side by side, of no more than the (p + 1) n samples. A file is ceil(f bytes / request)
/// requests. What was read before (Input::source) costs no reading, or no loading at all.
///
/// Ranks that share samples (all but those of the data axis) have one process together, as a multi-node iterator of ChainerMN or a tensor
/// group's first rank; its copies to the others are neglected, and what it reads is spread over their nodes. Only the first stage of a
/// pipeline reads samples. Throws MissingCapability where the size of a sample is not known.
LoadedInput write_input(const Scenario& scenario, const Layout& layout, PlanWriter& writer);

/// Without prefetching: loading begins once the compute lane is through with the step before.
void load_after_step(const LoadedInput& input, PlanWriter& writer);

}  // namespace forerun
