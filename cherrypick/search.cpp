#include "cherrypick/search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace forerun::cherrypick {
namespace {

Eigen::MatrixXd features_of(const Catalogue& catalogue) {
  if (catalogue.empty()) throw std::invalid_argument("a catalogue without candidates");
  const std::size_t count = catalogue.front().features.size();
  Eigen::MatrixXd features(static_cast<Eigen::Index>(catalogue.size()), static_cast<Eigen::Index>(count));
  for (std::size_t i = 0; i < catalogue.size(); ++i) {
    if (catalogue[i].features.size() != count) throw std::invalid_argument("candidates with different numbers of features");
    const double rate = catalogue[i].rate.value();
    if (!(rate > 0) || !std::isfinite(rate)) throw std::invalid_argument("a candidate whose rate is not above zero");
    for (const double feature : catalogue[i].features)
      if (!std::isfinite(feature)) throw std::invalid_argument("a feature that is no number");
    for (std::size_t k = 0; k < count; ++k) features(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) = catalogue[i].features[k];
  }
  return features;
}

bool is_finite_above_zero(double value) { return value > 0 && std::isfinite(value); }

void check(const Catalogue& catalogue, const SearchOptions& options) {
  for (const int id : options.first)
    if (id < 0 || id >= static_cast<int>(catalogue.size())) throw std::invalid_argument("a first candidate of no such number");
  for (const auto& predicted : options.predicted)
    if (predicted && !is_finite_above_zero(predicted->value())) throw std::invalid_argument("a predicted time that is not above zero");
  const Goal& goal = options.goal;
  if (goal.deadline && !(goal.deadline->value() > 0)) throw std::invalid_argument("a deadline that is not above zero");
  if (goal.budget && !(goal.budget->value() > 0)) throw std::invalid_argument("a budget that is not above zero");
}

void check(const Result& result) {
  if (!std::isfinite(result.time.value()) || result.time.value() < 0) throw std::invalid_argument("a time that is negative or no number");
  if (result.cost && (!std::isfinite(result.cost->value()) || result.cost->value() < 0))
    throw std::invalid_argument("a cost that is negative or no number");
  if (result.outcome == Outcome::ok && !(result.time.value() > 0)) throw std::invalid_argument("a run that went well in no time");
}

/// A simulator's times as the latent quantity.
Predictions predictions_of(const Catalogue& catalogue, const SearchOptions& options) {
  if (options.predicted.empty()) return {};
  if (options.predicted.size() != catalogue.size()) throw std::invalid_argument("predictions of another number of candidates");
  Predictions predictions(catalogue.size());
  const Latent latent{options.goal};
  for (std::size_t i = 0; i < catalogue.size(); ++i)
    if (options.predicted[i]) predictions[i] = latent.of(catalogue[i], {Outcome::ok, *options.predicted[i]});
  return predictions;
}

}  // namespace

std::string_view to_string(StopReason reason) {
  constexpr std::array<std::string_view, 4> names{"spent", "runs", "exhausted", "improvement"};
  return names[static_cast<std::size_t>(reason)];
}

Search::Search(Catalogue catalogue, SearchOptions options)
    : catalogue_(std::move(catalogue)),
      options_(std::move(options)),
      latent_{options_.goal},
      surrogate_(features_of(catalogue_), predictions_of(catalogue_, options_), options_.surrogate, options_.seed) {
  for (const Candidate& candidate : catalogue_) {
    limits_.push_back(latent_.limit(candidate));
    states_.push_back(candidate.excluded.empty() ? State::free : State::excluded);
  }
  check(catalogue_, options_);
  plan_starts();
}

void Search::plan_starts() {
  const int count = options_.starts;
  starts_ = options_.first;
  if (starts_.empty() && !options_.predicted.empty())
    starts_ = predicted_starts(catalogue_, surrogate_.features(), predictions_of(catalogue_, options_), latent_, count);
  if (starts_.empty()) starts_ = portfolio_starts(catalogue_, options_.history, latent_, count);
  if (starts_.empty()) {
    Random random(options_.seed);
    const bool limited = options_.goal.deadline || options_.goal.budget;
    starts_ = (limited ? inner_starts : spread_starts)(catalogue_, surrogate_.features(), count, random);
  }
  std::ranges::reverse(starts_);
}

std::vector<int> Search::ask(int count) {
  std::vector<int> asked;
  for (int i = 0; i < count; ++i) {
    const int id = next();
    if (id < 0) break;
    begin(id);
    asked.push_back(id);
  }
  return asked;
}

void Search::check_may_run(int candidate) const {
  if (candidate < 0 || candidate >= static_cast<int>(catalogue_.size())) throw std::invalid_argument("no candidate of this number");
  if (!of(candidate).excluded.empty()) throw std::invalid_argument("a candidate that is excluded");
}

void Search::begin(int candidate) {
  check_may_run(candidate);
  if (state(candidate) == State::under_way) return;
  state(candidate) = State::under_way;
  proposal_.reset();
  if (!observations_.empty()) surrogate_.believe(candidate);
}

int Search::next() {
  const auto retry = std::ranges::find(states_, State::retry);
  if (retry != states_.end()) return static_cast<int>(retry - states_.begin());
  while (!starts_.empty()) {
    const int id = starts_.back();
    starts_.pop_back();
    if (state(id) == State::free) return id;
  }
  return proposal().candidate;
}

void Search::tell(int candidate, const Result& result) {
  check_may_run(candidate);
  check(result);
  const bool failed_before =
      std::ranges::any_of(trials_, [&](const Trial& trial) { return trial.candidate == candidate && is_transient(trial.result.outcome); });
  state(candidate) = is_transient(result.outcome) && !failed_before ? State::retry : State::used;
  trials_.push_back({candidate, result});
  spent_ += cost_of(of(candidate), result);
  proposal_.reset();
  learn();
}

void Search::learn() {
  double worst = -1e300;
  for (const Trial& trial : trials_)
    if (trial.result.outcome == Outcome::ok) worst = std::max(worst, latent_.of(of(trial.candidate), trial.result));
  observations_.clear();
  for (const Trial& trial : trials_) {
    if (is_transient(trial.result.outcome)) continue;
    const double own = latent_.of(of(trial.candidate), trial.result);
    observations_.push_back({trial.candidate, trial.result.outcome == Outcome::ok ? own : std::max(own, worst)});
  }
  if (observations_.empty()) return;
  surrogate_.fit(observations_);
  for (std::size_t i = 0; i < states_.size(); ++i)
    if (states_[i] == State::under_way) surrogate_.believe(static_cast<int>(i));
}

std::optional<StopReason> Search::stop() {
  const StoppingRule& rule = options_.stopping;
  if (rule.spend && spent_ >= *rule.spend) return StopReason::spent;
  if (rule.runs && static_cast<int>(trials_.size()) >= *rule.runs) return StopReason::runs;
  const bool left =
      std::ranges::any_of(states_, [](State state) { return state == State::free || state == State::retry || state == State::under_way; });
  if (!left) return StopReason::exhausted;
  const bool more = std::ranges::any_of(states_, [](State state) { return state == State::free || state == State::retry; });
  if (!more || static_cast<int>(observations_.size()) < rule.least_runs) return std::nullopt;
  const std::optional<double> expected = expected_improvement();
  if (expected && *expected < rule.improvement) return StopReason::improvement;
  return std::nullopt;
}

}  // namespace forerun::cherrypick
