#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/plan.hpp"
#include "core/prediction.hpp"
#include "costs/price.hpp"
#include "oracle/serial_pipeline.hpp"

namespace forerun::oracle {

/// The operations of a chunk's body: [first, end) of the plan.
struct BodyRange {
  int first = 0;
  int end = 0;
  int entry = 0;  ///< in TreeIndex::repeats

  [[nodiscard]] bool empty() const { return first == end; }
};

/// A pipeline as the evaluation meets it again and again.
struct PipelineLayout {
  const Pipeline* pipeline = nullptr;
  int entry = 0;                  ///< in TreeIndex::repeats
  std::vector<BodyRange> bodies;  ///< forward, backward and weight of each chunk
};

/// Where all pipelines of a plan stand, in tree order.
std::vector<PipelineLayout> layouts(const StepPlan& plan);

/// A body that is closed: it starts and ends on the compute lane, every operation of it follows another one, on its lane or by `after`,
/// and nothing of it is still running at its end. Then nothing of it depends on when it starts, and its transfers may run beside compute.
struct SerialBody {
  double duration_s = 0;
  Parts parts;
  std::vector<double> last_finish_s;  ///< by operation of the body: of its last instance, from the body's start
};

/// A lane that a pipeline's sends take: the two rank classes that it joins.
struct SendLane {
  int lane = 0;
  int sender = 0;
  int receiver = 0;
};

/// A pipeline of closed bodies, as walk_serial() takes it; nothing where a body is not, or sends of different ways share a lane.
struct SerialLayout {
  SerialPipeline pipeline;
  std::vector<SerialBody> bodies;
  std::vector<SendLane> lanes;
};
/// The send that brings the input of a body (numbered as SerialPipeline's).
int send_to(const Pipeline& pipeline, int body);

std::optional<SerialLayout> serial_layout(const StepPlan& plan, std::span<const OperationCost> costs, const PipelineLayout& layout);

}  // namespace forerun::oracle
