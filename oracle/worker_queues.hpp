#pragma once

namespace forerun::oracle {

struct ServerLoad;

/// A rate of updates and what of an update's cycle is spent in queues, behind other workers.
struct QueuedRate {
  double updates_per_s = 0;
  double for_links_s = 0;
  double for_updates_s = 0;
};

/// The rate of workers whose routes to the servers differ, by approximate mean value analysis of a closed network of as many classes as
/// workers:
///   R_wk = d_wk / (1 - U_k) (1 + sum over v != w of Q_vk),   X_w = 1 / (Z + sum_k R_wk),   Q_wk = X_w R_wk    [Schweitzer 1979; Bard 1979]
/// d_wk = what an update of worker w asks of queue k [s]. A worker meets three queues: the busiest server's device, and one for each
/// direction, the link that has most to carry of all that it crosses: the server's, its own node's or one inside the network. The others it
/// crosses without waiting, and takes X_w d_wk of them: U_k, their sum, slows those that wait there as work of higher priority would
/// [Sevcik 1977]; a fair share is left to them at least. Z = T less the mean of the demands; where servers are on workers' nodes, each
/// worker's own.
QueuedRate rate_of_routes(const ServerLoad& load);

}  // namespace forerun::oracle
