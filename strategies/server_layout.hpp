#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/infeasible.hpp"
#include "core/plan.hpp"
#include "core/scenario.hpp"

namespace forerun {

/// Ranks of one program and what they are to the servers. Ranks of one node that sum their gradients are one worker, which its leader is.
struct WorkerClass {
  RankClass ranks;
  bool leads = true;  ///< it meets the servers
};

/// Which ranks are workers and where the servers run. Workers fill nodes from the first on. A server takes a node of its own after
/// theirs, whose first device it is; or it runs beside the first worker of node s and is a lane of its rank.
struct ServerLayout {
  int workers = 1;  ///< ranks that compute, backup workers included
  int worker_nodes = 1;
  int node_workers = 1;  ///< of a full node
  int leaders = 1;       ///< workers that meet the servers: all, or one a node
  int ranks = 1;         ///< of the plan; some may take no part
  std::vector<int> server_ranks;
  std::vector<WorkerClass> classes;  ///< the first has most to do
  std::vector<int> leader_ranks;
};

/// Infeasible: fewer nodes than workers and servers need. MissingCapability: servers with axes that split the network, with an offloaded
/// optimizer or with a rate of loading; backup workers or asynchronous updates together with sums inside nodes; nodes that workers fill
/// unevenly under such sums.
std::variant<ServerLayout, Infeasible> lay_out_servers(const Scenario& scenario);

}  // namespace forerun
