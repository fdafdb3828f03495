#include "kernels/ranks/launched.hpp"

#include "core/error.hpp"
#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

namespace forerun {

namespace {

Text job_value(const std::string& key, const std::string& value) {
  Text text;
  text.value = value, text.key = key;
  return text;
}

}  // namespace

Scenario launched_scenario(const TrainJob& job, int ranks) {
  std::vector<Text> settings;
  for (const auto& [key, value] : job.settings) settings.push_back(job_value(key, value));
  Scenario scenario;
  scenario.workload = load_workload(job_value("workload", job.workload), settings);
  require_batch(scenario.workload, job_value("workload", job.workload));
  scenario.strategy = parse_strategy(job_value("strategy", job.strategy));
  scenario.platform.name = "the ranks launched";
  // Servers on nodes of their own find them where every rank is a node, and so do several beside workers, each on another one's.
  const bool apart = scenario.strategy.servers > 1 || (scenario.strategy.servers > 0 && scenario.strategy.server_nodes == ServerNodes::own);
  (apart ? scenario.platform.nodes : scenario.platform.devices_per_node) = ranks;
  scenario.run.steps = job.steps;
  scenario.run.seed = job.seed;
  return scenario;
}

StepPlan launched_plan(const Scenario& scenario, int ranks) {
  auto lowered = lower(scenario);
  Problem wrong;
  if (const auto* infeasible = std::get_if<Infeasible>(&lowered))
    wrong.what = infeasible->reason;
  else if (std::get<StepPlan>(lowered).ranks != ranks)
    wrong.what = "the strategy has " + std::to_string(std::get<StepPlan>(lowered).ranks) + " ranks, launched were " + std::to_string(ranks);
  else
    return std::get<StepPlan>(std::move(lowered));
  throw BadInput(wrong);
}

}  // namespace forerun
