#include "strategies/server_layout.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "io/format.hpp"

namespace forerun {
namespace {

void refuse_others(const Strategy& strategy) {
  if (strategy.tensor > 1 || strategy.pipeline > 1 || strategy.context > 1 || strategy.expert > 1 || strategy.filter > 1 ||
      strategy.channel > 1 || strategy.spatial.parts() > 1 || strategy.zero > 0)
    throw MissingCapability(
        "parameter servers serve data-parallel workers: servers together with tensor, pipeline, context, expert, filter, "
        "channel, spatial or zero is not modelled");
  if (strategy.offload != Offload::none)
    throw MissingCapability("the optimizer is the servers': offload together with servers is not modelled");
  if (strategy.node_reduction && (strategy.backup_workers > 0 || strategy.updates == Updates::asynchronous))
    throw MissingCapability("node-reduction together with backup-workers or sync=off is not modelled yet");
}

constexpr int ceil_divide(int a, int b) { return (a + b - 1) / b; }

/// Workers of one program: those beside a server have one more lane to run, so that each of their nodes is looked at alone.
void add_classes(const Strategy& strategy, int hosts, ServerLayout& layout) {
  const int d = layout.node_workers;
  for (int node = 0; node < hosts; ++node) layout.classes.push_back({{"host", node * d, 1, 1}, true});
  if (strategy.node_reduction) {
    if (layout.worker_nodes > hosts) layout.classes.push_back({{"worker", hosts * d, layout.worker_nodes - hosts, d}, true});
    for (int device = 1; device < d; ++device) layout.classes.push_back({{"device", device, layout.worker_nodes, d}, false});
    return;
  }
  if (layout.workers > hosts * d) layout.classes.push_back({{"worker", hosts * d, layout.workers - hosts * d, 1}, true});
  for (int node = 0; node < hosts; ++node)
    if (const int beside = std::min(layout.workers, (node + 1) * d) - node * d - 1; beside > 0)
      layout.classes.push_back({{"worker", node * d + 1, beside, 1}, true});
}

}  // namespace

std::variant<ServerLayout, Infeasible> lay_out_servers(const Scenario& scenario) {
  const Strategy& strategy = scenario.strategy;
  const Platform& platform = scenario.platform;
  refuse_others(strategy);
  if (platform.data) throw MissingCapability("platform.data-storage together with parameter servers is not modelled yet");
  if (scenario.run.checkpoints.interval)
    throw MissingCapability("run.checkpoint-interval together with parameter servers is not modelled yet");
  if (platform.loader_rate > 0) throw MissingCapability("platform.loader-rate together with parameter servers is not modelled yet");
  ServerLayout layout;
  layout.workers = strategy.data + strategy.backup_workers;
  layout.node_workers = std::min(layout.workers, platform.devices_per_node);
  layout.worker_nodes = ceil_divide(layout.workers, platform.devices_per_node);
  const bool own = strategy.server_nodes == ServerNodes::own;
  if (const int nodes = layout.worker_nodes + (own ? strategy.servers : 0); nodes > platform.nodes)
    return Infeasible{forerun::format("{} workers and {} servers need {} nodes, {} has {} (devices-per-node={}){}", layout.workers,
                                      strategy.servers, nodes, platform.name, platform.nodes, platform.devices_per_node,
                                      own ? "; server-nodes=shared puts servers beside workers" : "")};
  if (!own && strategy.servers > layout.worker_nodes)
    return Infeasible{
        forerun::format("{} servers on the {} nodes of the workers: at most one a node", strategy.servers, layout.worker_nodes)};
  if (strategy.node_reduction && layout.workers % layout.node_workers != 0)
    throw MissingCapability("node-reduction over nodes that workers do not fill alike is not modelled yet");
  for (int s = 0; s < strategy.servers; ++s)
    layout.server_ranks.push_back(own ? (layout.worker_nodes + s) * platform.devices_per_node : s * layout.node_workers);
  layout.ranks = own ? layout.server_ranks.back() + 1 : layout.workers;
  // One asynchronous worker stands for all: each goes its own way. The last one has no server on its node, if there is one without.
  if (strategy.updates == Updates::asynchronous) {
    const int worker = own ? 0 : layout.workers - 1;
    layout.classes.push_back({{"worker", worker, 1, 1}, true});
    layout.leader_ranks = {worker};
    return layout;
  }
  add_classes(strategy, own ? 0 : strategy.servers, layout);
  for (int rank = 0; rank < layout.workers; rank += strategy.node_reduction ? layout.node_workers : 1) layout.leader_ranks.push_back(rank);
  layout.leaders = static_cast<int>(layout.leader_ranks.size());
  return layout;
}

}  // namespace forerun
