#include <algorithm>
#include <map>

#include "io/format.hpp"
#include "sim/jobs.hpp"

// Where jobs lie on the network that they share.
namespace forerun::sim {

namespace {

constexpr std::int64_t kMostNodes = 1 << 20;  // as many as a platform may have

/// Whether two files say the same, under whatever names they were found.
bool same_routes(const SharedRoutes& a, const SharedRoutes& b) {
  if (!a || !b) return !a && !b;
  return a->nodes == b->nodes && a->links == b->links && a->crossed == b->crossed && a->first == b->first;
}

bool one_network(const Platform& a, const Platform& b) {
  Topology mine = a.topology, its = b.topology;
  for (Topology* each : {&mine, &its}) {
    each->network_nodes = each->first_node = each->node_stride = 0;
    each->routes = {};
  }
  return mine == its && same_routes(a.topology.routes, b.topology.routes) && a.network_nodes() == b.network_nodes() &&
         a.inter_node.bandwidth == b.inter_node.bandwidth && a.ingress_rate() == b.ingress_rate() &&
         a.inter_node_share == b.inter_node_share;
}

/// Where node i of each job lies: `first` + i `stride` of so many nodes.
void place(Scenario& job, std::int64_t network_nodes, std::int64_t first, std::size_t stride) {
  Topology& topology = job.platform.topology;
  topology.network_nodes = static_cast<int>(network_nodes);
  topology.first_node = static_cast<int>(first);
  topology.node_stride = static_cast<int>(stride);
}

}  // namespace

std::string job_name(const Scenario& job, std::size_t index) {
  return forerun::format("job {} ({} on {} nodes)", index + 1, job.workload.name, job.platform.nodes);
}

bool has_place(const Platform& platform) {
  const Topology& topology = platform.topology;
  return topology.routes ? topology.first_node > 0 || topology.node_stride != 1 : topology.network_nodes > 0;
}

std::string place_jobs(std::vector<Scenario>& jobs, JobPlacement placement) {
  if (std::ranges::any_of(jobs, [](const Scenario& job) { return has_place(job.platform); })) return "";
  std::int64_t nodes = 0, most = 0;
  for (const Scenario& job : jobs) {
    if (job.platform.topology.kind == Topology::Kind::torus)
      return "a torus holds exactly its nodes: say with network-nodes, first-node and node-stride which of one torus each job has";
    nodes += job.platform.nodes;
    most = std::max<std::int64_t>(most, job.platform.nodes);
  }
  const bool packed = placement == JobPlacement::packed;
  const auto count = static_cast<std::int64_t>(jobs.size());
  const std::int64_t needed = packed ? nodes : most * count;
  // A file's network has the nodes that it has, one of ours as many as it takes.
  const Topology& first = jobs.front().platform.topology;
  const std::int64_t there = first.routes ? first.network_nodes : needed;
  if (needed > there)
    return forerun::format(
        "{} jobs {} take {} nodes, and {} has {}: give each fewer (platform.nodes), or say where it lies (platform.first-node)", count,
        packed ? "one after another" : "in turn", needed, first.routes->file, there);
  if (needed > kMostNodes)
    return forerun::format("{} jobs {} make a network of {} nodes, and one has at most {}{}", count,
                           packed ? "one after another" : "in turn", needed, kMostNodes,
                           packed || nodes > kMostNodes ? "" : ": place them packed");
  std::int64_t next = 0;
  for (Scenario& job : jobs) {
    place(job, there, next, packed ? 1 : jobs.size());
    next += packed ? job.platform.nodes : 1;
  }
  return "";
}

std::string find_conflict(std::span<const Scenario> jobs) {
  std::map<int, std::size_t> owners;
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    const Platform& platform = jobs[j].platform;
    if (!one_network(jobs.front().platform, platform))
      return job_name(jobs[j], j) + " has another network than " + job_name(jobs.front(), 0) +
             ": link-bandwidth, link-share, topology and the number of its nodes must be the same";
    for (int node = 0; node < platform.nodes; ++node)
      if (const auto [owner, free] = owners.try_emplace(platform.place_of(node), j); !free)
        return forerun::format("{} and {} both have node {} of the network", job_name(jobs[owner->second], owner->second),
                               job_name(jobs[j], j), owner->first);
  }
  return "";
}

}  // namespace forerun::sim
