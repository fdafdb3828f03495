#include "costs/accounting.hpp"

#include <algorithm>

namespace forerun {

namespace {

// Charges [from_s, start of the instance] backwards along the causes.
void charge_backwards(Parts& parts, const StepPlan& plan, std::span<const InstanceRecord> records, int instance, double from_s) {
  double until = records[instance].start_s;
  while (until > from_s) {
    const InstanceRecord& waiting = records[instance];
    const double arrived = std::max(from_s, std::min(until, waiting.arrival_s));
    add(parts, PartKind::bubble, until - arrived);
    until = arrived;
    const int cause = waiting.cause;
    if (until <= from_s) return;
    // Records that an evaluation skipped: a lane that had fallen behind went on with the like of what waited on it.
    if (cause >= 0 && records[cause].finish_s < until) {
      const double skipped = std::max(from_s, records[cause].finish_s);
      add(parts, part_of(plan, plan.operations[waiting.operation]), until - skipped);
      until = skipped;
    }
    instance = cause;
    if (instance < 0) {
      add(parts, PartKind::overhead, until - from_s);
      return;
    }
    const double began = std::max(from_s, std::min(until, records[instance].start_s));
    add(parts, part_of(plan, plan.operations[records[instance].operation]), until - began);
    until = began;
  }
}

}  // namespace

void add(Parts& parts, PartKind kind, double seconds) {
  const Seconds time(std::max(0.0, seconds));
  switch (kind) {
    case PartKind::compute: parts.compute += time; break;
    case PartKind::comm_exposed: parts.comm_exposed += time; break;
    case PartKind::bubble: parts.bubble += time; break;
    case PartKind::input_exposed: parts.input_exposed += time; break;
    case PartKind::overhead: parts.overhead += time; break;
  }
}

PartKind part_of(const StepPlan& plan, const Operation& operation) {
  const LaneKind lane = plan.lanes[operation.lane].kind;
  if (lane == LaneKind::input || lane == LaneKind::storage) return PartKind::input_exposed;
  switch (operation.kind()) {
    case OperationKind::transfer: return PartKind::comm_exposed;
    case OperationKind::disk: return PartKind::input_exposed;
    case OperationKind::delay: return PartKind::overhead;
    case OperationKind::compute: return lane == LaneKind::host ? PartKind::overhead : PartKind::compute;
  }
  return PartKind::overhead;
}

Parts charge(const StepPlan& plan, std::span<const InstanceRecord> records, int instance, double from_s) {
  Parts parts;
  const InstanceRecord& record = records[instance];
  add(parts, part_of(plan, plan.operations[record.operation]), record.finish_s - record.start_s);
  if (record.start_s > from_s) charge_backwards(parts, plan, records, instance, from_s);
  return parts;
}

Parts charge_wait(const StepPlan& plan, std::span<const InstanceRecord> records, int instance, double from_s) {
  Parts parts;
  const InstanceRecord& record = records[instance];
  const double began = std::max(from_s, record.start_s);
  add(parts, part_of(plan, plan.operations[record.operation]), record.finish_s - began);
  charge_backwards(parts, plan, records, instance, from_s);
  return parts;
}

}  // namespace forerun
