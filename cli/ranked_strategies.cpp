#include "cli/ranked_strategies.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "costs/whole_run.hpp"

namespace forerun {
namespace {

using Key = std::pair<double, double>;

/// Time of the run, of which a step stands in for a run of no length, and memory.
Key key_of(const RankedStrategies& ranked, const RankedStrategy& one) {
  const Seconds step(one.found.step_s);
  const double time_s = ranked.searches[one.search].run_time(step).value_or(step).value();
  return {time_s, one.found.memory_bytes};
}

Key by(oracle::Objective objective, const Key& key) { return objective == oracle::Objective::time ? key : Key{key.second, key.first}; }

std::vector<RankedStrategy> all_of(const RankedStrategies& ranked, std::vector<oracle::Found> oracle::SearchResult::*list) {
  std::vector<RankedStrategy> all;
  for (std::size_t i = 0; i < ranked.searches.size(); ++i)
    for (const oracle::Found& found : ranked.searches[i].found.*list) all.push_back({i, found, {}, {}});
  return all;
}

bool evaluates(const RankedStrategies& ranked) { return ranked.searches.front().read.scenario.run.evaluation.samples > 0; }

}  // namespace

std::optional<Seconds> BatchSearch::run_time(Seconds step) const {
  const std::optional<std::int64_t> steps = run_steps(read.scenario);
  if (!steps) return {};
  const Scenario& scenario = read.scenario;
  const std::optional<Seconds> startup = scenario.run.startup ? scenario.run.startup : scenario.platform.startup;
  return startup.value_or(Seconds(0)) + static_cast<double>(*steps) * step;
}

std::vector<RankedStrategy> best_of(const RankedStrategies& ranked, std::size_t most) {
  std::vector<RankedStrategy> all = all_of(ranked, &oracle::SearchResult::best);
  if (!ranked.compares_batches()) return all;
  const auto key = [&](const RankedStrategy& one) { return by(ranked.objective, key_of(ranked, one)); };
  std::ranges::stable_sort(all, {}, key);
  if (!evaluates(ranked) && all.size() > most) all.resize(most);
  return all;
}

void order_by_runs(RankedStrategies& ranked, std::size_t most) {
  if (!ranked.compares_batches()) return;
  const auto key = [&](const RankedStrategy& one) {
    return by(ranked.objective, {one.prediction.total_time->value(), one.found.memory_bytes});
  };
  std::ranges::stable_sort(ranked.best, {}, key);
  if (ranked.best.size() > most) ranked.best.resize(most);
}

std::vector<RankedStrategy> pareto_of(const RankedStrategies& ranked) {
  std::vector<RankedStrategy> all = all_of(ranked, &oracle::SearchResult::pareto);
  if (!ranked.compares_batches()) return all;
  std::ranges::stable_sort(all, {}, [&](const RankedStrategy& one) { return key_of(ranked, one); });
  double least_bytes = std::numeric_limits<double>::infinity();
  std::erase_if(all, [&](const RankedStrategy& one) {
    const bool beaten = one.found.memory_bytes >= least_bytes;
    least_bytes = std::min(least_bytes, one.found.memory_bytes);
    return beaten;
  });
  return all;
}

std::vector<oracle::Refusal> refusals_of(const RankedStrategies& ranked) {
  std::vector<oracle::Refusal> all;
  for (const BatchSearch& search : ranked.searches)
    for (const oracle::Refusal& refusal : search.found.refusals) {
      const auto known = std::ranges::find(all, refusal.obstacle, &oracle::Refusal::obstacle);
      if (known == all.end())
        all.push_back(refusal);
      else
        known->count += refusal.count;
    }
  return all;
}

}  // namespace forerun
