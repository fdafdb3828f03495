#pragma once

#include <array>
#include <vector>

#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "strategies/layout.hpp"
#include "strategies/step_writer.hpp"

namespace forerun {

/// A step's lanes, and what each stage communicates over. A lane or communicator that nothing uses is -1.
class Frame {
 public:
  Frame(const Scenario& scenario, const Layout& layout, StepPlan& plan);

  [[nodiscard]] const StageContext& stage(int index) const { return stages_[index]; }
  [[nodiscard]] int stages() const { return static_cast<int>(stages_.size()); }

  /// A transfer over the data axis of a stage, on the data lane.
  [[nodiscard]] Operation over_data(Collective::Operation operation, Bytes bytes, int stage) const;
  /// A transfer over the ranks of a stage that hold the same experts, on the data lane.
  [[nodiscard]] Operation over_expert_copies(Collective::Operation operation, Bytes bytes, int stage) const;
  [[nodiscard]] bool copies_experts() const { return !expert_communicators_.empty(); }
  [[nodiscard]] bool has_data() const { return data_lane_ >= 0; }
  [[nodiscard]] int replicas() const { return layout_.replicas; }

  /// A send from a stage to another, on a lane of its own.
  Operation send(int from, int to, Bytes bytes);
  /// The sum of what two stages have, between their ranks.
  Operation sum_of_pair(int from, int to, Bytes bytes);

 private:
  int lane(std::string_view name);
  int add(Communicator communicator);

  const Layout& layout_;
  StepPlan& plan_;
  CollectiveAlgorithm algorithm_;
  std::vector<StageContext> stages_;
  int data_lane_ = -1;
  std::vector<int> data_communicators_;
  std::vector<int> expert_communicators_;  ///< of ranks that hold the same experts
  std::vector<std::array<int, 4>> sends_;  ///< from, to, lane, communicator
};

}  // namespace forerun
