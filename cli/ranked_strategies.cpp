#include "cli/ranked_strategies.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "costs/whole_run.hpp"

namespace forerun {
namespace {

using Key = std::pair<double, double>;

/// Time of the run, of which a step stands in for a run of no length, and memory.
Key key_of(const RankedStrategy& one) { return {one.run.value_or(Seconds(one.found.step_s)).value(), one.found.memory_bytes}; }

Key by(oracle::Objective objective, const Key& key) { return objective == oracle::Objective::time ? key : Key{key.second, key.first}; }

bool evaluates(const RankedStrategies& ranked) { return ranked.searches.front().read.scenario.run.evaluation.samples > 0; }

}  // namespace

std::optional<Seconds> BatchSearch::run_time(std::size_t place) const {
  const Seconds step(found.pareto[place].step_s);
  return forerun::run_time(read.scenario, step, evaluations.empty() ? Seconds(0) : evaluations[place]);
}

std::vector<RankedStrategy> best_of(const RankedStrategies& ranked, std::size_t most) {
  std::vector<RankedStrategy> all;
  for (std::size_t i = 0; i < ranked.searches.size(); ++i)
    for (const oracle::Found& found : ranked.searches[i].found.best)
      all.push_back({i, found, {}, {}, run_time(ranked.searches[i].read.scenario, Seconds(found.step_s), Seconds(0))});
  if (!ranked.compares_batches()) return all;
  std::ranges::stable_sort(all, {}, [&](const RankedStrategy& one) { return by(ranked.objective, key_of(one)); });
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
  std::vector<RankedStrategy> all;
  for (std::size_t i = 0; i < ranked.searches.size(); ++i)
    for (std::size_t place = 0; place < ranked.searches[i].found.pareto.size(); ++place)
      all.push_back({i, ranked.searches[i].found.pareto[place], {}, {}, ranked.searches[i].run_time(place)});
  if (!ranked.compares_batches()) return all;
  std::ranges::stable_sort(all, {}, key_of);
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
