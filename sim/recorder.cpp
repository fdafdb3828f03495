#include "sim/recorder.hpp"

#include <algorithm>
#include <limits>

namespace forerun::sim {

namespace {

constexpr std::size_t kLeastRecords = 4096;
constexpr double kRunning = std::numeric_limits<double>::infinity();

}  // namespace

Recorder::Recorder(const StepPlan& plan, const Program& program)
    : plan_(plan),
      program_(program),
      lane_records_(plan.lanes.size(), -1),
      histories_(plan.operations.size()),
      drop_at_(std::max(kLeastRecords, 8 * plan.operations.size())) {}

int Recorder::record_of(int operation, int instance) const {
  const History& history = histories_[operation];
  const int at = instance - history.first_instance;
  return at < 0 ? -1 : history.records[at];
}

void Recorder::arrive(const Program::Slot& slot, int instance, double now_s) {
  InstanceRecord record;
  record.operation = slot.operation;
  record.cause = lane_records_[slot.lane];
  record.arrival_s = now_s;
  record.start_s = record.finish_s = kRunning;
  double latest = record.cause < 0 ? 0.0 : records_[record.cause].finish_s;
  for (int w = slot.first_wait; w < slot.first_wait + slot.waits; ++w) {
    const Program::Wait& wait = program_.waits[w];
    const int needed = wait.needed(instance);
    const int named = needed <= 0 ? -1 : record_of(wait.operation, needed - 1);
    if (named < 0) continue;
    const double time = wait.started ? records_[named].start_s : records_[named].finish_s;
    if (time > latest) latest = time, record.cause = named;
  }
  const int index = static_cast<int>(records_.size());
  records_.push_back(record);
  histories_[slot.operation].records.push_back(index);
  lane_records_[slot.lane] = index;
}

void Recorder::finish(int lane, double now_s) {
  records_[lane_records_[lane]].finish_s = now_s;
  if (lane != plan_.compute_lane) return;
  parts_ += charge(plan_, records_, lane_records_[lane], computed_s_);
  computed_s_ = now_s;
  if (records_.size() >= drop_at_) drop_old_records();
}

// A charge from `computed_s_` on reaches only what ends later.
void Recorder::drop_old_records() {
  const auto first = std::find_if(records_.begin(), records_.end(), [&](const InstanceRecord& r) { return r.finish_s >= computed_s_; });
  const int dropped = static_cast<int>(first - records_.begin());
  records_.erase(records_.begin(), first);
  const auto shifted = [dropped](int index) { return std::max(-1, index - dropped); };
  for (InstanceRecord& record : records_) record.cause = shifted(record.cause);
  for (int& record : lane_records_) record = shifted(record);
  for (History& history : histories_) {
    auto& list = history.records;
    const auto kept = std::find_if(list.begin(), list.end(), [dropped](int index) { return index >= dropped; });
    history.first_instance += static_cast<int>(kept - list.begin());
    list.erase(list.begin(), kept);
    for (int& record : list) record -= dropped;
  }
  drop_at_ = std::max(drop_at_, 2 * records_.size());
}

Parts Recorder::take_parts() {
  const Parts taken = parts_;
  parts_ = {};
  return taken;
}

Parts Recorder::tail(double makespan_s) const {
  Parts parts;
  int last = -1;
  for (const int record : lane_records_)
    if (record >= 0 && (last < 0 || records_[record].finish_s > records_[last].finish_s)) last = record;
  double reached = computed_s_;
  if (last >= 0 && records_[last].finish_s > computed_s_) {
    parts += charge_wait(plan_, records_, last, computed_s_);
    reached = records_[last].finish_s;
  }
  parts.bubble += Seconds(makespan_s - reached);
  return parts;
}

}  // namespace forerun::sim
