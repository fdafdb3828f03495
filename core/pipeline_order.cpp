#include "core/pipeline_order.hpp"

#include <algorithm>
#include <deque>
#include <map>

namespace forerun {

namespace {

/// Goes through a pipeline without time. Bodies and sends of a chunk come in the order of micro-batches, so a count says which are done.
class Walk {
 public:
  Walk(const StepPlan& plan, const Pipeline& pipeline) : plan_(plan), pipeline_(pipeline), progress_(pipeline.chunks.size()) {
    const ScheduleShape shape = shape_of(pipeline);
    for (int stage = 0; stage < pipeline.stages; ++stage) stages_.push_back({stage_schedule(shape, stage)});
  }

  PipelineOrder run() {
    PipelineOrder order;
    for (bool moved = true; moved;) {
      moved = false;
      for (Stage& stage : stages_) moved = advance(stage, order.events) || moved;
    }
    order.complete = std::ranges::all_of(stages_, [](const Stage& stage) {
      return stage.next == stage.tasks.size() && std::ranges::all_of(stage.pending, [](const auto& lane) { return lane.second.empty(); });
    });
    return order;
  }

 private:
  struct Stage {
    std::vector<StageTask> tasks;
    std::size_t next = 0;
    std::map<int, std::deque<StageTask>> pending = {};  ///< by lane: bodies whose send has not gone yet
  };
  struct Progress {
    std::int64_t forward = 0, backward = 0, sent_forward = 0, sent_backward = 0;
  };

  [[nodiscard]] int send_of(const StageTask& task) const {
    const Chunk& chunk = pipeline_.chunks[task.chunk];
    if (task.body == StageBody::weight) return -1;
    return task.body == StageBody::forward ? chunk.send_forward : chunk.send_backward;
  }

  [[nodiscard]] bool ready(const StageTask& task) const {
    const int last = static_cast<int>(pipeline_.chunks.size()) - 1;
    if (task.body == StageBody::weight) return true;
    if (task.body == StageBody::forward) {
      if (task.chunk == 0) return true;
      const Progress& before = progress_[task.chunk - 1];
      return (pipeline_.chunks[task.chunk - 1].send_forward < 0 ? before.forward : before.sent_forward) > task.micro_batch;
    }
    if (task.chunk == last) return progress_[task.chunk].forward > task.micro_batch;
    const Progress& after = progress_[task.chunk + 1];
    return (pipeline_.chunks[task.chunk + 1].send_backward < 0 ? after.backward : after.sent_backward) > task.micro_batch;
  }

  [[nodiscard]] bool has_room(const StageTask& task) const {
    const bool forward = task.body == StageBody::forward;
    const Progress& receiver = progress_[task.chunk + (forward ? 1 : -1)];
    return (forward ? receiver.forward : receiver.backward) > task.micro_batch - pipeline_.buffer_depth;
  }

  bool advance(Stage& stage, std::vector<PipelineEvent>& events) {
    const std::size_t before = events.size();
    for (bool moved = true; moved;) {
      moved = false;
      for (auto& [lane, queue] : stage.pending)
        for (; !queue.empty() && has_room(queue.front()); queue.pop_front(), moved = true) {
          const StageTask& task = queue.front();
          Progress& progress = progress_[task.chunk];
          ++(task.body == StageBody::forward ? progress.sent_forward : progress.sent_backward);
          events.push_back({task, true});
        }
      for (; stage.next < stage.tasks.size() && ready(stage.tasks[stage.next]); ++stage.next, moved = true)
        run_body(stage, stage.tasks[stage.next], events);
    }
    return events.size() > before;
  }

  void run_body(Stage& stage, const StageTask& task, std::vector<PipelineEvent>& events) {
    if (task.body == StageBody::weight && pipeline_.chunks[task.chunk].weight.empty()) return;
    Progress& progress = progress_[task.chunk];
    if (task.body != StageBody::weight) ++(task.body == StageBody::forward ? progress.forward : progress.backward);
    events.push_back({task, false});
    if (const int send = send_of(task); send >= 0) stage.pending[plan_.operations[send].lane].push_back(task);
  }

  const StepPlan& plan_;
  const Pipeline& pipeline_;
  std::vector<Stage> stages_;
  std::vector<Progress> progress_;
};

int first_operation(const std::vector<Node>& body) {
  for (const Node& node : body) {
    if (const int* operation = std::get_if<int>(&node)) return *operation;
    if (const auto* repeat = std::get_if<Repeat>(&node))
      if (const int inner = first_operation(repeat->body); inner >= 0) return inner;
  }
  return -1;
}

int last_operation(const std::vector<Node>& body) {
  for (auto node = body.rbegin(); node != body.rend(); ++node) {
    if (const int* operation = std::get_if<int>(&*node)) return *operation;
    if (const auto* repeat = std::get_if<Repeat>(&*node))
      if (const int inner = last_operation(repeat->body); inner >= 0) return inner;
  }
  return -1;
}

}  // namespace

ScheduleShape shape_of(const Pipeline& pipeline) {
  return {pipeline.schedule, pipeline.stages, pipeline.micro_batches, pipeline.interleave()};
}

std::vector<ImpliedWait> implied_waits(const Pipeline& pipeline) {
  std::vector<ImpliedWait> waits;
  const auto& chunks = pipeline.chunks;
  const int last = static_cast<int>(chunks.size()) - 1;
  for (int c = 0; c <= last; ++c) {
    const Chunk& chunk = chunks[c];
    const int forward_done = last_operation(chunk.forward), backward_done = last_operation(chunk.backward);
    if (c > 0) {
      const Chunk& before = chunks[c - 1];
      waits.push_back({first_operation(chunk.forward), before.send_forward < 0 ? last_operation(before.forward) : before.send_forward, 0});
    }
    if (c == last) {
      waits.push_back({first_operation(chunk.backward), forward_done, 0});
    } else {
      const Chunk& after = chunks[c + 1];
      waits.push_back({first_operation(chunk.backward), after.send_backward < 0 ? last_operation(after.backward) : after.send_backward, 0});
    }
    if (chunk.send_forward >= 0) {
      waits.push_back({chunk.send_forward, forward_done, 0});
      waits.push_back({chunk.send_forward, last_operation(chunks[c + 1].forward), pipeline.buffer_depth});
    }
    if (chunk.send_backward >= 0) {
      waits.push_back({chunk.send_backward, backward_done, 0});
      waits.push_back({chunk.send_backward, last_operation(chunks[c - 1].backward), pipeline.buffer_depth});
    }
  }
  return waits;
}

PipelineOrder pipeline_order(const StepPlan& plan, const Pipeline& pipeline) { return Walk(plan, pipeline).run(); }

}  // namespace forerun
