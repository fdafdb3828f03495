#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/plan.hpp"
#include "core/strategy.hpp"
#include "kernels/trainer/network.hpp"
#include "kernels/trainer/rank_group.hpp"
#include "kernels/trainer/server_transfers.hpp"
#include "kernels/trainer/stage_transfers.hpp"
#include "kernels/trainer/train.hpp"

namespace forerun {

/// Throws MissingCapability for a plan that one thread a rank cannot run, or that needs a collective that the trainer's ranks do not do.
void require_executable(const StepPlan& plan);

/// Plays a plan's steps for one rank on one thread, in plan order.
class Executor {
 public:
  /// `network`: of the rank; `servers`: null without parameter servers. Makes the groups of the plan's communicators, all ranks at
  /// once.
  Executor(const StepPlan& plan, Overlap overlap, Network& network, RankGroup& group, const Clock& clock,
           ServerTransfers* servers = nullptr);

  /// One step; every operation's time goes to `log` unless it is null.
  void step(RankLog* log);
  /// Ends what is still under way.
  void drain(RankLog* log);

 private:
  struct InFlight {
    int operation = 0;
    std::int64_t step = 0;
    Seconds posted;
    bool logged = false;  // posted in a timed step
  };

  /// An operation whose time a device will tell.
  struct Unread {
    int operation = 0;
    std::size_t place = 0;  ///< in the log
    std::size_t begun = 0;  ///< marks
    std::size_t ended = 0;
  };

  void run(StepEntry entry, RankLog* log);
  /// Runs what holds the rank up until it is done, and logs what it took, by the device's time where that is another than the host's.
  template <class Call>
  void timed(int operation, RankLog* log, Call&& call);
  void read_timeline(Seconds begun, RankLog* log);
  [[nodiscard]] RankGroup& group(int operation) const;
  [[nodiscard]] bool tells_transfers(const RankLog* log) const;
  void exchange(StepEntry entry, RankLog* log);
  void reduce(int operation, RankLog* log);
  void serve(int operation, RankLog* log);
  void settle_dependencies(const Operation& operation, RankLog* log);
  void settle(std::size_t last, RankLog* log);
  void advance(RankLog* log);

  const StepPlan& plan_;
  Overlap overlap_;
  Network& network_;
  const Clock& clock_;
  std::vector<std::unique_ptr<RankGroup>> groups_;  // by communicator; null where the rank is no member
  StageTransfers transfers_;
  ServerTransfers* servers_;
  std::vector<InFlight> in_flight_;
  std::vector<Unread> unread_;
  std::int64_t step_ = 0;
};

}  // namespace forerun
