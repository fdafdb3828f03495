#include "workloads/chakra/lanes.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace forerun::chakra {
namespace {

constexpr std::size_t kMostLanes = 1 << 10;

}  // namespace

int Lanes::lane(const std::string& name, LaneKind kind) {
  const auto [known, added] = by_name_.emplace(name, static_cast<int>(plan_.lanes.size()));
  if (!added) return known->second;
  if (plan_.lanes.size() == kMostLanes)
    throw BadInput(Problem{.what = "has more streams and pairs of ranks that exchange messages than a plan has lanes"});
  plan_.lanes.push_back({names_.emplace_back(name), kind});
  return known->second;
}

int Lanes::of(const TraceNode& node) {
  if (node.kind == NodeKind::memory) return lane("storage", LaneKind::storage);
  if (node.on_host) return lane("host", LaneKind::host);
  return lane(node.stream == 0 ? "compute" : "stream " + std::to_string(node.stream), LaneKind::compute);
}

int Lanes::of(const Communicator& communicator, int number) {
  if (number >= static_cast<int>(lane_of_.size())) lane_of_.resize(number + 1, -1);
  if (lane_of_[number] >= 0) return lane_of_[number];
  const auto taken = [&](int rank_class, std::size_t lane) {
    return lane < communicators_of_[rank_class].size() && communicators_of_[rank_class][lane];
  };
  std::size_t free = 0;
  while (std::ranges::any_of(communicator.classes, [&](int rank_class) { return taken(rank_class, free); })) ++free;
  for (const int rank_class : communicator.classes) {
    std::vector<bool>& lanes = communicators_of_[rank_class];
    lanes.resize(std::max(lanes.size(), free + 1), false);
    lanes[free] = true;
  }
  return lane_of_[number] = lane(free == 0 ? "network" : "network " + std::to_string(free + 1), LaneKind::communication);
}

}  // namespace forerun::chakra
