#include "oracle/serial_pipeline.hpp"

#include <algorithm>
#include <cmath>

namespace forerun::oracle {

namespace {

// Every period up to four rounds, and six, divides it.
constexpr std::int64_t kPeriods = 12;
// Rounds may differ by rounding alone: by so much of the whole walk, over all of its rounds.
constexpr double kTolerance = 4e-13;

class SerialWalk {
 public:
  SerialWalk(SerialPipeline& pipeline, std::int64_t micro_batches);

  void run();

  /// The period of the rounds up to `round`, or 0. A round is a forward and a backward body of each stage, of micro-batches that lie as
  /// far apart as its warm-up; what it depends on lies at most `back` rounds back.
  [[nodiscard]] std::int64_t period(std::int64_t round, std::int64_t back) const;
  [[nodiscard]] double growth(std::int64_t round, std::int64_t period) const { return backward_[round] - backward_[round - period]; }

 private:
  [[nodiscard]] double* row(std::vector<double>& times, int chunk) const { return times.data() + chunk * micro_batches_; }
  [[nodiscard]] const double* row(const std::vector<double>& times, int chunk) const { return times.data() + chunk * micro_batches_; }

  void advance(int stage);
  [[nodiscard]] bool blocked(const StageTask& task) const;
  double input(const StageTask& task);
  double arrival(const StageTask& task, double ready_s, const double* own);
  void watch(const StageTask& task, double free_s, double start_s);
  [[nodiscard]] bool repeats(std::int64_t round, std::int64_t back, std::int64_t period) const;

  SerialPipeline& pipeline_;
  std::int64_t micro_batches_;
  int last_;                     ///< chunk
  std::vector<double> forward_;  ///< when bodies finish, by chunk and micro-batch
  std::vector<double> backward_;
  std::vector<std::int64_t> done_;  ///< by body
  std::vector<ScheduleCursor> cursors_;
  std::vector<char> lane_used_;
  std::vector<char> lane_watched_;
};

SerialWalk::SerialWalk(SerialPipeline& pipeline, std::int64_t micro_batches)
    : pipeline_(pipeline),
      micro_batches_(micro_batches),
      last_(pipeline.shape.stages * pipeline.shape.interleave - 1),
      done_(pipeline.bodies.size(), 0),
      lane_used_(pipeline.lanes.size(), 0),
      lane_watched_(pipeline.lanes.size(), 0) {
  ScheduleShape shape = pipeline.shape;
  shape.micro_batches = micro_batches;
  const int chunks = shape.stages * shape.interleave;
  forward_.resize(static_cast<std::size_t>(chunks * micro_batches));
  backward_.resize(forward_.size());
  cursors_.reserve(static_cast<std::size_t>(shape.stages));
  bool weights = false;
  for (int chunk = 0; chunk < chunks; ++chunk) weights = weights || !pipeline.bodies[3 * chunk + 2].empty;
  const auto wanted = weights ? ScheduleCursor::Weights::with : ScheduleCursor::Weights::without;
  for (int stage = 0; stage < shape.stages; ++stage) cursors_.emplace_back(shape, stage, wanted);
  pipeline.waits.clear();
  pipeline.transfers.assign(pipeline.lanes.size(), {});
  for (int chunk = 0; chunk < chunks; ++chunk)
    for (const int body : {3 * chunk, 3 * chunk + 1}) {
      const int lane = pipeline.bodies[body].lane;
      if (lane < 0) continue;
      const int sender = (chunk + (body % 3 == 0 ? -1 : 1)) % shape.stages;
      if (sender == pipeline.watched || chunk % shape.stages == pipeline.watched) lane_watched_[lane] = 1;
    }
}

void SerialWalk::run() {
  for (bool left = true; left;) {
    left = false;
    for (int stage = 0; stage < pipeline_.shape.stages; ++stage) {
      advance(stage);
      left = left || !cursors_[stage].done();
    }
  }
}

// The transfer of a body's input, worked out where it is needed: a lane's transfers are needed in the order in which they were sent.
double SerialWalk::arrival(const StageTask& task, double ready_s, const double* own) {
  const int index = SerialPipeline::body_of(task);
  SerialPipeline::Body& body = pipeline_.bodies[index];
  if (body.lane < 0) return ready_s;
  SerialPipeline::Lane& lane = pipeline_.lanes[body.lane];
  double start_s = std::max(ready_s, lane.free_s);
  if (task.micro_batch >= pipeline_.buffer_depth) start_s = std::max(start_s, own[task.micro_batch - pipeline_.buffer_depth]);
  const double finish_s = start_s + body.transfer_s;
  lane.free_s = finish_s;
  if (task.micro_batch == 0 && !lane_used_[body.lane]) {
    lane_used_[body.lane] = 1;
    lane.first_ready_s = ready_s, lane.first_start_s = start_s;
  }
  if (task.micro_batch == micro_batches_ - 1) body.last_transfer_start_s = start_s, body.last_transfer_finish_s = finish_s;
  if (lane_watched_[body.lane]) pipeline_.transfers[body.lane].push_back({index, ready_s, start_s, finish_s});
  return finish_s;
}

bool SerialWalk::blocked(const StageTask& task) const {
  if (task.body == StageBody::forward) return task.chunk > 0 && done_[3 * (task.chunk - 1)] <= task.micro_batch;
  return task.body == StageBody::backward && task.chunk < last_ && done_[3 * (task.chunk + 1) + 1] <= task.micro_batch;
}

// When a body's input is there.
double SerialWalk::input(const StageTask& task) {
  const int chunk = task.chunk;
  if (task.body == StageBody::forward)
    return chunk == 0 ? 0.0 : arrival(task, row(forward_, chunk - 1)[task.micro_batch], row(forward_, chunk));
  if (task.body == StageBody::weight) return 0.0;
  if (chunk == last_) return row(forward_, chunk)[task.micro_batch];
  return arrival(task, row(backward_, chunk + 1)[task.micro_batch], row(backward_, chunk));
}

void SerialWalk::advance(int stage) {
  ScheduleCursor& cursor = cursors_[stage];
  double free_s = pipeline_.free_s[stage];
  for (; !cursor.done(); cursor.advance()) {
    const StageTask task = cursor.task();
    const int index = SerialPipeline::body_of(task);
    SerialPipeline::Body& body = pipeline_.bodies[index];
    if (body.empty) continue;
    if (blocked(task)) break;
    const double input_s = input(task);
    double start_s = std::max(free_s, input_s);
    if (task.micro_batch == 0) {
      body.first_input_s = input_s;
      body.first_arrival_s = start_s;
      start_s = body.first_start_s = std::max(start_s, body.ready_s);
    }
    if (stage == pipeline_.watched && start_s > free_s) watch(task, free_s, start_s);
    if (task.micro_batch == micro_batches_ - 1) body.last_start_s = start_s;
    free_s = start_s + body.duration_s;
    if (task.body != StageBody::weight) row(task.body == StageBody::forward ? forward_ : backward_, task.chunk)[task.micro_batch] = free_s;
    ++done_[index];
  }
  pipeline_.free_s[stage] = free_s;
}

void SerialWalk::watch(const StageTask& task, double free_s, double start_s) {
  const int index = SerialPipeline::body_of(task);
  const int lane = pipeline_.bodies[index].lane;
  const bool sent = lane >= 0 && (task.micro_batch > 0 || start_s == pipeline_.bodies[index].first_arrival_s);
  const int transfer = sent ? static_cast<int>(pipeline_.transfers[lane].size()) - 1 : -1;
  pipeline_.waits.push_back({index, task.micro_batch, free_s, start_s, transfer});
}

bool SerialWalk::repeats(std::int64_t round, std::int64_t back, std::int64_t period) const {
  const double tolerance = kTolerance / static_cast<double>(micro_batches_) * backward_[micro_batches_ - 1];
  const double expected = growth(round, period);
  for (int stage = 0; stage < pipeline_.shape.stages; ++stage)
    for (std::int64_t k = round - back; k <= round; ++k) {
      const double* forward = row(forward_, stage) + k + pipeline_.shape.stages - stage - 1;
      const double* backward = row(backward_, stage) + k;
      if (std::abs(forward[0] - forward[-period] - expected) > tolerance) return false;
      if (std::abs(backward[0] - backward[-period] - expected) > tolerance) return false;
    }
  return true;
}

std::int64_t SerialWalk::period(std::int64_t round, std::int64_t back) const {
  for (const std::int64_t period : {1, 2, 3, 4, 6, 12})
    if (repeats(round, back, period)) return period;
  return 0;
}

/// What a walk changes and another one starts from.
struct Start {
  std::vector<SerialPipeline::Lane> lanes;
  std::vector<double> free_s;
};

void restore(SerialPipeline& pipeline, const Start& start) {
  pipeline.lanes = start.lanes;
  pipeline.free_s = start.free_s;
}

// Adds the rounds that were skipped after `round`: so many periods of `growth_s` each.
void add_rounds(SerialPipeline& pipeline, std::int64_t round, std::int64_t period, double periods, double growth_s) {
  const double skipped_s = periods * growth_s;
  pipeline.skipped_s = skipped_s;
  for (double& free_s : pipeline.free_s) free_s += skipped_s;
  for (SerialPipeline::Lane& lane : pipeline.lanes) lane.free_s += skipped_s;
  for (SerialPipeline::Body& body : pipeline.bodies)
    for (double* last : {&body.last_start_s, &body.last_transfer_start_s, &body.last_transfer_finish_s}) *last += skipped_s;
  for (SerialPipeline::Wait& wait : pipeline.waits) {
    const bool forward = wait.body % 3 == 0;
    const std::int64_t its_round = wait.micro_batch - (forward ? pipeline.shape.stages - pipeline.watched - 1 : 0);
    if (its_round > round - period && its_round <= round) wait.times += periods;
  }
}

}  // namespace

void walk_serial(SerialPipeline& pipeline) {
  const ScheduleShape& shape = pipeline.shape;
  const std::int64_t p = shape.stages, m = shape.micro_batches;
  pipeline.skipped_s = 0;
  const bool rounds = shape.interleave == 1 && shape.schedule != Schedule::gpipe;
  // Of what a round depends on, only buffers lie more than one round back; those as deep as the pipeline never hold up anything.
  const std::int64_t back = 1 + std::min<std::int64_t>(pipeline.buffer_depth, p);
  const Start start{pipeline.lanes, pipeline.free_s};
  for (std::int64_t fewer = 3 * p + back + 2 * kPeriods; rounds && 2 * fewer < m; fewer *= 2) {
    const std::int64_t tried = fewer + (m - fewer) % kPeriods;
    SerialWalk walked(pipeline, tried);
    walked.run();
    const std::int64_t last = tried - p;  // the last round in which every stage still runs forward bodies
    if (const std::int64_t period = walked.period(last, back); period > 0)
      return add_rounds(pipeline, last, period, static_cast<double>((m - tried) / period), walked.growth(last, period));
    restore(pipeline, start);
  }
  SerialWalk(pipeline, m).run();
}

}  // namespace forerun::oracle
