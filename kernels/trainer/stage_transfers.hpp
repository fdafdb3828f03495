#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/plan.hpp"
#include "kernels/trainer/network.hpp"
#include "kernels/trainer/rank_group.hpp"
#include "kernels/trainer/train.hpp"

namespace forerun {

/// The messages between a rank and those that have the layers before and behind its own, on their way while it computes. What is
/// to come is posted as soon as its arrays are free.
class StageTransfers {
 public:
  /// `groups`: by communicator of the plan, the rank's own.
  StageTransfers(const StepPlan& plan, Network& network, const std::vector<std::unique_ptr<RankGroup>>& groups, const Clock& clock);

  /// Every message's time goes to `log` unless it is null.
  void begin_step(RankLog* log);
  /// A transfer of the plan for a micro-batch: starts to send it, or returns once it is here.
  void run(StepEntry entry);
  /// The rank has computed all of a chunk's next micro-batch.
  void end_micro_batch(int chunk);
  void advance();
  /// Returns once all is sent.
  void end_step();

 private:
  struct Message {
    int operation = 0;
    int micro_batch = 0;
    std::size_t chunk = 0;
    bool sent = false;  ///< or received
    int slot = 0;
    Seconds posted;
    std::size_t place = 0;  ///< in the operation's log
  };
  /// How far a chunk's micro-batches are.
  struct Progress {
    int posted = 0;  ///< those whose messages to this rank are awaited
    int over = 0;
  };

  [[nodiscard]] RankGroup& group(int operation) const;
  void start(int operation, int micro_batch, std::size_t chunk, bool sends);
  void post(std::size_t chunk);
  void post_what_is_free();
  void settle(std::size_t message);
  void settle_sent(std::size_t chunk, int micro_batch);
  void note(const Message& message, Seconds end, Seconds wait);

  const StepPlan& plan_;
  Network& network_;
  const std::vector<std::unique_ptr<RankGroup>>& groups_;
  const Clock& clock_;
  RankLog* log_ = nullptr;
  std::vector<Message> under_way_;
  std::vector<Progress> progress_;  // by chunk
  int next_slot_ = 0;
};

}  // namespace forerun
