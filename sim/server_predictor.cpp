#include "sim/server_predictor.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "costs/summary.hpp"
#include "io/format.hpp"
#include "sim/device_speeds.hpp"
#include "sim/interactions.hpp"
#include "sim/server_player.hpp"

namespace forerun::sim {

namespace {

// Rounds after which asynchronous workers, however they began, have found the order that they keep to.
constexpr int kUntilInTurns = 16;

std::string staleness_text(const std::vector<std::int64_t>& sorted) {
  const auto at = [&](double share) { return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))]; };
  const double mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / static_cast<double>(sorted.size());
  return forerun::format("gradients are stale by {:.2f} updates on average, median {}, P90 {}, P99 {}, most {}, over {} updates", mean,
                         at(0.5), at(0.9), at(0.99), sorted.back(), sorted.size());
}

}  // namespace

Prediction predict_servers(Network& network, const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs) {
  const ServerCycle cycle = server_cycle(scenario, plan, costs);
  ServerPlayOptions options;
  options.synchronous = scenario.strategy.updates == Updates::synchronous;
  options.jitter = scenario.platform.compute_jitter;
  if (!options.synchronous) options.warm_up = kUntilInTurns, options.rounds = 2 * kUntilInTurns;
  options.seed = scenario.run.seed;
  options.slowness = device_slowness(scenario.platform, options.seed, scenario.platform.devices());
  const ServersPlayed played = ServerPlayer(cycle, options, network).play();
  Prediction prediction = summarize(scenario, plan, costs, {.step = played.step, .parts = played.parts});
  prediction.engine = "sim";
  std::ranges::move(interactions(scenario, Beside::left_out), std::back_inserter(prediction.assumptions));
  if (options.jitter > 0) prediction.assumptions.push_back(forerun::format("compute times jittered by up to {}", percent(options.jitter)));
  prediction.assumptions.push_back(
      forerun::format("{} steps simulated after the first {}, their mean goes on", options.rounds, options.warm_up));
  if (!played.staleness.empty()) prediction.assumptions.push_back(staleness_text(played.staleness));
  if (played.behind > 0)
    prediction.assumptions.push_back(
        forerun::format("{} workers, which links hold back, made no update in what was simulated", played.behind));
  if (scenario.strategy.backup_workers > 0)
    prediction.assumptions.push_back(forerun::format("{} gradients came too late and were dropped", played.dropped));
  return prediction;
}

}  // namespace forerun::sim
