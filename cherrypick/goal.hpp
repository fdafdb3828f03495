#pragma once

#include <optional>
#include <string_view>

#include "cherrypick/candidate.hpp"

namespace forerun::cherrypick {

/// How a run ended.
enum class Outcome {
  ok,
  oom,       ///< out of memory
  timeout,   ///< stopped after `time`: the truth is at least that
  error,     ///< by something that may not happen again
  preempted  ///< by the cloud
};
std::string_view to_string(Outcome outcome);

/// Whether it says nothing of the configuration, so that the run may be tried once more.
constexpr bool is_transient(Outcome outcome) { return outcome == Outcome::error || outcome == Outcome::preempted; }

/// What a run of a candidate gave, successful or not.
struct Result {
  Outcome outcome = Outcome::ok;
  Seconds time;                   ///< that it took or, where it failed, until it did; above zero where the run was ok
  std::optional<Dollars> cost{};  ///< that was paid; without it, the candidate's rate times the time
};

/// What is to be least.
enum class Objective {
  cost,
  time,
  front  ///< both: no configuration on the front is beaten in cost and time by another
};

/// What is looked for among runs that are within the limits.
struct Goal {
  Objective objective = Objective::cost;
  std::optional<Seconds> deadline{};  ///< of a run's time
  std::optional<Dollars> budget{};    ///< of a run's cost
};

/// What a run of a candidate costs.
Dollars cost_of(const Candidate& candidate, const Result& result);

/// Whether it succeeded and kept the goal's limits.
bool is_feasible(const Goal& goal, const Candidate& candidate, const Result& result);

/// The surrogate models one quantity, the latent one: log cost or, where time is the objective, log time. The other follows without a
/// second model, since log cost = log time + log rate.                            [Alipourfard et al. 2017, sec. 3.4: price is known]
struct Latent {
  Goal goal;

  /// Of a result; plain failures give what was spent.
  [[nodiscard]] double of(const Candidate& candidate, const Result& result) const;
  /// Log cost less the latent quantity, log time less the latent quantity.
  [[nodiscard]] double cost_shift(const Candidate& candidate) const;
  [[nodiscard]] double time_shift(const Candidate& candidate) const;
  /// The most that the latent quantity may be within the goal's limits; infinite without any.
  [[nodiscard]] double limit(const Candidate& candidate) const;
};

}  // namespace forerun::cherrypick
