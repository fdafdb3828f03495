#pragma once

#include "core/plan.hpp"
#include "core/platform.hpp"
#include "costs/price.hpp"

namespace forerun {

/// The storage that a disk operation goes to, `data` or `checkpoints`. Throws MissingCapability where the platform describes none.
const Storage& storage_of(const DiskAccess& access, const Platform& platform);

/// The direction of it that the operation takes.
const Storage::Access& way_of(const DiskAccess& access, const Storage& storage);

/// Of its node's link, in that direction: what is read comes in.
BytesPerSecond node_rate(const DiskAccess& access, const Platform& platform);

/// What the connections of one rank take, as if the storage were theirs alone, from the first byte of all on: each opens a file, takes its
/// bytes and opens the next one, so that of the same connection neither hides behind the other:
///   (opens - first) x latency + max(bytes / (connections x bandwidth of one), requests / (connections x requests a second))
/// with bandwidth of one = the least of a connection's, the storage's and the node's link.
Seconds connection_time(const DiskAccess& access, const Platform& platform);

/// A disk operation alone on the platform, of all ranks that do it at once:
///   T = first x latency + max(connection_time, max over what is shared of demand / capacity),   first = 0 ahead, else min(1, opens)
/// where what is shared is, of a node's own disk (by the node that asks most), or of a file system or an object store (by all ranks),
///   bytes / bandwidth and requests / requests a second;
/// and on the way to a file system or an object store the node's link, bytes / node_rate(). These are the asymptotes
/// of a closed queueing network: what one connection takes at the least, and the busiest of what all share   [Denning & Buzen 1978].
/// One request alone thus takes max(1 / IOPS, bytes / bandwidth). Links inside the network are not crossed: storage stands at its core.
OperationCost disk_cost(const DiskAccess& access, const Platform& platform);

}  // namespace forerun
