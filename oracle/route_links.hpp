#pragma once

#include <vector>

#include "costs/price.hpp"
#include "strategies/server_cycle.hpp"

namespace forerun::oracle {

/// What asynchronous updates ask of the links that workers share on their routes to the servers (platforms/fabric.hpp): of those inside the
/// network, between the nodes' own; of one switch, nothing. Where servers are on workers' nodes, not all workers cross the nodes' links
/// alike, and these links are among them, as are those of the devices inside a node.
struct RouteLinks {
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
RouteLinks route_links(const ServerCycle& cycle, const Platform& platform);

/// No more updates a second than this go over the links, where no worker makes one in less than `quickest`:
///   sum over links of max { sum x_w : x_w <= 1 / quickest, sum x_w d_w <= 1 }
/// x_w = updates a second of worker w, d_w = seconds of one of them on the link. Each worker counts at the busiest of its links, or, if
/// that is less, all of them at one link.
double most_updates_per_s(const RouteLinks& links, Seconds quickest);

/// Whether servers are on workers' nodes.
bool beside_servers(const ServerCycle& cycle, const Platform& platform);

}  // namespace forerun::oracle
