#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/units.hpp"

namespace forerun {

/// A run of more steps is bad input: up to here a count of steps is exact as a double, and its products stay far from overflow.
inline constexpr std::int64_t kMostSteps = 1'000'000'000'000'000;

/// How the machines of a cloud are paid for.
enum class Market { on_demand, spot };
std::string_view to_string(Market market);

/// What a fit to measured runs leaves open of S(B) = a + b / B, with a the least steps and b the least samples.
struct EfficiencyFit {
  int runs = 0;
  double smallest_batch = 0;  ///< of the runs, samples
  double largest_batch = 0;
  double worst_error = 0;       ///< |S(B) / steps - 1| over the runs; zero of two
  double steps_variance = 0;    ///< of a; zero of two runs, as the others: nothing is left over to tell it from
  double covariance = 0;        ///< of a and b
  double samples_variance = 0;  ///< of b

  friend bool operator==(const EfficiencyFit&, const EfficiencyFit&) = default;
};

/// How many steps a target (a loss, an accuracy) takes at a batch: costs/statistical_efficiency.hpp. Both above zero.
struct StatisticalEfficiency {
  double minimum_steps = 0;          ///< that no batch gets below
  double critical_batch = 0;         ///< samples: the batch that takes twice as many steps
  std::optional<EfficiencyFit> fit;  ///< empty: the two were given

  friend bool operator==(const StatisticalEfficiency&, const StatisticalEfficiency&) = default;
};

/// Forward passes over data that nothing is learned from.
struct EvaluationRuns {
  std::int64_t samples = 0;              ///< of each; zero: none
  std::optional<std::int64_t> interval;  ///< steps; empty: once an epoch, and without a data set once, at the end

  friend bool operator==(const EvaluationRuns&, const EvaluationRuns&) = default;
};

/// Whether compute waits until a checkpoint is written, or only until it is copied to the host's memory.
enum class CheckpointMode { synchronous, asynchronous };
std::string_view to_string(CheckpointMode mode);

/// Parameters and optimizer state, written so that a run can go on from them.
struct Checkpoints {
  std::optional<std::int64_t> interval;  ///< steps; empty: none are written
  CheckpointMode mode = CheckpointMode::synchronous;

  friend bool operator==(const Checkpoints&, const Checkpoints&) = default;
};

/// What is to be done, in steps or in epochs (steps hold where both are given), or until a target is reached. Without any of them a
/// prediction gives the asymptotic step.
struct Run {
  std::optional<std::int64_t> steps;
  std::optional<double> epochs;
  std::optional<StatisticalEfficiency> to_target;
  std::optional<Seconds> startup;  ///< until the first step; empty: as long as the platform takes
  EvaluationRuns evaluation;
  Checkpoints checkpoints;
  Market market = Market::on_demand;
  std::uint64_t seed = 1;
  int seeds = 1;  ///< runs that the simulator plays, from `seed` on

  friend bool operator==(const Run&, const Run&) = default;
};

}  // namespace forerun
