#include "kernels/trainer/run_record.hpp"

namespace forerun {

void RunRecorder::note(const TrainEvent& event) {
  using enum TrainEvent::Kind;
  switch (event.kind) {
    case ready:
      ready_ = event;
      if (record_.failures.empty()) {
        record_.startup = event.at - begun_, record_.load = event.took;
      } else {
        record_.failures.back().restart += event.at - begun_, record_.failures.back().load = event.took;
      }
      break;
    case checkpoint: passed_.push_back({event.step, event.at, event.took}); break;
    case written: ++record_.checkpoints, record_.write_times.push_back(event.took); break;
    case failed: record_.failed_checkpoints += failed_.insert(event.step).second ? 1 : 0; break;
    case killed:
      if (killed_.step == 0 || event.at < killed_.at) killed_ = event;
      break;
    case finished: finished_ = event; break;
  }
}

/// What an attempt that ended at `end` leaves, if the next one goes on after so many steps, which it had at `mark`.
void RunRecorder::close(Seconds end, Seconds mark, std::int64_t after) {
  Seconds stall;
  for (const Passed& passed : passed_)
    if (passed.step <= after) stall += passed.took;
  record_.checkpoint_stall += stall;
  record_.training += mark - ready_.at - stall;
  if (!record_.failures.empty() && end > mark) record_.failures.back().lost = end - mark;
}

void RunRecorder::broke_off(Seconds found, std::int64_t after) {
  const bool told = killed_.step > 0;
  Failure failure{.rank = told ? killed_.rank : -1, .step = killed_.step, .after = after};
  if (!is_ready()) {  // it never came to a step: all of it was an attempt to start
    if (record_.failures.empty()) record_.startup += found - begun_;
    failure.restart = record_.failures.empty() ? Seconds(0) : found - begun_;
    record_.failures.push_back(failure);
  } else {
    const Seconds end = told ? killed_.at : found;
    failure.detection = found - end;
    Seconds mark = after <= ready_.step ? ready_.at : end;
    for (const Passed& passed : passed_)
      if (passed.step == after) mark = passed.at;
    record_.failures.push_back(failure);
    close(end, mark, after);
  }
  begun_ = found, ready_ = {}, killed_ = {}, passed_.clear(), failed_.clear();
}

RunRecord RunRecorder::finish(Seconds at) {
  const Seconds end = finished_.at > Seconds(0) ? finished_.at : at;
  record_.total = end - launched_;
  Seconds stall = finished_.took;
  for (const Passed& passed : passed_) stall += passed.took;
  record_.checkpoint_stall += stall;
  if (is_ready()) record_.training += end - ready_.at - stall;
  for (const Failure& failure : record_.failures)
    record_.lost += failure.lost, record_.detection += failure.detection, record_.restart += failure.restart;
  return record_;
}

}  // namespace forerun
