#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/workload.hpp"
#include "strategies/frame.hpp"
#include "strategies/step_writer.hpp"

namespace forerun {

/// Whether parameters lie shared out over the ranks of the data axis: ZeRO 3 on several of them.
[[nodiscard]] inline bool shards_parameters(const Strategy& strategy, int replicas) { return strategy.zero == 3 && replicas > 1; }

/// How the passes of a unit, one time of a fold, are written: `begin` before what they wait for; each a body that is closed at its end.
struct UnitPasses {
  std::function<void()> begin;
  std::function<void(const Fold&, int time)> forward;
  std::function<void(const Fold&, int time)> backward;
};
/// Layer by layer. What is given outlives the result.
UnitPasses unit_passes(StepWriter& passes, const StageContext& stage);

/// Forward and backward of all micro-batches where parameters lie shared out over the data axis (ZeRO 3, FSDP): each block is a unit, the
/// layers outside of blocks are one. A unit's parameters are gathered before its forward and before its backward pass, and its gradients
/// reduced and scattered after that one; the unit outside of blocks stays gathered from its forward to its backward pass. `ahead`: while a
/// unit computes the next one is gathered, and no more are in flight  [PyTorch FSDP, limit_all_gathers, BACKWARD_PRE]; otherwise each is
/// gathered once the one before it is through and its gradients are scattered. All of it on the data lane, in the order of the units, which
/// `folds` are. What a step gathers first waits for the update of the step before, which writes it; its index is returned, -1 where nothing
/// is gathered.
int write_fully_sharded(std::int64_t micro_batches, const LocalModel& model, const std::vector<Fold>& folds, bool ahead, const Frame& frame,
                        const UnitPasses& passes, PlanWriter& writer);

/// What lies whole in a device's memory beside its shares of the parameters and gradients: the parameters of the unit outside of blocks, of
/// the largest block and of as large a one that is gathered ahead (room for it is kept without overlap, too); and the gradients of the
/// largest unit until they are scattered.
struct Unsharded {
  Bytes weights;
  Bytes gradients;
};
Unsharded unsharded(const Workload& local);

}  // namespace forerun
