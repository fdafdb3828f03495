#pragma once

#include <vector>

#include "core/plan.hpp"
#include "core/schedule.hpp"

namespace forerun {

/// One thing that happens in a pipeline: a body, or the send after it.
struct PipelineEvent {
  StageTask task;
  bool send = false;

  friend bool operator==(const PipelineEvent&, const PipelineEvent&) = default;
};

/// What a pipeline's schedule asks of stage_schedule().
ScheduleShape shape_of(const Pipeline& pipeline);

/// What a pipeline's operations wait for beside their lanes and their `after`: instance by micro-batch, `offset` micro-batches back,
/// of the ranks that have both. Of repeated operations, the waiter's first instance and the named one's last in a micro-batch.
struct ImpliedWait {
  int waiter = 0;
  int named = 0;
  int offset = 0;
};
std::vector<ImpliedWait> implied_waits(const Pipeline& pipeline);

/// All that happens in a pipeline, each after everything that it waits for within the pipeline: stage by stage as far as each gets.
/// Bodies of a stage stand in the order of its schedule, sends of a lane in that of their bodies; weight bodies without operations
/// are left out. A pipeline that waits for itself for ever has fewer events than it should: see `complete`.
struct PipelineOrder {
  std::vector<PipelineEvent> events;
  bool complete = false;
};
PipelineOrder pipeline_order(const StepPlan& plan, const Pipeline& pipeline);

}  // namespace forerun
