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

BytesPerSecond node_rate(const DiskAccess& access, const Platform& platform) {
  return access.direction == DiskAccess::Direction::read ? platform.ingress_rate() : platform.inter_node_rate();
}

namespace {

/// Files that a connection opens before the first byte of the operation comes.
double first_opens(const DiskAccess& access) { return access.ahead ? 0 : std::min(1.0, access.opens); }

}  // namespace

Seconds connection_time(const DiskAccess& access, const Platform& platform) {
  const Storage& storage = storage_of(access, platform);
  const Storage::Access& way = way_of(access, storage);
  Seconds bytes, requests;
  for (const BytesPerSecond rate : {way.a_connection, way.bandwidth, storage.is_own() ? BytesPerSecond(0) : node_rate(access, platform)})
    if (rate > BytesPerSecond(0)) bytes = std::max(bytes, access.rank.bytes / (access.connections * rate));
  if (way.requests_per_s > 0) requests = Seconds(access.rank.requests / (access.connections * way.requests_per_s));
  return (access.opens - first_opens(access)) * way.latency + std::max(bytes, requests);
}

OperationCost disk_cost(const DiskAccess& access, const Platform& platform) {
  const Storage& storage = storage_of(access, platform);
  const Storage::Access& way = way_of(access, storage);
  const DiskAccess::Demand& demand = storage.is_own() ? access.node : access.all;
  OperationCost cost;
  cost.latency = first_opens(access) * way.latency;
  cost.drain = connection_time(access, platform);
  const auto crosses = [&](Bytes bytes, BytesPerSecond capacity) {
    if (capacity > BytesPerSecond(0)) cost.drain = std::max(cost.drain, bytes / capacity);
  };
  crosses(demand.bytes, way.bandwidth);
  if (!storage.is_own()) crosses(access.node.bytes, node_rate(access, platform));
  if (way.requests_per_s > 0) cost.drain = std::max(cost.drain, Seconds(demand.requests / way.requests_per_s));
  return cost;
}

}  // namespace forerun
