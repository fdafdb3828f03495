#pragma once

#include <vector>

#include "core/schedule.hpp"
#include "strategies/frame.hpp"
#include "strategies/step_writer.hpp"

namespace forerun {

/// Micro-batches through chunks of layers, chunk c on stage c % stages; neighbours send each other activations and their gradients, as many
/// bytes as cross the cut, or one of `send_shares` of them: then the ranks of a tensor group send different shares, and gather them on the
/// other side, a time inside a node that is neglected. Returns of each chunk the operation that ends its gradients.
std::vector<int> write_pipeline(const ScheduleShape& shape, const LocalModel& model, const std::vector<LayerRange>& chunks, int send_shares,
                                Frame& frame, StepWriter& passes, PlanWriter& writer);

/// Weights that the first and the last stage share are summed between them, as Megatron does with the token table.
void sum_tied_weights(const LocalModel& model, const std::vector<LayerRange>& chunks, const std::vector<int>& ends, Frame& frame,
                      PlanWriter& writer);

}  // namespace forerun
