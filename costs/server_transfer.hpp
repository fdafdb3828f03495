#pragma once

#include "costs/collectives.hpp"
#include "costs/price.hpp"

namespace forerun {

constexpr bool is_server_transfer(Collective::Operation operation) {
  return operation == Collective::Operation::pull || operation == Collective::Operation::push;
}

/// What a server's message waits for beside its bytes: hops alpha and the time a collective takes anyway, as below, between nodes or
/// `inside` one. Between a worker and a server of the same rank nothing goes over a link, and nothing is waited for.
Seconds server_latency(Collective::Operation operation, const Platform& platform, bool inside);

/// The one phase of a pull or a push: an edge between the server and each of the others.
Phase server_phase(const Collective& collective);

/// A pull or a push of n bytes between a parameter server and each of w workers, alone on the platform:
///   T = hops alpha + max over the links of n x edges / capacity
/// the server's link carries n for each worker on another node, a worker's node n for each of its workers. hops: a pull is asked for and
/// answered, 2; a push is awaited, 1  [TensorFlow, core/distributed_runtime: the receiver asks, and asks ahead]. alpha = end-to-end latency
/// of the route, the one between nodes where any worker is on another node; every message is sent at once, so that latencies do not add up.
/// Throws MissingCapability where server and workers share a node whose link is not described.
OperationCost server_transfer_cost(const Collective& collective, const Communicator& communicator, const Platform& platform);

}  // namespace forerun
