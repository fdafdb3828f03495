#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "cherrypick/acquisition.hpp"
#include "cherrypick/answer.hpp"
#include "cherrypick/starts.hpp"

namespace forerun::cherrypick {

/// When a search has done enough.
struct StoppingRule {
  std::optional<Dollars> spend{};  ///< of all runs together
  std::optional<int> runs{};
  double improvement = 0.01;  ///< expected of the best next run, as a fraction of the best value; for a front, of its area
  int least_runs = 6;         ///< before `improvement` counts
};
enum class StopReason { spent, runs, exhausted, improvement };
std::string_view to_string(StopReason reason);

struct SearchOptions {
  Goal goal{};
  StoppingRule stopping{};
  std::uint64_t seed = 1;
  int starts = 3;
  std::vector<int> first{};                         ///< start with these instead
  std::vector<PastJob> history{};                   ///< of other jobs on this catalogue
  std::vector<std::optional<Seconds>> predicted{};  ///< time of each candidate by a simulator; empty without one
  double per_dollar = 0;                            ///< a: a run's worth less a log(its expected cost)
  SurrogateSettings surrogate{};
};

/// A run that was made, in the order in which they were told.
struct Trial {
  int candidate = 0;
  Result result;
};

/// What comes next by the surrogate, and what is expected of it.
struct Proposal {
  int candidate = -1;
  std::optional<double> improvement{};  ///< as StoppingRule has it
};

/// Bayesian search for the best candidate of a finite catalogue: ask() names candidates to run, tell() takes what came of them. The same
/// options, and the same calls with the same results, give the same candidates on every platform.    [Alipourfard et al. 2017, CherryPick]
///
/// A candidate is named once; a second time only where its run failed by accident (is_transient()). Other failures count as no better than
/// the worst run that went well, which teaches the surrogate to keep away.
class Search {
 public:
  /// std::invalid_argument: an empty catalogue, candidates with different numbers of features, numbers that are none, a rate, deadline,
  /// budget or predicted time not above zero, predictions of another number of candidates, a first candidate that is not there.
  Search(Catalogue catalogue, SearchOptions options);

  /// Up to `count` candidates to run next, fewer where fewer are left; they are under way until told. Several at once cost runs and save
  /// rounds: up to 4 are of use.
  std::vector<int> ask(int count = 1);

  /// A candidate that somebody chose to run: under way until told, as if ask() had named it. What was asked before is brought back by it.
  /// std::invalid_argument: no such candidate, or one that is excluded.
  void begin(int candidate);

  /// The result of a candidate, asked for or not; of one that has run already, one more run. std::invalid_argument: no such candidate, one
  /// that is excluded, a time or cost that is negative or no number, or a run that went well in no time.
  void tell(int candidate, const Result& result);

  /// Whether the search has done enough, and why. It goes on if asked all the same.
  [[nodiscard]] std::optional<StopReason> stop();

  /// What the best next run is expected to improve, as StoppingRule has it; nothing before a run was within the limits.
  [[nodiscard]] std::optional<double> expected_improvement();

  /// What is known now.
  [[nodiscard]] Answer answer() const;

  /// The best candidates so far, to be run again where runs scatter: the least of noisy values is a lucky one.
  [[nodiscard]] std::vector<int> to_confirm(int count = 2) const;

  [[nodiscard]] const std::vector<Trial>& trials() const { return trials_; }
  [[nodiscard]] const Catalogue& catalogue() const { return catalogue_; }
  [[nodiscard]] const SearchOptions& options() const { return options_; }
  [[nodiscard]] Dollars spent() const { return spent_; }

 private:
  enum class State : std::uint8_t { free, retry, under_way, used, excluded };

  void check_may_run(int candidate) const;
  void plan_starts();
  void learn();
  [[nodiscard]] const Proposal& proposal();
  [[nodiscard]] int next();
  [[nodiscard]] int remotest() const;
  [[nodiscard]] std::optional<double> incumbent() const;
  [[nodiscard]] double saving(int id, double best) const;
  [[nodiscard]] std::vector<double> worth() const;
  [[nodiscard]] std::vector<double> worth_by(std::size_t member) const;
  void charge_dollars(std::vector<double>& worth) const;
  [[nodiscard]] std::vector<FrontPoint> feasible_points() const;
  [[nodiscard]] FrontPoint reference() const;
  [[nodiscard]] Surrogate learned() const;
  [[nodiscard]] std::vector<int> ranked(const Surrogate& surrogate) const;
  [[nodiscard]] const Candidate& of(int id) const { return catalogue_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] State& state(int id) { return states_[static_cast<std::size_t>(id)]; }

  Catalogue catalogue_;
  SearchOptions options_;
  Latent latent_;
  Surrogate surrogate_;
  std::vector<double> limits_;  ///< of the latent quantity, by candidate
  std::vector<State> states_;
  std::vector<int> starts_;  ///< not named yet, the next one last
  std::vector<Trial> trials_;
  std::vector<Observation> observations_;  ///< what the surrogate has learned
  std::optional<Proposal> proposal_;       ///< until something is asked or told
  Dollars spent_;
};

}  // namespace forerun::cherrypick
