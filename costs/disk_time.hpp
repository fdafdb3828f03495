#pragma once

#include "core/plan.hpp"
#include "core/platform.hpp"
#include "costs/price.hpp"

namespace forerun {

/// The storage that a disk operation goes to, `data` or `checkpoints`. Throws MissingCapability where the platform describes none.
const Storage& storage_of(const DiskAccess& access, const Platform& platform);

/// The direction of it that the operation takes.
const Storage::Access& way_of(const DiskAccess& access, const Storage& storage);

/// A disk operation alone on the platform, of all ranks that do it at once:
///   T = opens x latency + max over what it crosses of demand / capacity
/// where it crosses, of a node's own disk (by the node that asks most), or of a file system or an object store (by all ranks),
///   bytes / bandwidth and requests / requests a second;
/// of a rank bytes / (connections x bandwidth of one); and on the way to a file system or an object store the node's link into the network,
/// bytes / inter_node_rate(). One request alone thus takes max(1 / IOPS, bytes / bandwidth). Opening is not hidden behind reading of the
/// same connection, and links inside the network are not crossed: storage stands at its core.
OperationCost disk_cost(const DiskAccess& access, const Platform& platform);

}  // namespace forerun
