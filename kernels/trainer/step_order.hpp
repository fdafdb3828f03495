#pragma once

#include <vector>

#include "core/plan.hpp"
#include "core/workload.hpp"

namespace forerun {

/// An operation of a step as a rank's thread meets it.
struct StepEntry {
  int operation = 0;
  int layer = -1;  ///< that it is run for: of an operation that stands for blocks alike, the layer of one of them

  friend bool operator==(const StepEntry&, const StepEntry&) = default;
};

/// The operations of a step in the order of its plan, blocks that the plan folds written out: forward passes go through them from the
/// first, backward passes from the last. Throws MissingCapability for stages of a pipeline, and for micro-batches, whose gradients nobody
/// adds up.
std::vector<StepEntry> step_order(const StepPlan& plan, const Workload& workload);

}  // namespace forerun
