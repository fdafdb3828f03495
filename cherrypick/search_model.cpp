// What a search concludes from its surrogate: the next candidate, and the answer.
#include <algorithm>
#include <cmath>
#include <limits>

#include "cherrypick/acquisition.hpp"
#include "cherrypick/search.hpp"

namespace forerun::cherrypick {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Logarithms of what was measured that differ by rounding alone.
constexpr double kSame = 1e-9;
/// By how much the corner that areas are measured from lies beyond the worst run, in logarithms.
constexpr double kBeyondWorst = 0.1;

}  // namespace

/// The best value so far among runs within the limits.
std::optional<double> Search::incumbent() const {
  std::optional<double> best;
  for (const Trial& trial : trials_)
    if (is_feasible(options_.goal, of(trial.candidate), trial.result)) {
      const double value = latent_.of(of(trial.candidate), trial.result);
      best = best ? std::min(*best, value) : value;
    }
  // A belief counts like a run: what is asked for beside it is to be better still.
  for (int id = 0; id < static_cast<int>(states_.size()) && best; ++id)
    if (states_[static_cast<std::size_t>(id)] == State::under_way)
      if (const double value = surrogate_.at(id).mean; value <= limits_[static_cast<std::size_t>(id)]) best = std::min(*best, value);
  return best;
}

std::vector<FrontPoint> Search::feasible_points() const {
  std::vector<FrontPoint> points;
  for (const Trial& trial : trials_)
    if (is_feasible(options_.goal, of(trial.candidate), trial.result))
      points.push_back(
          {portable_log(cost_of(of(trial.candidate), trial.result).value()), portable_log(trial.result.time.value()), trial.candidate});
  return points;
}

FrontPoint Search::reference() const {
  FrontPoint worst{-kInfinity, -kInfinity};
  for (const FrontPoint& point : feasible_points()) worst = {std::max(worst.cost, point.cost), std::max(worst.time, point.time)};
  return {worst.cost + kBeyondWorst, worst.time + kBeyondWorst};
}

/// The logarithm of what a run of each candidate is worth in the eyes of one member.
std::vector<double> Search::worth_by(std::size_t member) const {
  const std::size_t n = catalogue_.size();
  std::vector<double> mean(n);
  std::vector<double> variance(n);
  std::vector<double> worth(n, 0.0);
  surrogate_.predict(member, 0, mean, variance);
  const std::optional<double> best = incumbent();
  if (best && options_.goal.objective == Objective::front) {
    const std::vector<FrontPoint> front = front_of(feasible_points());
    const FrontPoint corner = reference();
    for (std::size_t i = 0; i < n; ++i)
      worth[i] = portable_log(expected_hypervolume_improvement(front, corner, mean[i], std::sqrt(variance[i]),
                                                               latent_.cost_shift(catalogue_[i]), latent_.time_shift(catalogue_[i])));
  } else if (best) {
    log_expected_improvement(mean, variance, *best, worth);
  }
  add_log_feasibility(mean, variance, limits_, worth);
  return worth;
}

/// The logarithm of the members' weighted mean.
std::vector<double> Search::worth() const {
  std::vector<double> worth = worth_by(0);
  if (surrogate_.members() == 1) return worth;
  const std::vector<double> other = worth_by(1);
  for (std::size_t i = 0; i < worth.size(); ++i) {
    const double larger = std::max(worth[i], other[i]);
    if (larger == -kInfinity) continue;
    worth[i] = larger + portable_log(surrogate_.weight(0) * portable_exp(worth[i] - larger) +
                                     surrogate_.weight(1) * portable_exp(other[i] - larger));
  }
  return worth;
}

void Search::charge_dollars(std::vector<double>& worth) const {
  if (options_.per_dollar == 0) return;
  std::vector<double> mean(worth.size());
  std::vector<double> variance(worth.size());
  for (std::size_t m = 0; m < surrogate_.members(); ++m) {
    surrogate_.predict(m, 0, mean, variance);
    for (std::size_t i = 0; i < worth.size(); ++i) worth[i] -= options_.per_dollar * surrogate_.weight(m) * mean[i];
  }
  for (std::size_t i = 0; i < worth.size(); ++i) worth[i] -= options_.per_dollar * latent_.cost_shift(catalogue_[i]);
}

/// The free candidate farthest from all that ran or are under way.
int Search::remotest() const {
  std::vector<int> tried;
  std::vector<bool> free;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    free.push_back(states_[i] == State::free);
    if (states_[i] != State::free && states_[i] != State::excluded) tried.push_back(static_cast<int>(i));
  }
  return farthest(surrogate_.features(), tried, free);
}

/// What a run of the candidate is expected to save of the best value, within the limits.
double Search::saving(int id, double best) const {
  double saving = 0;
  for (std::size_t m = 0; m < surrogate_.members(); ++m) {
    double mean = 0;
    double variance = 0;
    double log_feasible = 0;
    surrogate_.predict(m, id, {&mean, 1}, {&variance, 1});
    add_log_feasibility({&mean, 1}, {&variance, 1}, {&limits_[static_cast<std::size_t>(id)], 1}, {&log_feasible, 1});
    saving += surrogate_.weight(m) * expected_saving(mean, variance, best) * portable_exp(log_feasible);
  }
  return saving;
}

const Proposal& Search::proposal() {
  if (proposal_) return *proposal_;
  proposal_.emplace();
  const bool any_went_well = std::ranges::any_of(trials_, [](const Trial& trial) { return trial.result.outcome == Outcome::ok; });
  if (!any_went_well) {
    proposal_->candidate = remotest();
    return *proposal_;
  }
  std::vector<double> values = worth();
  double most = -kInfinity;
  int best_next = -1;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (states_[i] == State::free && values[i] > most) most = values[i], best_next = static_cast<int>(i);
  if (const std::optional<double> best = incumbent()) {
    if (options_.goal.objective == Objective::front)
      proposal_->improvement = portable_exp(most) / hypervolume(front_of(feasible_points()), reference());
    else
      proposal_->improvement = best_next < 0 ? 0 : saving(best_next, *best);
  }
  charge_dollars(values);
  double largest = -kInfinity;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (states_[i] == State::free && values[i] > largest) proposal_->candidate = static_cast<int>(i), largest = values[i];
  if (proposal_->candidate < 0) proposal_->candidate = remotest();  // none is worth more than zero in floating point
  return *proposal_;
}

std::optional<double> Search::expected_improvement() { return proposal().improvement; }

/// The surrogate without its beliefs of runs that are under way.
Surrogate Search::learned() const {
  Surrogate surrogate = surrogate_;
  surrogate.forget_beliefs();
  return surrogate;
}

/// Candidates with a run within the limits, by posterior mean. Of those that were measured to be equally good, whoever is better in the
/// other quantity comes first: no answer is beaten in one and in the other not.
std::vector<int> Search::ranked(const Surrogate& surrogate) const {
  std::vector<int> ids;
  for (const Trial& trial : trials_)
    if (is_feasible(options_.goal, of(trial.candidate), trial.result) && std::ranges::find(ids, trial.candidate) == ids.end())
      ids.push_back(trial.candidate);
  std::ranges::sort(ids);
  std::ranges::stable_sort(ids, {}, [&](int id) { return surrogate.at(id).mean; });
  std::vector<double> measured(catalogue_.size(), kInfinity);
  for (const Trial& trial : trials_)
    if (double& least = measured[static_cast<std::size_t>(trial.candidate)]; is_feasible(options_.goal, of(trial.candidate), trial.result))
      least = std::min(least, latent_.of(of(trial.candidate), trial.result));
  const auto other = [&](int id) {
    return options_.goal.objective == Objective::time ? latent_.cost_shift(of(id)) : latent_.time_shift(of(id));
  };
  for (std::size_t i = 0; i < ids.size(); ++i)
    for (std::size_t j = i + 1; j < ids.size(); ++j) {
      const double apart = measured[static_cast<std::size_t>(ids[i])] - measured[static_cast<std::size_t>(ids[j])];
      if (std::abs(apart) <= kSame && other(ids[j]) < other(ids[i])) std::swap(ids[i], ids[j]);
    }
  return ids;
}

std::vector<int> Search::to_confirm(int count) const {
  std::vector<int> ids = ranked(learned());
  ids.resize(std::min(ids.size(), static_cast<std::size_t>(std::max(count, 0))));
  return ids;
}

Answer Search::answer() const {
  Answer answer;
  if (observations_.empty()) return answer;
  const Surrogate surrogate = learned();
  answer.trust = surrogate.trust();
  answer.noise = surrogate.noise();
  const std::vector<int> ids = ranked(surrogate);
  if (ids.empty()) return answer;
  answer.best = estimate(surrogate, latent_, of(ids[0]), ids[0]);
  if (ids.size() > 1) answer.runner_up = estimate(surrogate, latent_, of(ids[1]), ids[1]);
  for (const FrontPoint& point : front_of(feasible_points())) answer.front.push_back(point.candidate);
  std::vector<int> untried;
  for (std::size_t i = 0; i < states_.size(); ++i)
    if (states_[i] == State::free) untried.push_back(static_cast<int>(i));
  // Runs that were all alike say nothing of how far others may lie apart.
  const auto differs = [&](const Observation& run) { return std::abs(run.value - observations_.front().value) > kSame; };
  if (options_.goal.objective != Objective::front && std::ranges::any_of(observations_, differs))
    answer.chance_of_better = chance_of_better(surrogate, ids[0], untried, limits_, options_.seed);
  return answer;
}

}  // namespace forerun::cherrypick
