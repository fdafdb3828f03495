#include "strategies/parameter_server.hpp"

#include <algorithm>
#include <utility>

#include "costs/summary.hpp"
#include "io/format.hpp"
#include "strategies/runtimes.hpp"
#include "strategies/server_step.hpp"

namespace forerun {
namespace {

StepMemory worker_memory(const Scenario& scenario, const LocalModel& model, const Layout& layout) {
  const ChunkMemory whole = chunk_memory(model.workload(), scenario.strategy, layout.micro_batch);
  StepMemory memory = stage_memory({&whole, 1}, scenario.strategy, layout.replicas, 1);
  memory.optimizer = Bytes(0);
  memory.context = framework_memory(scenario.strategy, scenario.platform);
  return memory;
}

StepMemory largest_server(const Scenario& scenario, const std::vector<ServedVariable>& variables) {
  StepMemory largest;
  for (int s = 0; s < scenario.strategy.servers; ++s)
    if (const StepMemory memory = server_memory(scenario.workload, variables, s); memory.total() > largest.total()) largest = memory;
  return largest;
}

/// Why the servers do not fit, or nothing. A server has its node's memory; what workers beside it leave where devices share that.
std::string server_shortage(const Scenario& scenario, const StepMemory& worker, const StepMemory& server, int node_workers) {
  const Platform& platform = scenario.platform;
  if (platform.memory_per_node == Bytes(0)) return "";
  Bytes needed = server.total();
  if (scenario.strategy.server_nodes == ServerNodes::shared && platform.device_memory == Bytes(0))
    needed += static_cast<double>(node_workers) * worker.total();
  if (needed <= platform.memory_per_node) return "";
  return forerun::format("a server's node needs {} of memory, the platform has {}: weights {}, optimizer {}, gradients {} of the server",
                         human(needed), human(platform.memory_per_node), human(server.weights), human(server.optimizer),
                         human(server.gradients));
}

std::string idle_server(const std::vector<ServedVariable>& variables, int servers) {
  for (int s = 0; s < servers; ++s)
    if (std::ranges::none_of(variables, [s](const ServedVariable& variable) { return variable.server == s; }))
      return forerun::format("server {} of {} holds no variable", s, servers);
  return "";
}

}  // namespace

StepMemory server_memory(const Workload& workload, const std::vector<ServedVariable>& variables, int server) {
  StepMemory memory;
  for (const ServedVariable& variable : variables) {
    if (variable.server != server) continue;
    const LayerKind kind = workload.layers[static_cast<std::size_t>(variable.layer)].shape.kind;
    const ParameterBytes bytes = bytes_per_parameter(workload, kind);
    memory.weights += Bytes(bytes.weight * variable.elements);
    if (!variable.trained) continue;
    memory.gradients += Bytes(bytes.gradient * variable.moved);
    memory.optimizer += Bytes((bytes.master + bytes.optimizer) * variable.elements);
  }
  return memory;
}

std::vector<ServedVariable> served_variables(const Scenario& scenario) {
  const Strategy& strategy = scenario.strategy;
  return place_variables(scenario.workload, scenario.workload.batch / strategy.data, strategy.servers, strategy.variables,
                         runtime_defaults(strategy.runtime).least_shard);
}

std::variant<StepPlan, Infeasible> lower_servers(const Scenario& scenario) {
  auto servers = lay_out_servers(scenario);
  if (auto* none = std::get_if<Infeasible>(&servers)) return std::move(*none);
  auto layout = lay_out(scenario);
  if (auto* none = std::get_if<Infeasible>(&layout)) return std::move(*none);
  auto model = local_model(scenario, std::get<Layout>(layout));
  if (auto* none = std::get_if<Infeasible>(&model)) return std::move(*none);
  const auto& workers = std::get<ServerLayout>(servers);
  const std::vector<ServedVariable> variables = served_variables(scenario);
  if (std::string reason = idle_server(variables, scenario.strategy.servers); !reason.empty()) return Infeasible{std::move(reason)};

  StepPlan plan;
  plan.memory = worker_memory(scenario, std::get<LocalModel>(model), std::get<Layout>(layout));
  if (std::string reason = memory_shortage(plan.memory, scenario.platform); !reason.empty()) return Infeasible{std::move(reason)};
  const StepMemory largest = largest_server(scenario, variables);
  if (std::string reason = server_shortage(scenario, plan.memory, largest, workers.node_workers); !reason.empty())
    return Infeasible{std::move(reason)};
  plan.step.count = run_steps(scenario).value_or(0);
  ServerStep(scenario, workers, std::get<Layout>(layout), std::get<LocalModel>(model), variables, plan).write();
  return plan;
}

}  // namespace forerun
