#include "cherrypick/goal.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "cherrypick/elementary.hpp"

namespace forerun::cherrypick {

std::string_view to_string(Outcome outcome) {
  constexpr std::array<std::string_view, 5> names{"ok", "oom", "timeout", "error", "preempted"};
  return names[static_cast<std::size_t>(outcome)];
}

Dollars cost_of(const Candidate& candidate, const Result& result) { return result.cost.value_or(candidate.rate * result.time); }

bool is_feasible(const Goal& goal, const Candidate& candidate, const Result& result) {
  return result.outcome == Outcome::ok && (!goal.deadline || result.time <= *goal.deadline) &&
         (!goal.budget || cost_of(candidate, result) <= *goal.budget);
}

double Latent::of(const Candidate& candidate, const Result& result) const {
  // A run that failed at once still has a logarithm.
  constexpr double kLeast = 1e-9;
  const double value = goal.objective == Objective::time ? result.time.value() : cost_of(candidate, result).value();
  return portable_log(std::max(value, kLeast));
}

double Latent::cost_shift(const Candidate& candidate) const {
  return goal.objective == Objective::time ? portable_log(candidate.rate.value()) : 0;
}

double Latent::time_shift(const Candidate& candidate) const {
  return goal.objective == Objective::time ? 0 : -portable_log(candidate.rate.value());
}

double Latent::limit(const Candidate& candidate) const {
  double most = std::numeric_limits<double>::infinity();
  if (goal.deadline) most = std::min(most, portable_log(goal.deadline->value()) - time_shift(candidate));
  if (goal.budget) most = std::min(most, portable_log(goal.budget->value()) - cost_shift(candidate));
  return most;
}

}  // namespace forerun::cherrypick
