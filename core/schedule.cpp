#include "core/schedule.hpp"

#include <algorithm>

namespace forerun {

std::string_view to_string(StageBody body) {
  switch (body) {
    case StageBody::forward: return "forward";
    case StageBody::backward: return "backward";
    case StageBody::weight: return "weight";
  }
  return "";
}

std::string schedule_defect(const ScheduleShape& shape) {
  if (shape.stages < 1) return "a pipeline has no stages";
  if (shape.micro_batches < 1) return "a pipeline has no micro-batches";
  if (shape.interleave < 1) return "a pipeline's stage has no chunk";
  if (shape.interleave > 1 && shape.schedule != Schedule::interleaved)
    return std::string(to_string(shape.schedule)) + " has one chunk a stage; several are interleaved";
  if (shape.interleave > 1 && shape.micro_batches % shape.stages != 0)
    return "an interleaved schedule needs micro-batches that are a multiple of its stages, and " + std::to_string(shape.micro_batches) +
           " does not divide by " + std::to_string(shape.stages);
  return "";
}

std::int64_t warm_up(const ScheduleShape& shape, int stage) {
  const std::int64_t p = shape.stages, all = shape.micro_batches * shape.interleave;
  if (shape.schedule == Schedule::gpipe) return all;
  if (shape.interleave == 1) return std::min(p - stage - 1, all);
  return std::min(2 * (p - stage - 1) + (shape.interleave - 1) * p, all);
}

ScheduleCursor::ScheduleCursor(const ScheduleShape& shape, int stage, Weights weights)
    : stages_(shape.stages),
      interleave_(shape.interleave),
      micro_batches_(shape.micro_batches),
      // Micro-batches of one chunk have no groups.
      group_(shape.interleave > 1 ? shape.stages : shape.micro_batches),
      all_(shape.micro_batches * shape.interleave),
      ahead_(warm_up(shape, stage)),
      weights_wanted_(weights == Weights::with ? all_ : 0),
      late_(weights == Weights::without                  ? all_
            : shape.schedule == Schedule::zero_bubble_h1 ? stage
                                                         : 0) {
  forward_.chunk = stage;
  forward_.end = std::min(group_, micro_batches_);
  backward_ = forward_;
  backward_.chunk = stage + (interleave_ - 1) * stages_;
  weights_ = backward_;
}

std::vector<StageTask> stage_schedule(const ScheduleShape& shape, int stage) {
  std::vector<StageTask> tasks;
  tasks.reserve(static_cast<std::size_t>(3 * shape.micro_batches * shape.interleave));
  for (ScheduleCursor cursor(shape, stage); !cursor.done(); cursor.advance()) tasks.push_back(cursor.task());
  return tasks;
}

std::int64_t most_in_flight(const ScheduleShape& shape, int stage) {
  const std::int64_t late = shape.schedule == Schedule::zero_bubble_h1 ? stage : 0;
  return std::min(warm_up(shape, stage) + 1 + late, shape.micro_batches * shape.interleave);
}

std::int64_t micro_batches_held(const ScheduleShape& shape, int stage) {
  return (most_in_flight(shape, stage) + shape.interleave - 1) / shape.interleave;
}

}  // namespace forerun
