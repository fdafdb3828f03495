#pragma once

#include <memory>
#include <vector>

#include "core/plan.hpp"
#include "kernels/trainer/array.hpp"
#include "kernels/trainer/network.hpp"
#include "kernels/trainer/rank_group.hpp"

namespace forerun {

/// What ranks that share layers do so that each has whole activations and their gradients again.
class Exchanges {
 public:
  /// `groups`: by communicator of the plan, the rank's own. Throws std::logic_error where the plan exchanges something else than the
  /// layers' activations.
  Exchanges(const StepPlan& plan, Network& network, const std::vector<std::unique_ptr<RankGroup>>& groups);

  /// Returns once the rank's activation is whole.
  void run(StepEntry entry);

 private:
  [[nodiscard]] const Collective& transfer(StepEntry entry) const {
    return std::get<Collective>(plan_.operations[static_cast<std::size_t>(entry.operation)].work);
  }

  const StepPlan& plan_;
  Network& network_;
  const std::vector<std::unique_ptr<RankGroup>>& groups_;
  AlignedArray<float> gathered_;  // one rank's part after another's
};

}  // namespace forerun
