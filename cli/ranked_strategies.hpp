#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/scenario.hpp"
#include "core/prediction.hpp"
#include "core/units.hpp"
#include "oracle/search/search.hpp"

namespace forerun {

/// What a search found at one global batch.
struct BatchSearch {
  ReadScenario read;
  oracle::SearchResult found;
  std::vector<Seconds> evaluations;  ///< of the run, for each strategy on the front; empty where nothing is evaluated

  [[nodiscard]] std::int64_t batch() const { return read.scenario.workload.batch; }
  /// Of the strategy at this place on the front, evaluation included; empty where nothing says how many steps.
  [[nodiscard]] std::optional<Seconds> run_time(std::size_t place) const;
};

/// A strategy at one of several batches, and what it comes to by the oracle and, where it was asked, by the simulator.
struct RankedStrategy {
  std::size_t search = 0;  ///< whose batch it has
  oracle::Found found;
  Prediction prediction;
  std::optional<Prediction> confirmed;
  std::optional<Seconds> run;  ///< of the best before they are predicted without evaluation
};

struct RankedStrategies {
  oracle::Objective objective = oracle::Objective::time;
  std::vector<BatchSearch> searches;  ///< by batch, at least one; several where runs to a target are compared
  std::vector<RankedStrategy> best;
  std::vector<RankedStrategy> pareto;  ///< no other beats them in time and memory; without predictions

  [[nodiscard]] bool compares_batches() const { return searches.size() > 1; }
  [[nodiscard]] const Scenario& scenario(const RankedStrategy& ranked) const { return searches[ranked.search].read.scenario; }
};

/// The best of all searches, without predictions: at one batch in the order found, over several by the time of the run (or memory). No
/// more than `most`; all of them where evaluation, whose time the search does not know, may change the order.
std::vector<RankedStrategy> best_of(const RankedStrategies& ranked, std::size_t most);

/// Puts those that are predicted into order by the whole run, and keeps `most`. At one batch they keep theirs.
void order_by_runs(RankedStrategies& ranked, std::size_t most);

/// The fronts of all searches as one.
std::vector<RankedStrategy> pareto_of(const RankedStrategies& ranked);

/// What cannot be, counted over all searches.
std::vector<oracle::Refusal> refusals_of(const RankedStrategies& ranked);

}  // namespace forerun
