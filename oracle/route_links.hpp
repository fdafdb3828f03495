#pragma once

#include <vector>

#include "costs/price.hpp"
#include "strategies/server_cycle.hpp"

namespace forerun::oracle {

/// What asynchronous updates ask of the links inside the network, between those of the nodes: over the routes between every worker and
/// every server (platforms/fabric.hpp). Of one switch, nothing. Where workers are on servers' nodes, so
/// that not all cross the nodes' links alike, of these links and of the devices' inside a node, too.
struct InnerLinks {
  /// One update's seconds of a link that others share.
  struct Crossing {
    int link = 0;
    Seconds busy;
    bool outward = true;  ///< from a server
  };
  std::vector<Seconds> loads;                  ///< by link, of one update of every worker
  std::vector<std::vector<Crossing>> workers;  ///< by worker, no link twice
  Seconds shared;  ///< what the messages of an update take at most, one after another, of their fair shares of these links

  [[nodiscard]] bool none() const { return loads.empty(); }
};
InnerLinks inner_links(const ServerCycle& cycle, const Platform& platform);

/// No more updates a second than this go over the links, where no worker makes one in less than `quickest`:
///   sum over links of max { sum x_w : x_w <= 1 / quickest, sum x_w d_w <= 1 }
/// x_w = updates a second of worker w, d_w = seconds of one of them on the link. Each worker counts at the busiest of its links, or, if
/// that is less, all of them at one link.
double most_updates_per_s(const InnerLinks& links, Seconds quickest);

/// Whether some worker has a server on its node.
bool beside_servers(const ServerCycle& cycle, const Platform& platform);

enum class OfWorkers { quickest, mean };

/// Lets pulls and pushes take what their bytes need alone over the slowest link of the route: of the worker nearest to each server, or the
/// mean of all. Changes nothing where one switch joins the nodes and servers have their own.
void follow_routes(const Scenario& scenario, const StepPlan& plan, OfWorkers which, std::vector<OperationCost>& costs);

/// The same of one worker, wherever servers are.
void follow_routes(const Scenario& scenario, const StepPlan& plan, int worker, std::vector<OperationCost>& costs);

}  // namespace forerun::oracle
