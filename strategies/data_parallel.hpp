#pragma once

#include <vector>

#include "core/scenario.hpp"
#include "strategies/frame.hpp"
#include "strategies/step_writer.hpp"

namespace forerun {

/// What a stage of a pipeline holds.
struct StageLayers {
  int stage = 0;
  std::vector<LayerRange> chunks;
};
StageLayers stage_layers(const std::vector<LayerRange>& chunks, int stages, int stage);

/// The gradient of each layer of a range that data-parallel ranks sum: a copy's where its weights are those of an earlier range, nothing
/// of layers that lie over the expert axis.
std::vector<Bytes> shared_gradients(const LocalModel& model, LayerRange layers);

/// The collective that sums gradients over the data axis.
Collective::Operation gradient_reduction(const Strategy& strategy);

/// The backward pass of the last micro-batch, and the gradients of each bucket summed over the data axis once the last of them is there: by
/// an all-reduce, or where ZeRO shares out the optimizer's state by a reduce-scatter [Rajbhandari et al. 2020, sec. 5]. Without overlap the
/// device that computes waits for each.
void backward_and_reduce(const Scenario& scenario, const LocalModel& model, LayerRange layers, const Frame& frame, StepWriter& passes,
                         PlanWriter& writer);

/// The same for a stage of a pipeline, whose backward passes are written: the buckets of each chunk after the chunk's last one, which
/// `ends` names. Without overlap after those of all chunks.
void reduce_gradients(const Scenario& scenario, const LocalModel& model, const StageLayers& layers, const std::vector<int>& ends,
                      const Frame& frame, PlanWriter& writer);

/// The last transfer that a stage takes part in beside sends, -1 for none.
int last_transfer(const StepPlan& plan, int stage);

/// The optimizer of a stage, once its last transfer is done, over the rank's share of the parameters; where ZeRO 1 or 2 shares out its
/// state, the parameters are gathered after it.
void write_update(const Scenario& scenario, const LocalModel& model, const StageLayers& layers, const Frame& frame, StepWriter& passes,
                  PlanWriter& writer);

}  // namespace forerun
