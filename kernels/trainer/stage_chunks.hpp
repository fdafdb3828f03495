#pragma once

#include <vector>

#include "core/plan.hpp"
#include "core/workload.hpp"

namespace forerun {

/// Layers in a row that a rank runs as one, and the transfers of the plan between it and those that have the layers before and behind; -1
/// for none. Without a pipeline, the whole network.
struct StageChunk {
  int first = 0;
  int last = 0;  ///< layers [first, last)
  int held = 1;  ///< micro-batches that the rank has arrays for: as many as it, or the rank before, has under way at once
  int receive_forward = -1;
  int send_forward = -1;
  int receive_backward = -1;
  int send_backward = -1;

  [[nodiscard]] bool has(int layer) const { return first <= layer && layer < last; }
  friend bool operator==(const StageChunk&, const StageChunk&) = default;
};

/// The chunks of a rank class, first layers first; none of one that serves variables alone.
std::vector<StageChunk> stage_chunks(const StepPlan& plan, const Workload& workload, int rank_class);

/// Whether one of them has the layer.
bool has_layer(const std::vector<StageChunk>& chunks, int layer);

/// The rank class that a rank belongs to; -1 for none.
int class_of(const StepPlan& plan, int rank);

/// The members of a rank's group; none where it is in none.
std::vector<int> group_of(const Communicator& communicator, int rank);

/// Which member of its group a rank is; -1 where it is in none.
int member_of(const Communicator& communicator, int rank);

}  // namespace forerun
