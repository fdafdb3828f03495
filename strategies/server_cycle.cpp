#include "strategies/server_cycle.hpp"

#include <algorithm>
#include <cassert>

#include "core/error.hpp"
#include "costs/placement.hpp"
#include "costs/server_transfer.hpp"

namespace forerun {
namespace {

using Kind = Collective::Operation;

/// Of a message between a server and one worker, alone.
Seconds drain_of(const Platform& platform, int server, int worker, Bytes bytes) {
  if (server == worker) return Seconds(0);
  if (node_of(platform, server) != node_of(platform, worker)) return bytes / platform.inter_node_rate();
  return platform.intra_node.bandwidth > BytesPerSecond(0) ? bytes / platform.intra_node_rate() : Seconds(0);
}

/// What a calibration measures of servers inside a node is of workers that come together.
void require_link(const Platform& platform, int server, const std::vector<int>& workers) {
  const auto crosses = [&](int worker) { return worker != server && node_of(platform, worker) == node_of(platform, server); };
  if (platform.intra_node.bandwidth == BytesPerSecond(0) && std::ranges::any_of(workers, crosses))
    throw MissingCapability(
        "no calibration measures workers that meet by chance at a server inside a node; describe the link there: "
        "--set platform.intra-node-bandwidth=... and -latency=...");
}

class CycleReader {
 public:
  CycleReader(const Scenario& scenario, const StepPlan& plan, std::span<const OperationCost> costs)
      : scenario_(scenario), plan_(plan), costs_(costs), tree_(index_tree(plan)), entry_of_(plan.operations.size(), -1) {}

  ServerCycle read() {
    const Strategy& strategy = scenario_.strategy;
    for (int worker = 0; worker < strategy.data + strategy.backup_workers; ++worker) cycle_.workers.push_back(worker);
    if (strategy.updates == Updates::synchronous) cycle_.needed = strategy.data;
    for (int i = 0; i < static_cast<int>(plan_.operations.size()); ++i) operation(i);
    return std::move(cycle_);
  }

 private:
  void operation(int index) {
    const Operation& operation = plan_.operations[static_cast<std::size_t>(index)];
    if (const auto* collective = std::get_if<Collective>(&operation.work)) return transfer(index, *collective);
    if (operation.lane != plan_.compute_lane) return serve(index);
    if (operation.rank_class != plan_.compute_class) return;
    const auto times = static_cast<std::int64_t>(times_in_step(tree_, static_cast<std::size_t>(index)));
    entry_of_[static_cast<std::size_t>(index)] = static_cast<int>(cycle_.computes.size());
    cycle_.computes.push_back({index, times, duration(index)});
  }

  void transfer(int index, const Collective& collective) {
    if (collective.operation == Kind::barrier) return;
    const Communicator& star = plan_.communicators[static_cast<std::size_t>(collective.communicator)];
    const int server = star.members.front();
    require_link(scenario_.platform, server, cycle_.workers);
    const Operation& operation = plan_.operations[static_cast<std::size_t>(index)];
    if (operation.name == "token") {
      cycle_.token = latency_of(collective);
      if (place(star, scenario_.platform).nodes > 1) cycle_.token.between = duration(index);
      return;
    }
    ServerCycle::Message message;
    if (collective.operation == Kind::pull) {
      message.server = static_cast<int>(cycle_.servers.size());
      cycle_.servers.push_back(server);
    } else {
      message.server = static_cast<int>(std::ranges::find(cycle_.servers, server) - cycle_.servers.begin());
      for (int d = 0; d < operation.dependency_count; ++d) {
        const int named = plan_.dependencies[static_cast<std::size_t>(operation.first_dependency + d)].operation;
        message.after = std::max(message.after, entry_of_[static_cast<std::size_t>(named)]);
      }
    }
    message.bytes = collective.bytes;
    message.latency = latency_of(collective);
    // A worker beside no server, where there is one.
    message.drain = drain_of(scenario_.platform, server, cycle_.workers.back(), collective.bytes);
    (collective.operation == Kind::pull ? cycle_.pulls : cycle_.pushes).push_back(message);
  }

  void serve(int index) {
    assert(!cycle_.pushes.empty());
    ServerCycle::Message& push = cycle_.pushes.back();
    if (plan_.operations[static_cast<std::size_t>(index)].name == "accumulate") {
      push.accumulate = index;
      push.accumulating = duration(index) / static_cast<double>(cycle_.needed);
    } else {
      push.update = index;
      push.updating = duration(index);
    }
  }

  [[nodiscard]] ServerCycle::Latency latency_of(const Collective& collective) const {
    return {server_latency(collective.operation, scenario_.platform, false),
            server_latency(collective.operation, scenario_.platform, true)};
  }

  [[nodiscard]] Seconds duration(int index) const { return costs_[static_cast<std::size_t>(index)].duration(); }

  const Scenario& scenario_;
  const StepPlan& plan_;
  std::span<const OperationCost> costs_;
  TreeIndex tree_;
  std::vector<int> entry_of_;  ///< by operation, its entry of `computes`; -1 for none
  ServerCycle cycle_;
};

}  // namespace

Seconds ServerCycle::compute() const {
  Seconds sum;
  for (const Compute& compute : computes) sum += static_cast<double>(compute.times) * compute.duration;
  return sum;
}

Seconds ServerCycle::alone() const {
  std::vector<Seconds> out(servers.size());
  std::vector<Seconds> in(servers.size());
  for (const Message& pull : pulls) out[static_cast<std::size_t>(pull.server)] += pull.latency.between + pull.drain;
  for (const Message& push : pushes) in[static_cast<std::size_t>(push.server)] += push.latency.between + push.drain;
  return *std::ranges::max_element(out) + compute() + *std::ranges::max_element(in) + token.between;
}

ServerCycle server_cycle(const Scenario& scenario, const StepPlan& plan, std::span<const OperationCost> costs) {
  return CycleReader(scenario, plan, costs).read();
}

}  // namespace forerun
