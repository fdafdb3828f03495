#include "oracle/search/search.hpp"

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "strategies/lower.hpp"

namespace forerun::oracle {

namespace {

// A plan lowered as a whole may take a tenth of a second.
constexpr std::int64_t kBetweenReports = 1 << 6;

/// Strategies that no other beats in both time and memory, by time.
class ParetoFront {
 public:
  [[nodiscard]] bool beats(double step_s, double memory_bytes) const {
    const auto after = front_.upper_bound(step_s);
    return after != front_.begin() && std::prev(after)->second.memory_bytes <= memory_bytes;
  }

  void add(const Found& found) {
    if (beats(found.step_s, found.memory_bytes)) return;
    auto slower = front_.lower_bound(found.step_s);
    while (slower != front_.end() && slower->second.memory_bytes >= found.memory_bytes) slower = front_.erase(slower);
    front_.emplace(found.step_s, found);
  }

  [[nodiscard]] std::vector<Found> take() const {
    std::vector<Found> all;
    for (const auto& [step_s, found] : front_) all.push_back(found);
    return all;
  }

 private:
  std::map<double, Found> front_;
};

/// The best few; of those that come to the same time and memory the one that came first.
class Best {
 public:
  Best(Objective objective, std::size_t most) : objective_(objective), most_(most) {}

  /// Whether a strategy with at least so much time and memory may still come among them.
  [[nodiscard]] bool may_take(double step_s, double memory_bytes) const {
    return found_.size() < most_ || key(step_s, memory_bytes) < found_.rbegin()->first;
  }
  void add(const Found& found) {
    if (!may_take(found.step_s, found.memory_bytes)) return;
    found_.emplace(key(found.step_s, found.memory_bytes), found);
    if (found_.size() > most_) found_.erase(std::prev(found_.end()));
  }
  [[nodiscard]] std::vector<Found> take() const {
    std::vector<Found> all;
    for (const auto& [key, found] : found_) all.push_back(found);
    return all;
  }

 private:
  using Key = std::pair<double, double>;
  [[nodiscard]] Key key(double step_s, double memory_bytes) const {
    return objective_ == Objective::time ? Key{step_s, memory_bytes} : Key{memory_bytes, step_s};
  }

  Objective objective_;
  std::size_t most_;
  std::map<Key, Found> found_;
};

std::string reason_of(Scenario scenario, const Strategy& strategy) {
  scenario.strategy = strategy;
  try {
    const auto lowered = lower(scenario);
    if (const auto* none = std::get_if<Infeasible>(&lowered)) return none->reason;
  } catch (const MissingCapability& missing) {
    return missing.what();
  }
  return "";
}

/// Why what is pinned cannot be where the data axis takes up all other devices; empty where it cannot take them up.
std::string why_none(const Scenario& scenario) {
  Strategy strategy = scenario.strategy;
  const int others = strategy.ranks() / strategy.data, devices = scenario.platform.devices();
  if (devices % others != 0) return "";
  strategy.data = devices / others;
  return reason_of(scenario, strategy);
}

class Searcher {
 public:
  Searcher(const Scenario& scenario, const SearchOptions& options)
      : scenario_(scenario),
        options_(options),
        pricer_(scenario),
        best_(options.objective, options.most),
        expected_best_(options.objective, options.most) {
    if (options.thoroughness == Thoroughness::pruned)
      hopeful_ = [this](double least_s, double memory_bytes) {
        // What was expected comes by again, and is not to stand in its own way.
        const double before_s = least_s * (1 - 1e-9);
        return (best_.may_take(least_s, memory_bytes) || !front_.beats(least_s, memory_bytes)) &&
               (expected_best_.may_take(before_s, memory_bytes) || !expected_front_.beats(before_s, memory_bytes));
      };
  }

  /// Strategies that are likely to be among the best, each once: what is worse than they are is not priced to the end.
  void expect(const std::vector<Strategy>& likely) {
    for (const Strategy& strategy : likely) {
      const Quote quote = pricer_.price(strategy);
      if (!quote.feasible()) continue;
      expected_best_.add({strategy, quote.step_s, quote.memory_bytes});
      expected_front_.add({strategy, quote.step_s, quote.memory_bytes});
    }
  }

  void look_at(const Strategy& strategy) {
    if (options_.progress && result_.evaluated % kBetweenReports == 0) options_.progress(result_.evaluated);
    ++result_.evaluated;
    const Quote quote = pricer_.price(strategy, hopeful_);
    if (!quote.feasible()) return refuse(strategy, quote);
    ++result_.feasible;
    if (quote.given_up) return;
    ++result_.priced;
    const Found found{strategy, quote.step_s, quote.memory_bytes};
    best_.add(found);
    front_.add(found);
  }

  SearchResult finish() {
    result_.best = best_.take();
    result_.pareto = front_.take();
    for (auto& [obstacle, entry] : refusals_) {
      entry.first.reason = reason_of(scenario_, entry.first.example);
      result_.refusals.push_back(std::move(entry.first));
    }
    if (result_.evaluated == 0) result_.why_none = why_none(scenario_);
    result_.counts = pricer_.counts();
    return std::move(result_);
  }

 private:
  void refuse(const Strategy& strategy, const Quote& quote) {
    auto [place, added] = refusals_.try_emplace(quote.obstacle, Refusal{quote.obstacle, 0, strategy, ""}, quote.memory_bytes);
    auto& [refusal, memory_bytes] = place->second;
    ++refusal.count;
    if (quote.memory_bytes < memory_bytes) refusal.example = strategy, memory_bytes = quote.memory_bytes;
  }

  const Scenario& scenario_;
  const SearchOptions& options_;
  Pricer pricer_;
  Hopeful hopeful_;
  Best best_;
  ParetoFront front_;
  Best expected_best_;
  ParetoFront expected_front_;
  std::map<Obstacle, std::pair<Refusal, double>> refusals_;
  SearchResult result_;
};

/// The best and the front of the same search where one switch joins the nodes.
std::vector<Strategy> best_over_star(Scenario scenario, const Space& space, SearchOptions options) {
  scenario.platform.topology = {};
  options.progress = {};
  const SearchResult result = search(scenario, space, options);
  std::vector<Strategy> likely;
  for (const auto& list : {result.best, result.pareto})
    for (const Found& found : list)
      if (std::find(likely.begin(), likely.end(), found.strategy) == likely.end()) likely.push_back(found.strategy);
  return likely;
}

}  // namespace

SearchResult search(const Scenario& scenario, const Space& space, const SearchOptions& options) {
  Searcher searcher(scenario, options);
  // Over another network each price takes a whole plan: begin with those that one switch makes the best.
  if (scenario.platform.topology.kind != Topology::Kind::star && options.thoroughness == Thoroughness::pruned)
    searcher.expect(best_over_star(scenario, space, options));
  for_each_strategy(space, [&](const Strategy& strategy) { searcher.look_at(strategy); });
  return searcher.finish();
}

}  // namespace forerun::oracle
