#pragma once

#include <cstdint>
#include <vector>

#include "core/plan.hpp"
#include "core/strategy.hpp"
#include "kernels/trainer/network.hpp"
#include "kernels/trainer/rank_group.hpp"
#include "kernels/trainer/train.hpp"

namespace forerun {

/// Plays a plan's steps for one rank on one thread, in plan order.
class Executor {
 public:
  Executor(const StepPlan& plan, Overlap overlap, Network& network, RankGroup* group, const Clock& clock);

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

  void run(StepEntry entry, RankLog* log);
  void reduce(int operation, RankLog* log);
  void settle_dependencies(const Operation& operation, RankLog* log);
  void settle(std::size_t last, RankLog* log);
  void advance(RankLog* log);

  const StepPlan& plan_;
  Overlap overlap_;
  Network& network_;
  RankGroup* group_;
  const Clock& clock_;
  std::vector<InFlight> in_flight_;
  std::int64_t step_ = 0;
};

}  // namespace forerun
