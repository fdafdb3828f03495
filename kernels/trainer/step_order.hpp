#pragma once

#include <vector>

#include "core/plan.hpp"
#include "core/workload.hpp"

namespace forerun {

/// An operation of a step as a rank's thread meets it.
struct StepEntry {
  int operation = 0;
  int layer = -1;        ///< that it is run for: of an operation that stands for blocks alike, the layer of one of them
  int micro_batch = -1;  ///< of the rank's step; -1: what is done once a step
  int chunk = 0;         ///< of the rank's, as stage_chunks() has them
  bool last = false;     ///< of its micro-batch and chunk
  int beside = -1;       ///< of what ranks exchange for a layer that they share, its kernel before or behind it; -1 of all else

  friend bool operator==(const StepEntry&, const StepEntry&) = default;
};

/// Whether an operation makes an activation or its gradient whole again, of a layer that several ranks share. What sums gradients of
/// weights carries a bucket, or lies between stages.
bool is_exchange(const StepPlan& plan, const Operation& operation);

/// The operations of a step of a rank class in the order of its plan, micro-batches and blocks that the plan folds written out: forward
/// passes go through blocks from the first, backward passes from the last. Of a pipeline the stage's bodies in the order of its schedule,
/// each between what it receives and what it sends.
std::vector<StepEntry> step_order(const StepPlan& plan, const Workload& workload, int rank_class = 0);

/// Micro-batches that the entries of a step go through.
int micro_batches(const std::vector<StepEntry>& order);

}  // namespace forerun
