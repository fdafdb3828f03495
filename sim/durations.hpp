#pragma once

#include <cstdint>
#include <vector>

#include "sim/play.hpp"

namespace forerun::sim {

/// How long each instance of a compute operation or a delay takes on each rank: its cost, slowed by the device and jittered, and what is
/// added to it.
class Durations {
 public:
  Durations(const StepPlan& plan, const std::vector<OperationCost>& costs, const Platform& platform, const PlayOptions& options);

  [[nodiscard]] double seconds(int rank, int operation, std::int64_t instance) const {
    double duration = base_s_[operation];
    if (!slowness_.empty() && compute_[operation]) duration *= slowness_[rank];
    if (jitter_[operation] > 0) duration *= 1 + jitter_[operation] * jitter_draw(options_.seed, rank, operation, instance);
    if (!options_.perturbations.empty()) duration += added_s(rank, operation, instance);
    return duration;
  }

  /// Of the class with most compute, the rank whose compute lane computes longest; the lowest on ties.
  [[nodiscard]] int most_computing_rank() const;

 private:
  [[nodiscard]] double added_s(int rank, int operation, std::int64_t instance) const;

  const StepPlan& plan_;
  const PlayOptions& options_;
  std::vector<double> base_s_;
  std::vector<double> jitter_;    ///< zero for all but compute
  std::vector<char> compute_;     ///< whether it is
  std::vector<double> slowness_;  ///< by rank; empty where devices are alike
  bool jittered_ = false;
};

}  // namespace forerun::sim
