#include "oracle/asynchronous.hpp"

#include <algorithm>
#include <array>

#include "oracle/worker_queues.hpp"

namespace forerun::oracle {

Seconds ServerLoad::busiest() const { return std::max({outward, inward, updating, node / static_cast<double>(nodes)}); }

namespace {

/// Of workers that all cross their node's link and the servers'.
void load_links(const ServerCycle& cycle, const Platform& platform, ServerLoad& load) {
  std::vector<Seconds> out(cycle.servers.size());
  std::vector<Seconds> in(cycle.servers.size());
  Seconds node_out;
  Seconds node_in;
  const auto taken_in = [&](const ServerCycle::Message& message) { return message.drain / platform.ingress_speed(); };
  for (const ServerCycle::Message& pull : cycle.pulls) out[static_cast<std::size_t>(pull.server)] += pull.drain, node_in += taken_in(pull);
  for (const ServerCycle::Message& push : cycle.pushes) in[static_cast<std::size_t>(push.server)] += taken_in(push), node_out += push.drain;
  load.outward = *std::ranges::max_element(out);
  load.inward = *std::ranges::max_element(in);
  if (load.workers > load.nodes) load.node = std::max(node_in, node_out);
}

}  // namespace

ServerLoad server_load(const ServerCycle& cycle, const Platform& platform, Seconds alone, Seconds quickest) {
  ServerLoad load;
  load.workers = static_cast<int>(cycle.workers.size());
  load.cycle = alone;
  load.quickest = quickest;
  load.nodes = node_of(platform, cycle.workers.back()) + 1;
  load.node_workers = platform.devices_per_node;
  load.links = route_links(cycle, platform);
  if (!beside_servers(cycle, platform)) load_links(cycle, platform, load);
  std::vector<Seconds> update(cycle.servers.size());
  for (const ServerCycle::Message& push : cycle.pushes) update[static_cast<std::size_t>(push.server)] += push.accumulating + push.updating;
  load.updating = *std::ranges::max_element(update);
  return load;
}

RateBounds rate_bounds(const ServerLoad& load) {
  const double workers = load.workers;
  RateBounds bounds;
  bounds.least_per_s = workers / (load.cycle + (workers - 1) * load.total() + load.links.shared).value();
  bounds.most_per_s = workers / load.quickest.value();
  if (!load.links.none()) bounds.most_per_s = std::min(bounds.most_per_s, most_updates_per_s(load.links, load.quickest));
  if (load.busiest() > Seconds(0)) bounds.most_per_s = std::min(bounds.most_per_s, 1 / load.busiest().value());
  return bounds;
}

namespace {

/// Of workers that are all alike.
QueuedRate rate_of_alike(const ServerLoad& load) {
  const std::array<double, 4> demands{load.outward.value(), load.inward.value(), load.node.value() / load.nodes, load.updating.value()};
  double together = 0;
  for (const double demand : demands) together += demand;
  const double apart = std::max(0.0, load.cycle.value() - together);
  std::array<double, 4> queues{};
  std::array<double, 4> stays{};
  double rate = 0;
  for (int workers = 1; workers <= load.workers; ++workers) {
    double cycle = apart;
    for (std::size_t k = 0; k < demands.size(); ++k) cycle += stays[k] = demands[k] * (1 + queues[k]);
    rate = workers / cycle;
    for (std::size_t k = 0; k < demands.size(); ++k) queues[k] = rate * stays[k];
  }
  return {rate, stays[0] + stays[1] + stays[2] - demands[0] - demands[1] - demands[2], stays[3] - demands[3]};
}

}  // namespace

AsynchronousRate asynchronous_rate(const ServerLoad& load) {
  const QueuedRate queued = load.links.none() && load.cycles.empty() ? rate_of_alike(load) : rate_of_routes(load);
  const RateBounds bounds = rate_bounds(load);
  const double rate = std::clamp(queued.updates_per_s, bounds.least_per_s, bounds.most_per_s);
  const double waited = load.workers / rate - load.cycle.value();
  const double all = queued.for_links_s + queued.for_updates_s;
  const double share = all > 0 && waited > 0 ? queued.for_links_s / all : 1;
  return {rate, Seconds(waited * share), Seconds(waited * (1 - share))};
}

Evaluation asynchronous_step(const ServerLoad& load, const AsynchronousRate& rate, const Evaluation& alone) {
  Evaluation step = alone;
  step.parts.comm_exposed += load.cycle - alone.step + rate.queued_for_links;
  step.parts.bubble += rate.queued_for_updates;
  step.step = step.parts.total();
  return step;
}

}  // namespace forerun::oracle
