#pragma once

#include <cstdint>
#include <span>

#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "costs/run_times.hpp"

namespace forerun {

/// What one rank of a stage holds of parameters and optimizer state, before ZeRO shares it out.
struct StageState {
  Bytes weights;
  Bytes optimizer;
};

/// A plan of the run from one checkpoint to the next: `steps` of the plan's, then the writing of one on a lane of its own. The operations
/// of the plan keep their numbers; those of the checkpoint come after them.
///
/// Of what the `replicas` of a stage's state hold alike the first one writes; what ZeRO shares out each rank writes itself. Ranks split
/// over other axes write what they hold, each one file. Everybody begins once its update is done, and
///   synchronous   the next step begins when the rank's replicas have all written
///   asynchronous  it begins when the state is copied to the host's memory (bytes / host_link; no time where that link is not described),
///                 and the copy waits until the checkpoint before it is written    [Mohan, Phanishayee & Chidambaram 2021, "CheckFreq"]
/// No lane of a step begins before it does, but for those of a loader that is steps ahead (Input::prefetch), which is a process of its own.
/// The demand on a node and on the storage is that of all stages together.
StepPlan with_checkpoint(const StepPlan& plan, const Scenario& scenario, std::span<const StageState> stages, int replicas,
                         std::int64_t steps);

/// Of the checkpoint whose operations begin at `first`: its bytes, and how long the stage that takes longest writes it alone.
CheckpointTimes checkpoint_alone(const StepPlan& plan, std::size_t first, const Platform& platform);

}  // namespace forerun
