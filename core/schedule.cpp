#include "core/schedule.hpp"

#include <algorithm>

namespace forerun {

namespace {

// The v m virtual micro-batches of a stage: groups of p through all chunks, in the order of forward bodies.
std::vector<StageTask> interleaved_order(const ScheduleShape& shape, int stage, StageBody body) {
  std::vector<StageTask> order;
  order.reserve(static_cast<std::size_t>(shape.micro_batches * shape.interleave));
  for (std::int64_t first = 0; first < shape.micro_batches; first += shape.stages) {
    const std::int64_t end = std::min<std::int64_t>(first + shape.stages, shape.micro_batches);
    for (int turn = 0; turn < shape.interleave; ++turn) {
      const int local = body == StageBody::forward ? turn : shape.interleave - 1 - turn;
      for (std::int64_t i = first; i < end; ++i) order.push_back({body, stage + local * shape.stages, i});
    }
  }
  return order;
}

// Weight bodies follow `late` backward bodies behind their own.
class TaskList {
 public:
  TaskList(std::size_t tasks, std::size_t late) : late_(late) { tasks_.reserve(tasks); }

  void forward(const StageTask& task) { tasks_.push_back(task); }
  void backward(const StageTask& task) {
    tasks_.push_back(task);
    backward_.push_back(task);
    if (backward_.size() > late_) weight();
  }
  std::vector<StageTask> finish() {
    while (weights_ < backward_.size()) weight();
    return std::move(tasks_);
  }

 private:
  void weight() {
    StageTask task = backward_[weights_++];
    task.body = StageBody::weight;
    tasks_.push_back(task);
  }

  std::size_t late_;
  std::size_t weights_ = 0;
  std::vector<StageTask> backward_;
  std::vector<StageTask> tasks_;
};

}  // namespace

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
  return "";
}

std::int64_t warm_up(const ScheduleShape& shape, int stage) {
  const std::int64_t p = shape.stages, all = shape.micro_batches * shape.interleave;
  if (shape.schedule == Schedule::gpipe) return all;
  if (shape.interleave == 1) return std::min(p - stage - 1, all);
  return std::min(2 * (p - stage - 1) + (shape.interleave - 1) * p, all);
}

std::vector<StageTask> stage_schedule(const ScheduleShape& shape, int stage) {
  const std::vector<StageTask> forward = interleaved_order(shape, stage, StageBody::forward);
  const std::vector<StageTask> backward = interleaved_order(shape, stage, StageBody::backward);
  const auto ahead = static_cast<std::size_t>(warm_up(shape, stage));
  TaskList tasks(3 * forward.size(), shape.schedule == Schedule::zero_bubble_h1 ? static_cast<std::size_t>(stage) : 0);
  for (std::size_t i = 0; i < ahead; ++i) tasks.forward(forward[i]);
  for (std::size_t i = ahead; i < forward.size(); ++i) tasks.forward(forward[i]), tasks.backward(backward[i - ahead]);
  for (std::size_t i = forward.size() - ahead; i < backward.size(); ++i) tasks.backward(backward[i]);
  return tasks.finish();
}

std::int64_t most_in_flight(const ScheduleShape& shape, int stage) {
  std::int64_t most = 0, now = 0;
  for (const StageTask& task : stage_schedule(shape, stage)) {
    now += task.body == StageBody::forward ? 1 : task.body == StageBody::weight ? -1 : 0;
    most = std::max(most, now);
  }
  return most;
}

}  // namespace forerun
