#include "sim/link_use.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "costs/placement.hpp"
#include "costs/transfer_time.hpp"

namespace forerun::sim {

namespace {

struct Carried {
  int node = 0;
  double sent_bytes = 0;
  double received_bytes = 0;
};

class Accountant {
 public:
  Accountant(const StepPlan& plan, const std::vector<OperationCost>& costs, const Platform& platform, double end_s, int parts)
      : plan_(plan), costs_(costs), platform_(platform), part_s_(end_s / parts), parts_(parts) {
    const int nodes = node_of(platform, plan.ranks - 1) + 1;
    const std::vector<double> nothing(parts, 0.0);
    uses_.assign(nodes, {nothing, nothing});
  }

  void add(int operation, int group, double start_s, double finish_s) {
    for (const Carried& each : carried(operation, group)) {
      spread(each.sent_bytes, start_s, finish_s, uses_[each.node].sends_bytes_per_s);
      spread(each.received_bytes, start_s, finish_s, uses_[each.node].receives_bytes_per_s);
    }
  }

  std::vector<LinkUse> take() { return std::move(uses_); }

 private:
  const std::vector<Carried>& carried(int operation, int group) {
    const auto [found, fresh] = known_.try_emplace({operation, group});
    if (!fresh) return found->second;
    const auto& collective = std::get<Collective>(plan_.operations[operation].work);
    const Communicator& communicator = plan_.communicators[collective.communicator];
    std::map<int, Carried> by_node;
    for (const PlayedPhase& played : played_phases(costs_[operation], collective, communicator, platform_)) {
      std::vector<Edge> edges;
      edges_of(played.phase, communicator, group, platform_, edges);
      for (const Edge& edge : edges) {
        const int from = node_of(platform_, edge.from), to = node_of(platform_, edge.to);
        if (from == to) continue;
        by_node[from].sent_bytes += edge.weight * played.between.value();
        by_node[to].received_bytes += edge.weight * played.between.value();
      }
    }
    for (auto& [node, each] : by_node) each.node = node, found->second.push_back(each);
    return found->second;
  }

  void spread(double bytes, double start_s, double finish_s, std::vector<double>& into) const {
    if (bytes <= 0 || finish_s <= start_s) return;
    const double rate = bytes / (finish_s - start_s);
    const int last = std::min(parts_ - 1, static_cast<int>(finish_s / part_s_));
    for (int part = std::min(parts_ - 1, static_cast<int>(start_s / part_s_)); part <= last; ++part) {
      const double here_s = std::min(finish_s, (part + 1) * part_s_) - std::max(start_s, part * part_s_);
      into[part] += rate * std::max(0.0, here_s) / part_s_;
    }
  }

  const StepPlan& plan_;
  const std::vector<OperationCost>& costs_;
  const Platform& platform_;
  double part_s_;
  int parts_;
  std::vector<LinkUse> uses_;
  std::map<std::pair<int, int>, std::vector<Carried>> known_;
};

}  // namespace

std::vector<LinkUse> link_use(const StepPlan& plan, const Program& program, const std::vector<OperationCost>& costs,
                              const Platform& platform, const Played& played, int parts) {
  Accountant accountant(plan, costs, platform, played.makespan.value(), parts);
  for (const PlayedInstance& logged : played.log) {
    const auto* collective = std::get_if<Collective>(&plan.operations[logged.operation].work);
    if (collective == nullptr) continue;
    const int group = program.group_of[collective->communicator * program.ranks + logged.rank];
    if (plan.communicators[collective->communicator].rank(group, 0) != logged.rank) continue;  // every member has logged it
    accountant.add(logged.operation, group, logged.start.value(), logged.finish.value());
  }
  return accountant.take();
}

}  // namespace forerun::sim
