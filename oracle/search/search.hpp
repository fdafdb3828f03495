#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/scenario.hpp"
#include "oracle/search/pricer.hpp"
#include "oracle/search/space.hpp"

namespace forerun::oracle {

/// What the best strategy has least of. Among strategies that use the same devices cost orders as time does.
enum class Objective { time, memory };

/// Whether a strategy whose step cannot beat those found is priced to the end.
enum class Thoroughness { exhaustive, pruned };

struct SearchOptions {
  Objective objective = Objective::time;
  Thoroughness thoroughness = Thoroughness::pruned;
  std::size_t most = 10;  ///< strategies that are kept
  /// Called now and then with how many have been looked at.
  std::function<void(std::int64_t)> progress;
};

/// A feasible strategy.
struct Found {
  Strategy strategy;
  double step_s = 0;
  double memory_bytes = 0;
};

/// Strategies that cannot be for one reason.
struct Refusal {
  Obstacle obstacle = Obstacle::none;
  std::int64_t count = 0;
  Strategy example;    ///< of memory the one that lacks least
  std::string reason;  ///< of the example, as lower() says it
};

struct SearchResult {
  std::int64_t evaluated = 0;  ///< strategies looked at
  std::int64_t feasible = 0;   ///< of these, those that fit
  std::int64_t priced = 0;     ///< of these, those whose step was priced to the end
  std::vector<Found> best;     ///< the best first; of those that come to the same time and memory one
  std::vector<Found> pareto;   ///< those that no other beats in both time and memory, the fastest first
  std::vector<Refusal> refusals;
  PricerCounts counts;
  /// Where nothing was looked at: why what is pinned, with data parallelism over the other devices, cannot be. Empty where nothing says so.
  std::string why_none;
};

/// Looks at every strategy of the space. Pruned, a strategy is given up once a bound below its step,
///   micro-batches x the busiest stage's forward and backward bodies,
/// is above the last of the best and some strategy of the Pareto front needs no more memory: what is found is the same.
SearchResult search(const Scenario& scenario, const Space& space, const SearchOptions& options);

}  // namespace forerun::oracle
