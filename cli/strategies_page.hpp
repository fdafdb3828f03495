#pragma once

#include <vector>

#include "cli/output.hpp"
#include "cli/scenario.hpp"
#include "core/prediction.hpp"
#include "oracle/search/search.hpp"

namespace forerun {

/// What a search found, and the predictions of the best: by the oracle, and by the simulator where it was asked.
struct RankedStrategies {
  oracle::Objective objective = oracle::Objective::time;
  oracle::SearchResult found;
  std::vector<Prediction> predictions;
  std::vector<Prediction> confirmed;
};

/// A ranking for people, as a document (`evaluated`, `feasible`, `strategies`, best first) and as rows.
Page strategies_page(const RankedStrategies& ranked, const ReadScenario& read);

}  // namespace forerun
