#include "oracle/server_routes.hpp"

#include <algorithm>

#include "costs/placement.hpp"
#include "costs/server_transfer.hpp"

namespace forerun::oracle {

bool routes_differ(const Scenario& scenario) {
  return scenario.platform.topology.kind != Topology::Kind::star || scenario.strategy.server_nodes == ServerNodes::shared;
}

std::vector<std::int64_t> route_between(const Fabric& fabric, const Platform& platform, int from, int to) {
  std::vector<std::int64_t> route;
  const int from_node = node_of(platform, from), to_node = node_of(platform, to);
  if (from_node != to_node) fabric.route(platform.place_of(from_node), platform.place_of(to_node), route);
  return route;
}

ServerRoutes::ServerRoutes(const Scenario& scenario, const StepPlan& plan)
    : platform_(scenario.platform), fabric_(scenario.platform), workers_(scenario.strategy.data + scenario.strategy.backup_workers) {
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const auto* transfer = std::get_if<Collective>(&plan.operations[i].work);
    if (transfer == nullptr || !is_server_transfer(transfer->operation)) continue;
    const End end{transfer->operation, plan.communicators[static_cast<std::size_t>(transfer->communicator)].members.front()};
    const auto known = std::ranges::find(ends_, end);
    transfers_.push_back({i, static_cast<std::size_t>(known - ends_.begin()), transfer->bytes});
    if (known == ends_.end()) ends_.push_back(end);
  }
}

ServerRoutes::Time ServerRoutes::time(const End& end, int worker) const {
  if (worker == end.server) return {};
  const bool inside = node_of(platform_, worker) == node_of(platform_, end.server);
  Time time{server_latency(end.operation, platform_, inside).value(), 0};
  if (inside) {
    if (platform_.intra_node.bandwidth > BytesPerSecond(0)) time.byte_s = 1 / platform_.intra_node_rate().value();
    return time;
  }
  const bool outward = end.operation == Collective::Operation::pull;
  time.byte_s = 1 / platform_.inter_node_rate().value();
  for (const std::int64_t link : route_between(fabric_, platform_, outward ? end.server : worker, outward ? worker : end.server))
    time.byte_s = std::max(time.byte_s, 1 / fabric_.bandwidth(link).value());
  return time;
}

ServerRoutes::Times ServerRoutes::of(int worker) const {
  Times times;
  for (const End& end : ends_) times.push_back(time(end, worker));
  return times;
}

ServerRoutes::Times ServerRoutes::mean() const {
  Times sums(ends_.size());
  for (int worker = 0; worker < workers_; ++worker)
    for (std::size_t e = 0; e < ends_.size(); ++e) {
      const Time one = time(ends_[e], worker);
      sums[e].latency_s += one.latency_s / workers_, sums[e].byte_s += one.byte_s / workers_;
    }
  return sums;
}

ServerRoutes::Times ServerRoutes::shortest() const {
  Times least = of(0);
  for (int worker = 1; worker < workers_; ++worker)
    for (std::size_t e = 0; e < ends_.size(); ++e) {
      const Time one = time(ends_[e], worker);
      least[e] = {std::min(least[e].latency_s, one.latency_s), std::min(least[e].byte_s, one.byte_s)};
    }
  return least;
}

void ServerRoutes::set(const Times& times, std::vector<OperationCost>& costs) const {
  for (const Transfer& transfer : transfers_) {
    const Time& time = times[transfer.end];
    costs[transfer.operation].latency = Seconds(time.latency_s);
    costs[transfer.operation].drain = time.byte_s * transfer.bytes.value() * Seconds(1);
  }
}

}  // namespace forerun::oracle
