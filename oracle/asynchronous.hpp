#pragma once

#include <vector>

#include "oracle/evaluate.hpp"
#include "oracle/route_links.hpp"
#include "strategies/server_cycle.hpp"

namespace forerun::oracle {

/// What bounds the rate of asynchronous updates.
struct ServerLoad {
  int workers = 1;              ///< P
  Seconds cycle;                ///< T, of a worker alone with the servers, the mean of all workers
  std::vector<Seconds> cycles;  ///< the same by worker where servers are on workers' nodes; none otherwise
  Seconds quickest;             ///< the same where servers do not share the worker's link, of the best route: no cycle is shorter
  Seconds outward;              ///< an update's seconds of the busiest server's link to the workers
  Seconds inward;               ///< and back
  Seconds updating;             ///< of the busiest server's device
  Seconds node;                 ///< of the link of a node that several workers share, the busier direction; zero where none do
  int nodes = 1;                ///< with workers
  int node_workers = 1;         ///< of a full node
  RouteLinks links;             ///< N = links.shared; where servers are on workers' nodes, in the place of outward, inward and node

  /// S: all that an update keeps others waiting for.
  [[nodiscard]] Seconds total() const { return outward + inward + updating + node; }
  /// D: the busiest of all.
  [[nodiscard]] Seconds busiest() const;
};
ServerLoad server_load(const ServerCycle& cycle, const Platform& platform, Seconds alone, Seconds quickest);

/// Updates a second, P / (T + (P - 1) S + N) <= rate <= min(P / T, 1 / D, L), the latter of the quickest cycle  [the asymptotic bounds of
/// closed queueing networks, Lazowska et al. 1984, Quantitative System Performance, sec. 5.2, 5.3]. L = most_updates_per_s() of the links
/// on the routes; N = what an update's messages take of their fair shares of these, which max-min fairness leaves each flow at least. Over
/// one switch they are zero and none, unless servers are on workers' nodes.
struct RateBounds {
  double least_per_s = 0;
  double most_per_s = 0;
};
RateBounds rate_bounds(const ServerLoad& load);

/// The rate, by mean value analysis of a closed network: P workers, T - S of a cycle apart, queues for the busiest server's two directions
/// and its device and for a node's link [Reiser & Lavenberg 1980]. A worker meets a queue as it is on average with one worker less:
///   R_k = D_k (1 + Q_k(P - 1)),   X = P / (Z + sum R_k),   Q_k = X R_k
/// Exact where service times are exponential, slow where they are all alike; held to the bounds. With P = 1 it is 1 / T.
/// Where links inside the network are shared, or servers are beside workers, routes differ, and each worker is a class of its own
/// (oracle/worker_queues.hpp).
struct AsynchronousRate {
  double updates_per_s = 0;
  Seconds queued_for_links;    ///< of a worker's cycle, beyond what it takes alone; below zero where workers beside servers run ahead
  Seconds queued_for_updates;  ///< the same behind other workers' updates
};
AsynchronousRate asynchronous_rate(const ServerLoad& load);

/// A step of the whole batch, which is as many updates as workers: P / rate, from the evaluation of the plan of one cycle. Waiting for
/// links is exposed communication, waiting for other workers' updates is bubble.
Evaluation asynchronous_step(const ServerLoad& load, const AsynchronousRate& rate, const Evaluation& alone);

}  // namespace forerun::oracle
