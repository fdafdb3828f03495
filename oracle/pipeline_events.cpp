#include <algorithm>
#include <limits>

#include "oracle/evaluator.hpp"

// The evaluator's pipelines whose bodies are no chains: operation by operation.
namespace forerun::oracle {

namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

int instances_within(const TreeIndex& tree, int operation, int entry) {
  int instances = 1;
  for (int r = tree.repeat_of[operation]; r != entry; r = tree.repeats[r].parent) instances *= static_cast<int>(tree.repeats[r].count);
  return instances;
}

}  // namespace

void Evaluator::lay_out_pipelines(std::span<const OperationCost> costs) {
  std::vector<char> named(plan_.operations.size(), 0);
  for (const Wait& wait : waits_) named[wait.operation] = 1;
  for (PipelineRun& run : pipelines_) {
    const Pipeline& pipeline = *run.layout.pipeline;
    run.serial = serial_layout(plan_, costs, run.layout);
    if (!run.serial) {
      run.events = pipeline_order(plan_, pipeline).events;
      run.moments = Moments(pipeline);
      continue;
    }
    const int first_operation = run.layout.bodies.front().first, end_operation = run.layout.bodies.back().end;
    run.ready_records.assign(run.layout.bodies.size(), -1);
    for (int r = run.layout.entry + 1; r < past(run.layout.entry); ++r) {
      std::int64_t iterations = 1;
      for (int up = r; up != run.layout.entry; up = tree_.repeats[up].parent) iterations *= tree_.repeats[up].count;
      run.counts.push_back({r, iterations});
    }
    run.counts.push_back({run.layout.entry, 1});
    for (int b = 0; b < static_cast<int>(run.layout.bodies.size()); ++b) {
      const BodyRange& range = run.layout.bodies[b];
      for (int i = range.first; i < range.end; ++i) {
        if (named[i]) run.named.push_back({i, b, instances_within(tree_, i, range.entry) * pipeline.micro_batches, false});
        for (int w = instructions_[i].first_wait; w < instructions_[i].end_wait; ++w)
          if (waits_[w].operation < first_operation || waits_[w].operation >= end_operation)
            run.outside.push_back({w, b, i == range.first});
        const int lane = instructions_[i].lane;
        if (lane == plan_.compute_lane) continue;
        if (!run.side_lanes.empty() && run.side_lanes.back().body == b && run.side_lanes.back().lane == lane)
          run.side_lanes.back().operation = i;
        else
          run.side_lanes.push_back({b, lane, i});
      }
      const Chunk& chunk = pipeline.chunks[b / 3];
      const int send = b % 3 == 0 ? chunk.send_forward : b % 3 == 1 ? chunk.send_backward : -1;
      if (send >= 0 && named[send]) run.named.push_back({send, b, pipeline.micro_batches, true});
    }
  }
}

// How many instances of another body's operation may be ahead of the one that is waited for.
int Evaluator::depth_between_bodies(const Wait& wait) const {
  const int body = tree_.repeats[wait.rule.repeat].parent;
  if (body < 0 || !tree_.repeats[body].pipeline) return 1;
  for (int r = tree_.repeat_of[wait.operation]; r >= 0; r = tree_.repeats[r].parent)
    if (r == wait.rule.repeat) return 1;
  const auto run = std::ranges::find_if(pipelines_, [&](const PipelineRun& other) { return other.layout.entry == body; });
  const ScheduleShape shape = shape_of(*run->layout.pipeline);
  std::int64_t most = 0;
  for (int stage = 0; stage < shape.stages; ++stage) most = std::max(most, most_in_flight(shape, stage));
  return static_cast<int>((most + 1) * wait.rule.inner);
}

void Evaluator::walk_pipeline(int& next_repeat) {
  const auto run = std::ranges::find_if(pipelines_, [&](const PipelineRun& other) { return other.layout.entry == next_repeat; });
  next_repeat = past(next_repeat);
  if (run->serial && admits_chains(*run)) return walk_chains(*run);
  if (run->serial) {
    // What was walked as chains is over before anything of the next walk starts: it holds up nothing.
    run->serial.reset();
    run->events = pipeline_order(plan_, *run->layout.pipeline).events;
    run->moments = Moments(*run->layout.pipeline);
  }
  walk_events(*run);
}

void Evaluator::walk_events(PipelineRun& run) {
  using Kind = Moments::Kind;
  const std::vector<Chunk>& chunks = run.layout.pipeline->chunks;
  const int last = static_cast<int>(chunks.size()) - 1;
  Moments& moments = run.moments;
  moments.next_walk();
  const auto moment = [&](Kind kind, int chunk, std::int64_t micro_batch) {
    return Arrival{moments.time_s(kind, chunk, micro_batch), moments.record(kind, chunk, micro_batch)};
  };
  for (const PipelineEvent& event : run.events) {
    const auto& [body, chunk, i] = event.task;
    if (event.send) {
      walk_send(run, event.task);
      continue;
    }
    Entrance entrance;
    entrance.classes[0] = chunks[chunk].rank_class;
    if (body == StageBody::forward && chunk > 0)
      entrance.arrivals[0] = moment(chunks[chunk - 1].send_forward < 0 ? Kind::forward : Kind::sent_forward, chunk - 1, i);
    else if (body == StageBody::backward && chunk == last)
      entrance.arrivals[0] = moment(Kind::forward, chunk, i);
    else if (body == StageBody::backward)
      entrance.arrivals[0] = moment(chunks[chunk + 1].send_backward < 0 ? Kind::backward : Kind::sent_backward, chunk + 1, i);
    else
      entrance.classes[0] = -1;
    entrance_ = &entrance;
    const int index = SerialPipeline::body_of(event.task);
    const BodyRange& range = run.layout.bodies[index];
    walk_body(run.nodes(index), range.entry + 1);
    ++iterations_[range.entry];
    if (body == StageBody::weight) continue;
    const int slot = histories_[range.end - 1].first;
    moments.set(body == StageBody::forward ? Kind::forward : Kind::backward, chunk, i, finishes_[slot], instance_records_[slot]);
  }
  ++iterations_[run.layout.entry];
}

void Evaluator::walk_send(PipelineRun& run, const StageTask& task) {
  using Kind = Moments::Kind;
  const std::vector<Chunk>& chunks = run.layout.pipeline->chunks;
  const bool forward = task.body == StageBody::forward;
  const Kind kind = forward ? Kind::forward : Kind::backward;
  const int to = task.chunk + (forward ? 1 : -1);
  const std::int64_t freed = task.micro_batch - run.layout.pipeline->buffer_depth;
  const int send = forward ? chunks[task.chunk].send_forward : chunks[task.chunk].send_backward;
  Moments& moments = run.moments;
  Entrance entrance;
  entrance.classes[0] = chunks[task.chunk].rank_class;
  entrance.arrivals[0] = {moments.time_s(kind, task.chunk, task.micro_batch), moments.record(kind, task.chunk, task.micro_batch)};
  entrance.classes[1] = chunks[to].rank_class;
  entrance.arrivals[1] = {moments.time_s(kind, to, freed), moments.record(kind, to, freed)};
  entrance_ = &entrance;
  run_operation(send);
  const int slot = histories_[send].first;
  moments.set(forward ? Kind::sent_forward : Kind::sent_backward, task.chunk, task.micro_batch, finishes_[slot], instance_records_[slot]);
}

}  // namespace forerun::oracle
