#pragma once

#include <cstdint>
#include <vector>

#include "kernels/trainer/array.hpp"
#include "kernels/trainer/parameter_server.hpp"
#include "kernels/trainer/rank_group.hpp"
#include "kernels/trainer/server_messages.hpp"
#include "kernels/trainer/train.hpp"

namespace forerun {

/// Serves variables to workers, ranks 0 to `workers` - 1, without waiting for any of them: whoever asks gets them as they are, and each
/// gradient is an update.
class AsynchronousServer {
 public:
  /// `star`: the server's among the plan's communicators. `options.rule` is of a mean over the global batch. All must outlive it.
  AsynchronousServer(const Workload& workload, const StepPlan& plan, const ServedParts& parts, int star, int workers,
                     NetworkOptions options, RankGroup& group, const Clock& clock);

  /// Returns once every worker has left. The log's step ends are those of rounds.
  void serve(RankLog& log);

 private:
  struct Worker {
    float ask = kLeave;
    AlignedArray<float> weights;    ///< as it pulled them: they are sent while others are applied
    AlignedArray<float> gradients;  ///< push by push
    std::int64_t version = 0;       ///< updates when it pulled
    std::size_t pushes_left = 0;
    Applied applied;
  };

  void listen(int worker);
  void answer(int worker, RankLog& log);
  void expect(int worker, RankLog& log);
  void take(int worker, int push, RankLog& log);
  void finish(int worker, Seconds arrived, RankLog& log);
  [[nodiscard]] std::vector<int> awaited() const;
  [[nodiscard]] int slot(int worker, int tag) const { return worker * tags_.count + tag; }
  [[nodiscard]] std::span<float> gradient(Worker& worker, int push) const;

  const StepPlan& plan_;
  const ServedParts& parts_;
  RankGroup& group_;
  const Clock& clock_;
  ServerTags tags_;
  ParameterServer variables_;
  int pull_ = -1;             // operation
  std::vector<int> pushes_;   // operations
  std::vector<int> updates_;  // operations, by push
  std::vector<Worker> workers_;
  std::vector<std::vector<int>> open_;  // by worker, tags of what is to come
  std::int64_t made_ = 0;               // updates
  int last_served_ = 0;
};

}  // namespace forerun
