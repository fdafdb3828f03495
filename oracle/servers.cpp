#include "oracle/servers.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "costs/server_transfer.hpp"
#include "io/format.hpp"
#include "strategies/server_cycle.hpp"

namespace forerun::oracle {
namespace {

int met_nodes(const Scenario& scenario) {
  if (scenario.strategy.updates == Updates::asynchronous) return 1;
  return node_of(scenario.platform, scenario.strategy.data + scenario.strategy.backup_workers - 1) + 1;
}

/// T of each worker, by its own routes; workers whose routes are alike are evaluated once.
std::vector<Seconds> cycles_of_workers(const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs) {
  std::map<std::vector<double>, Seconds> known;
  std::vector<Seconds> cycles;
  for (int worker = 0; worker < scenario.strategy.data + scenario.strategy.backup_workers; ++worker) {
    std::vector<OperationCost> own = costs;
    follow_routes(scenario, plan, worker, own);
    share_worker_links(scenario, plan, own);
    std::vector<double> drains;
    for (const OperationCost& cost : own) drains.push_back(cost.drain.value());
    const auto [place, added] = known.try_emplace(std::move(drains));
    if (added) place->second = evaluate(plan, own).step;
    cycles.push_back(place->second);
  }
  return cycles;
}

}  // namespace

void share_worker_links(const Scenario& scenario, const StepPlan& plan, std::vector<OperationCost>& costs) {
  // How many times as fast the workers' nodes take or send as one server's node sends or takes: so many servers keep them busy.
  const double faster = scenario.platform.ingress_speed();
  const auto as_fast = [nodes = met_nodes(scenario), faster](Collective::Operation operation) {
    return operation == Collective::Operation::pull ? nodes * faster : std::max(nodes / faster, 1.0);
  };
  const auto server_transfer = [&](std::size_t i) {
    const auto* transfer = std::get_if<Collective>(&plan.operations[i].work);
    return transfer != nullptr && is_server_transfer(transfer->operation) ? transfer : nullptr;
  };
  std::map<Collective::Operation, Seconds> of_all;
  std::map<std::pair<Collective::Operation, int>, Seconds> of_one;
  for (std::size_t i = 0; i < costs.size(); ++i)
    if (const Collective* transfer = server_transfer(i)) {
      of_all[transfer->operation] += costs[i].drain / as_fast(transfer->operation);
      of_one[{transfer->operation, transfer->communicator}] += costs[i].drain;
    }
  for (std::size_t i = 0; i < costs.size(); ++i)
    if (const Collective* transfer = server_transfer(i); transfer != nullptr && costs[i].drain > Seconds(0)) {
      const double most = of_all[transfer->operation] / of_one[{transfer->operation, transfer->communicator}];
      const double factor = scenario.strategy.servers / as_fast(transfer->operation);
      costs[i].drain *= std::clamp(most, 1.0, std::max(factor, 1.0));
    }
}

ServerLoad asynchronous_load(const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs, Seconds alone) {
  std::vector<OperationCost> best = costs;
  follow_routes(scenario, plan, OfWorkers::quickest, best);
  ServerLoad load = server_load(server_cycle(scenario, plan, costs), scenario.platform, alone, evaluate(plan, best).step);
  if (scenario.strategy.server_nodes == ServerNodes::own) return load;
  load.cycles = cycles_of_workers(scenario, plan, costs);
  load.cycle = std::accumulate(load.cycles.begin(), load.cycles.end(), Seconds(0)) / static_cast<double>(load.workers);
  return load;
}

Evaluation evaluate_servers(const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs,
                            std::vector<std::string>& assumptions) {
  const Strategy& strategy = scenario.strategy;
  std::vector<OperationCost> shared = costs;
  if (strategy.updates == Updates::asynchronous) follow_routes(scenario, plan, OfWorkers::mean, shared);
  const std::vector<OperationCost> apart = shared;
  share_worker_links(scenario, plan, shared);
  const Evaluation alone = evaluate(plan, shared);
  if (shared != apart) assumptions.emplace_back("workers' links are shared by all servers at all times");
  if (strategy.updates == Updates::synchronous) {
    if (strategy.backup_workers > 0)
      assumptions.push_back(forerun::format("workers are alike: {} backup worker{} save{} nothing and cost{} traffic",
                                            strategy.backup_workers, strategy.backup_workers == 1 ? "" : "s",
                                            strategy.backup_workers == 1 ? "s" : "", strategy.backup_workers == 1 ? "s" : ""));
    return alone;
  }
  const ServerLoad load = asynchronous_load(scenario, plan, costs, alone.step);
  const RateBounds bounds = rate_bounds(load);
  assumptions.push_back(forerun::format("asynchronous updates by mean value analysis: {:.4g} a second, between {:.4g} and {:.4g}",
                                        asynchronous_rate(load).updates_per_s, bounds.least_per_s, bounds.most_per_s));
  return asynchronous_step(load, alone);
}

}  // namespace forerun::oracle
