#include "costs/disk_time.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace forerun {

const Storage& storage_of(const DiskAccess& access, const Platform& platform) {
  const bool reads = access.direction == DiskAccess::Direction::read;
  const std::optional<Storage>& storage = reads ? platform.data : platform.checkpoints;
  if (!storage)
    throw MissingCapability(
        platform.name + " says nothing of where " +
        (reads ? "samples lie: --set platform.data-storage=nfs" : "checkpoints go: --set platform.checkpoint-storage=nfs"));
  return *storage;
}

const Storage::Access& way_of(const DiskAccess& access, const Storage& storage) {
  return access.direction == DiskAccess::Direction::read ? storage.read : storage.write;
}

OperationCost disk_cost(const DiskAccess& access, const Platform& platform) {
  const Storage& storage = storage_of(access, platform);
  const Storage::Access& way = way_of(access, storage);
  const DiskAccess::Demand& demand = storage.is_own() ? access.node : access.all;
  OperationCost cost;
  cost.latency = access.opens * way.latency;
  const auto crosses = [&](Bytes bytes, BytesPerSecond capacity) {
    if (capacity > BytesPerSecond(0)) cost.drain = std::max(cost.drain, bytes / capacity);
  };
  crosses(demand.bytes, way.bandwidth);
  crosses(access.rank.bytes, access.connections * way.a_connection);
  if (!storage.is_own()) crosses(access.node.bytes, platform.inter_node_rate());
  if (way.requests_per_s > 0) cost.drain = std::max(cost.drain, Seconds(demand.requests / way.requests_per_s));
  return cost;
}

}  // namespace forerun
