#pragma once

#include <vector>

#include "kernels/trainer/network.hpp"
#include "kernels/trainer/rank_group.hpp"
#include "kernels/trainer/server_messages.hpp"
#include "kernels/trainer/train.hpp"

namespace forerun {

/// A worker of parameter servers that wait for nobody.
class AsynchronousWorker {
 public:
  /// `group`: of all ranks. All must outlive it.
  AsynchronousWorker(const StepPlan& plan, const ServedParts& parts, Network& network, RankGroup& group, const Clock& clock);

  /// Pulls, computes and pushes once, and returns how many rounds were over when all of it was applied. In the log a push takes until the
  /// worker knows that it was applied, less what the server took for that, which is the token's.
  std::int64_t cycle(const Batch& batch, RankLog& log);
  /// Tells the servers that it asks no more.
  void leave();

 private:
  struct Server {
    int rank = 0;
    float ask = kPull;
    Applied applied;
  };

  void run(StepEntry entry, RankLog& log);
  void pull(int operation);
  void push(int operation);
  void finish_pulls(RankLog& log);
  void finish_pushes(int token, RankLog& log);
  [[nodiscard]] Server& server_of(int operation);
  [[nodiscard]] int applied_slot(const Server& server) const;

  const StepPlan& plan_;
  const ServedParts& parts_;
  Network& network_;
  RankGroup& group_;
  const Clock& clock_;
  ServerTags tags_;
  std::vector<Server> servers_;  // by star
  struct Posted {
    int operation = 0;
    Seconds date;
  };
  std::vector<Posted> pulls_;   // under way
  std::vector<Posted> pushes_;  // of this cycle
};

}  // namespace forerun
