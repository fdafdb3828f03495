#pragma once

#include <vector>

#include "costs/accounting.hpp"
#include "sim/program.hpp"

namespace forerun::sim {

/// Keeps what held back each operation of the observed rank, and charges its compute lane with it.
/// Records that no later charge can reach are dropped, so that memory does not grow with steps.
class Recorder {
 public:
  Recorder(const StepPlan& plan, const Program& program);

  /// The lane is free and the instance's own waits are met; it starts later only as a transfer that waits for its peers.
  void arrive(const Program::Slot& slot, int instance, double now_s);
  void start(int lane, double now_s) { records_[lane_records_[lane]].start_s = now_s; }
  void finish(int lane, double now_s);
  [[nodiscard]] double started_s(int lane) const { return records_[lane_records_[lane]].start_s; }

  /// Parts of the compute lane since the last call.
  Parts take_parts();
  /// Parts from the compute lane's last finish to the end of all.
  [[nodiscard]] Parts tail(double makespan_s) const;
  [[nodiscard]] double computed_s() const { return computed_s_; }

 private:
  /// Records of an operation's instances, from `first_instance` on.
  struct History {
    int first_instance = 0;
    std::vector<int> records;
  };

  [[nodiscard]] int record_of(int operation, int instance) const;
  void drop_old_records();

  const StepPlan& plan_;
  const Program& program_;
  std::vector<InstanceRecord> records_;
  std::vector<int> lane_records_;  ///< the latest of each lane
  std::vector<History> histories_;
  Parts parts_;
  double computed_s_ = 0;
  std::size_t drop_at_ = 0;
};

}  // namespace forerun::sim
