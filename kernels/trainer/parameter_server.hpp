#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "core/workload.hpp"
#include "kernels/trainer/array.hpp"
#include "kernels/trainer/network.hpp"
#include "kernels/trainer/served.hpp"

namespace forerun {

/// The variables that a rank serves: their weights, the optimizer's state, and room for one gradient of a push from each worker that it
/// waits for.
class ParameterServer {
 public:
  /// `server`: the index of its star among the plan's communicators; `inboxes`: workers on other ranks whose gradients are summed up.
  ParameterServer(const Workload& workload, const StepPlan& plan, const ServedParts& parts, int server, const NetworkOptions& options,
                  int inboxes);

  void begin_step();
  [[nodiscard]] std::span<float> weights(const ServedPart& part);
  /// Where the gradients of a push come to from a worker, counted from 0.
  [[nodiscard]] std::span<float> inbox(int push, int worker);

  /// As Network's, under names that begin so.
  [[nodiscard]] std::vector<StateArray> state(const std::string& name);
  void go_on_after(std::int64_t steps) { buffers_.step = steps; }

  /// Sums up the gradients of the push that the operation follows, those of all inboxes and `own`, part by part: a worker of the same
  /// rank has them, if there is one. Then updates, if the operation does that.
  void run(int operation, const std::vector<std::span<float>>& own);

  /// Updates what a push brings by one gradient alone.
  void apply(int push, std::span<float> gradient);

 private:
  /// What a push brings, in one row.
  struct Bucket {
    std::size_t first = 0;
    std::size_t count = 0;
    bool summed = false;
    std::int64_t applied = 0;  // gradients, each alone
  };

  std::size_t lay(const StepPlan& plan, const ServedParts& parts, int server);
  void place(const ServedPart& part, std::size_t& total);
  void begin_weights(const Workload& workload, std::uint64_t seed);
  void update(const Bucket& bucket, Operator& rule, float* gradient);
  void sum_up(const Bucket& bucket, const std::vector<std::span<float>>& own);

  std::map<int, Bucket> pushes_;  // by operation
  std::map<int, int> push_of_;    // by operation of the server
  std::map<int, std::unique_ptr<Operator>> updates_;
  std::vector<std::pair<ServedPart, std::size_t>> places_;  // where each variable lies
  AlignedArray<float> weights_;
  AlignedArray<float> gradients_;
  AlignedArray<float> velocities_;
  AlignedArray<float> second_moments_;
  std::vector<AlignedArray<float>> inboxes_;  // one a worker
  LayerBuffers buffers_;
};

}  // namespace forerun
