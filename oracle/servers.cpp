#include "oracle/servers.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "costs/server_transfer.hpp"
#include "io/format.hpp"
#include "oracle/server_routes.hpp"
#include "strategies/server_cycle.hpp"

namespace forerun::oracle {
namespace {

int met_nodes(const Scenario& scenario) {
  if (scenario.strategy.updates == Updates::asynchronous) return 1;
  return node_of(scenario.platform, scenario.strategy.data + scenario.strategy.backup_workers - 1) + 1;
}

/// T of each worker, by its own routes; workers whose routes are alike are evaluated once.
std::vector<Seconds> cycles_of_workers(const Scenario& scenario, const StepPlan& plan, const ServerRoutes& routes,
                                       const std::vector<OperationCost>& costs) {
  std::map<ServerRoutes::Times, Seconds> known;
  std::vector<Seconds> cycles;
  for (int worker = 0; worker < routes.workers(); ++worker) {
    const auto [place, added] = known.try_emplace(routes.of(worker));
    if (added) {
      std::vector<OperationCost> own = costs;
      routes.set(place->first, own);
      share_worker_links(scenario, plan, own);
      place->second = evaluate(plan, own).step;
    }
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

AsynchronousCycle asynchronous_cycle(const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs) {
  const ServerCycle cycle = server_cycle(scenario, plan, costs);
  const ServerRoutes routes(scenario, plan);
  const bool differ = routes_differ(scenario);
  std::vector<OperationCost> mean = costs, shortest = costs;
  if (differ) routes.set(routes.mean(), mean), routes.set(routes.shortest(), shortest);
  const Seconds quickest = evaluate(plan, shortest).step;
  const std::vector<OperationCost> apart = mean;
  share_worker_links(scenario, plan, mean);
  AsynchronousCycle out{evaluate(plan, mean), {}, mean != apart};
  out.load = server_load(cycle, scenario.platform, out.alone.step, quickest);
  if (scenario.strategy.server_nodes == ServerNodes::own) return out;
  out.load.cycles = cycles_of_workers(scenario, plan, routes, costs);
  out.load.cycle = std::accumulate(out.load.cycles.begin(), out.load.cycles.end(), Seconds(0)) / static_cast<double>(out.load.workers);
  return out;
}

namespace {

constexpr const char* kLinksShared = "workers' links are shared by all servers at all times";

Evaluation evaluate_synchronous(const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs,
                                std::vector<std::string>& assumptions) {
  std::vector<OperationCost> shared = costs;
  share_worker_links(scenario, plan, shared);
  if (shared != costs) assumptions.emplace_back(kLinksShared);
  const int backups = scenario.strategy.backup_workers;
  if (backups > 0)
    assumptions.push_back(forerun::format("workers are alike: {} backup worker{} save{} nothing and cost{} traffic", backups,
                                          backups == 1 ? "" : "s", backups == 1 ? "s" : "", backups == 1 ? "s" : ""));
  return evaluate(plan, shared);
}

}  // namespace

Evaluation evaluate_servers(const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs,
                            std::vector<std::string>& assumptions) {
  if (scenario.strategy.updates == Updates::synchronous) return evaluate_synchronous(scenario, plan, costs, assumptions);
  const AsynchronousCycle cycle = asynchronous_cycle(scenario, plan, costs);
  if (cycle.links_shared) assumptions.emplace_back(kLinksShared);
  const RateBounds bounds = rate_bounds(cycle.load);
  const AsynchronousRate rate = asynchronous_rate(cycle.load);
  assumptions.push_back(forerun::format("asynchronous updates by mean value analysis: {:.4g} a second, between {:.4g} and {:.4g}",
                                        rate.updates_per_s, bounds.least_per_s, bounds.most_per_s));
  return asynchronous_step(cycle.load, rate, cycle.alone);
}

}  // namespace forerun::oracle
