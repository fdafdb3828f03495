#include "oracle/evaluator.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace forerun::oracle {

namespace {

constexpr int kLongestPeriod = 12;
constexpr std::int64_t kLongestTransient = 4096;
constexpr double kNever = -std::numeric_limits<double>::infinity();

// The shortest period that the last iterations show, or 0.
int find_period(const IterationLog& log, const std::vector<IterationLog::Mark>& marks) {
  const int last = static_cast<int>(marks.size()) - 1;
  for (int p = 1; p <= kLongestPeriod && 3 * p <= last; ++p)
    if (log.repeats(marks[last - 3 * p], marks[last - 2 * p], marks[last - p], marks[last])) return p;
  return 0;
}

void advance(std::vector<double>& now, const std::vector<double>& before, double periods) {
  for (std::size_t i = 0; i < now.size(); ++i)
    if (std::isfinite(now[i]) && std::isfinite(before[i])) now[i] += periods * (now[i] - before[i]);
}

}  // namespace

Evaluator::Evaluator(const StepPlan& plan, std::span<const OperationCost> costs)
    : plan_(plan), tree_(index_tree(plan)), lane_count_(static_cast<int>(plan.lanes.size())), recording_(plan.compute_class) {
  assert(costs.size() == plan.operations.size());
  compile(costs);
  for (PipelineLayout& layout : layouts(plan)) pipelines_.emplace_back().layout = std::move(layout);
  resolve_waits();
  size_histories();
  lanes_free_.assign(plan.classes.size() * plan.lanes.size(), 0.0);
  lane_records_.assign(plan.lanes.size(), -1);
  arrivals_.assign(plan.classes.size(), 0.0);
  iterations_.assign(tree_.repeats.size(), 0);
  lay_out_pipelines(costs);
  // Three iterations show a period of one.
  records_.reserve(4 * plan.operations.size());
  log_.reserve(4 * plan.operations.size());
}

void Evaluator::compile(std::span<const OperationCost> costs) {
  instructions_.resize(plan_.operations.size());
  for (std::size_t i = 0; i < instructions_.size(); ++i) {
    const Operation& operation = plan_.operations[i];
    Instruction& instruction = instructions_[i];
    instruction.duration_s = costs[i].duration().value();
    instruction.rank_class = operation.rank_class;
    instruction.lane = operation.lane;
    if (const auto* transfer = std::get_if<Collective>(&operation.work))
      instruction.classes = &plan_.communicators[transfer->communicator].classes;
  }
}

void Evaluator::resolve_waits() {
  const int count = static_cast<int>(plan_.operations.size());
  std::vector<std::pair<int, Wait>> buffered;
  for_each_repeat(plan_.step, [&](const Repeat& repeat) {
    for (const Buffer& buffer : repeat.buffers)
      buffered.push_back(
          {buffer.producer, {buffer.consumer, buffer.depth, dependency_rule(tree_, buffer.producer, buffer.consumer), buffer.taken}});
  });
  waits_.reserve(plan_.dependencies.size() + buffered.size());
  for (int i = 0; i < count; ++i) {
    instructions_[i].first_wait = static_cast<int>(waits_.size());
    const Operation& operation = plan_.operations[i];
    for (int d = 0; d < operation.dependency_count; ++d) {
      const Dependency& dependency = plan_.dependencies[operation.first_dependency + d];
      waits_.push_back({dependency.operation, dependency.offset, dependency_rule(tree_, i, dependency.operation), false});
    }
    for (const auto& [producer, wait] : buffered)
      if (producer == i) waits_.push_back(wait);
    instructions_[i].end_wait = static_cast<int>(waits_.size());
  }
}

void Evaluator::size_histories() {
  histories_.assign(plan_.operations.size(), {});
  for (const Wait& wait : waits_) {
    int& depth = histories_[wait.operation].depth;
    depth = std::max(depth, std::max(wait.offset + 1, depth_between_bodies(wait)));
  }
  int total = 0;
  for (History& history : histories_) {
    history.first = total;
    total += history.depth;
  }
  starts_.assign(total, kNever);
  finishes_.assign(total, kNever);
  instance_records_.assign(total, -1);
}

Evaluator::Arrival Evaluator::moment_of(const Wait& wait) const {
  const History& history = histories_[wait.operation];
  const std::int64_t needed = (iterations_[wait.rule.repeat] + 1 - wait.offset) * wait.rule.inner;
  if (needed <= 0) return {kNever, -1};
  const int slot = history.first + static_cast<int>(history.count - needed);
  return {wait.started ? starts_[slot] : finishes_[slot], instance_records_[slot]};
}

Evaluator::Arrival Evaluator::arrive(int index, int rank_class) {
  const Instruction& instruction = instructions_[index];
  const int lane = instruction.lane;
  Arrival arrival{lane_free(rank_class, lane), rank_class == recording_ ? lane_records_[lane] : -1};
  log_.argument(arrival.time_s);
  for (int w = instruction.first_wait; w < instruction.end_wait; ++w) {
    const Wait& wait = waits_[w];
    if (plan_.classes.size() > 1 && !takes_part(plan_, plan_.operations[wait.operation], rank_class)) continue;
    const Arrival awaited = moment_of(wait);
    log_.argument(awaited.time_s);
    if (awaited.time_s > arrival.time_s) arrival = awaited;
  }
  for (int side = 0; entrance_ != nullptr && side < 2; ++side) {
    if (entrance_->classes[side] != rank_class) continue;
    const Arrival& awaited = entrance_->arrivals[side];
    log_.argument(awaited.time_s);
    if (awaited.time_s > arrival.time_s) arrival = awaited;
  }
  log_.close_maximum();
  return arrival;
}

void Evaluator::remember(int index, double start_s, double finish_s, int record) {
  History& history = histories_[index];
  for (int age = history.depth - 1; age > 0; --age) {
    const int slot = history.first + age;
    starts_[slot] = starts_[slot - 1];
    finishes_[slot] = finishes_[slot - 1];
    instance_records_[slot] = instance_records_[slot - 1];
  }
  starts_[history.first] = start_s;
  finishes_[history.first] = finish_s;
  instance_records_[history.first] = record;
  ++history.count;
}

// Keeps the record of the compute class and charges its compute lane.
void Evaluator::record_instance(int index, const Arrival& arrival, double start_s) {
  const Instruction& instruction = instructions_[index];
  const int record = static_cast<int>(records_.size());
  records_.push_back({index, arrival.cause, arrival.time_s, start_s, start_s + instruction.duration_s});
  if (instruction.lane == plan_.compute_lane) parts_ += charge(plan_, records_, record, lane_free(recording_, instruction.lane));
  lane_records_[instruction.lane] = record;
}

void Evaluator::run_operation(int index) {
  const Instruction& instruction = instructions_[index];
  const int lane = instruction.lane;
  double start = 0;
  bool recorded = false;
  if (instruction.classes == nullptr) {
    const int rank_class = instruction.rank_class;
    const Arrival arrival = arrive(index, rank_class);
    start = arrival.time_s;
    recorded = rank_class == recording_;
    if (recorded) record_instance(index, arrival, start);
    lane_free(rank_class, lane) = start + instruction.duration_s;
  } else {
    const std::vector<int>& classes = *instruction.classes;
    Arrival own;
    for (const int c : classes) {
      const Arrival arrival = arrive(index, c);
      arrivals_[c] = arrival.time_s;
      start = std::max(start, arrival.time_s);
      if (c == recording_) own = arrival, recorded = true;
    }
    if (classes.size() > 1) {
      for (const int c : classes) log_.argument(arrivals_[c]);
      log_.close_maximum();
    }
    if (recorded) record_instance(index, own, start);
    for (const int c : classes) lane_free(c, lane) = start + instruction.duration_s;
  }
  entrance_ = nullptr;
  remember(index, start, start + instruction.duration_s, recorded ? static_cast<int>(records_.size()) - 1 : -1);
}

void Evaluator::walk_body(const std::vector<Node>& body, int next_repeat) {
  for (const Node& node : body) {
    if (const int* operation = std::get_if<int>(&node))
      run_operation(*operation);
    else if (const auto* repeat = std::get_if<Repeat>(&node))
      walk(*repeat, next_repeat);
    else
      walk_pipeline(next_repeat);
  }
}

// The entry after all that lie within an entry.
int Evaluator::past(int entry) const {
  int next = entry + 1;
  while (next < static_cast<int>(tree_.repeats.size()) && tree_.repeats[next].depth > tree_.repeats[entry].depth) ++next;
  return next;
}

void Evaluator::walk(const Repeat& repeat, int& next_repeat) {
  const int here = next_repeat;
  next_repeat = past(here);
  const std::size_t first_record = records_.size();
  std::vector<IterationLog::Mark> marks{log_.mark()};
  bool searching = true;
  for (std::int64_t done = 0; done < repeat.count;) {
    walk_body(repeat.body, here + 1);
    ++iterations_[here];
    ++done;
    if (!searching) continue;
    marks.push_back(log_.mark());
    const int period = find_period(log_, marks);
    if (static_cast<std::int64_t>(marks.size()) > kLongestTransient) searching = false;
    if (period == 0 || repeat.count - done < 2 * period) continue;
    const State before = state();
    for (int i = 0; i < period; ++i, ++done) {
      walk_body(repeat.body, here + 1);
      ++iterations_[here];
    }
    const std::int64_t periods = (repeat.count - done) / period;
    jump(before, periods, first_record);
    done += periods * period;
    searching = false;
  }
}

Evaluator::State Evaluator::state() const {
  State state{lanes_free_, starts_, finishes_, parts_, iterations_, {}, {}};
  for (const History& history : histories_) state.counts.push_back(history.count);
  for (const PipelineRun& run : pipelines_) state.moments.push_back(run.moments.times());
  return state;
}

void Evaluator::jump(const State& before, std::int64_t periods, std::size_t first_record) {
  const double times = static_cast<double>(periods);
  // An operation's times grow with its lane; a later charge may reach the repeat's records, so they shift alike.
  for (std::size_t i = first_record; i < records_.size(); ++i) {
    const int lane = recording_ * lane_count_ + instructions_[records_[i].operation].lane;
    const double shift = times * (lanes_free_[lane] - before.lanes_free[lane]);
    records_[i].arrival_s += shift;
    records_[i].start_s += shift;
    records_[i].finish_s += shift;
  }
  advance(lanes_free_, before.lanes_free, times);
  advance(starts_, before.starts, times);
  advance(finishes_, before.finishes, times);
  for (std::size_t i = 0; i < pipelines_.size(); ++i) advance(pipelines_[i].moments.times(), before.moments[i], times);
  parts_ += (parts_ - before.parts) * times;
  for (std::size_t i = 0; i < iterations_.size(); ++i) iterations_[i] += periods * (iterations_[i] - before.iterations[i]);
  for (std::size_t i = 0; i < histories_.size(); ++i) histories_[i].count += periods * (histories_[i].count - before.counts[i]);
}

Evaluation Evaluator::mean_step(const Progress& before, const Progress& after, std::int64_t steps) {
  const double share = 1.0 / static_cast<double>(steps);
  Evaluation evaluation;
  evaluation.step = Seconds((after.computed_s - before.computed_s) * share);
  evaluation.parts = (after.parts - before.parts) * share;
  return evaluation;
}

Evaluation Evaluator::finite() {
  const double total = *std::max_element(lanes_free_.begin(), lanes_free_.end());
  const double computed = lane_free(recording_, plan_.compute_lane);
  // The run's tail: what the class's last lane still does, then other ranks.
  int last = -1;
  for (const int record : lane_records_)
    if (record >= 0 && (last < 0 || records_[record].finish_s > records_[last].finish_s)) last = record;
  double reached = computed;
  if (last >= 0 && records_[last].finish_s > computed) {
    parts_ += charge_wait(plan_, records_, last, computed);
    reached = records_[last].finish_s;
  }
  parts_.bubble += Seconds(total - reached);
  const double steps = static_cast<double>(plan_.step.count);
  return {Seconds(total / steps), Seconds(total), parts_ * (1.0 / steps)};
}

Evaluation Evaluator::run() {
  int next_repeat = 0;
  if (plan_.step.count > 0) {
    walk(plan_.step, next_repeat);
    return finite();
  }
  std::vector<IterationLog::Mark> marks{log_.mark()};
  std::vector<Progress> reached{progress()};
  for (std::int64_t i = 1; i <= kLongestTransient; ++i) {
    walk_body(plan_.step.body, 1);
    ++iterations_[0];
    marks.push_back(log_.mark());
    reached.push_back(progress());
    if (const int period = find_period(log_, marks); period > 0) return mean_step(reached[i - period], reached[i], period);
  }
  return mean_step(reached[kLongestTransient / 2], reached.back(), kLongestTransient / 2);
}

}  // namespace forerun::oracle
