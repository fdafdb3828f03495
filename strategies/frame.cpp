#include "strategies/frame.hpp"

#include <algorithm>

namespace forerun {
namespace {

/// What the ranks that share a layer are called by.
std::string_view split_name(const Strategy& strategy) {
  if (strategy.filter > 1) return "filter";
  if (strategy.channel > 1) return "channel";
  return strategy.spatial.parts() > 1 ? "spatial" : "tensor";
}

/// The same groups from the last member to the first.
Communicator reversed(Communicator groups) {
  groups.first += (groups.size - 1) * groups.member_stride;
  groups.member_stride = -groups.member_stride;
  return groups;
}

}  // namespace

Frame::Frame(const Scenario& scenario, const Layout& layout, StepPlan& plan)
    : layout_(layout), plan_(plan), algorithm_(scenario.strategy.collective) {
  plan.ranks = layout.ranks;
  const int compute = lane("compute");
  plan.lanes[compute].kind = LaneKind::compute;
  plan.compute_lane = compute;
  const Strategy& strategy = scenario.strategy;
  const auto exchanging = [&](int degree, std::string_view name) { return degree > 1 ? lane(name) : -1; };
  const std::string_view split = split_name(strategy);
  const int tensor = exchanging(layout.split, split);
  const int context = exchanging(strategy.context, "context");
  const int expert = exchanging(strategy.expert, "expert");
  const int data = layout.replicas;
  if (data > 1) data_lane_ = lane("data");
  for (int s = 0; s < layout.stages; ++s) {
    plan.classes.push_back({layout.stages > 1 ? "stage" : "rank", s * layout.stage_ranks, layout.stage_ranks, 1});
    StageContext& stage = stages_.emplace_back();
    stage.rank_class = s;
    stage.compute_lane = compute;
    const auto join = [&](Axis axis, int lane, std::string_view name, int size, int stride) {
      if (lane < 0) return;
      stage.lanes[static_cast<std::size_t>(axis)] = lane;
      stage.communicators[static_cast<std::size_t>(axis)] = add(layout.groups(name, size, stride, s));
    };
    join(Axis::tensor, tensor, split, layout.split, layout.split_stride);
    const SpatialGrid& grid = strategy.spatial;
    const auto neighbours = [&](std::size_t toward, std::string_view there, std::string_view back, int parts, int stride) {
      if (parts == 1) return;
      stage.neighbours[toward] = add(layout.groups(there, parts, stride, s));
      stage.neighbours[toward + 1] = add(reversed(layout.groups(back, parts, stride, s)));
    };
    neighbours(0, "down", "up", grid.height, layout.split_stride * grid.width);
    neighbours(2, "right", "left", grid.width, layout.split_stride);
    join(Axis::context, context, "context", strategy.context, layout.context_stride);
    join(Axis::expert, expert, "expert", strategy.expert, layout.replica_stride);
    if (data > 1) data_communicators_.push_back(add(layout.groups("data", data, layout.replica_stride, s)));
    const int copies = data / strategy.expert;
    if (expert >= 0 && copies > 1)
      expert_communicators_.push_back(add(layout.groups("expert-data", copies, layout.replica_stride * strategy.expert, s)));
  }
}

int Frame::lane(std::string_view name) {
  plan_.lanes.push_back({name, LaneKind::communication});
  return static_cast<int>(plan_.lanes.size()) - 1;
}

int Frame::add(Communicator communicator) {
  plan_.communicators.push_back(std::move(communicator));
  return static_cast<int>(plan_.communicators.size()) - 1;
}

Operation Frame::over_data(Collective::Operation operation, Bytes bytes, int stage) const {
  Operation transfer;
  transfer.rank_class = stage;
  transfer.lane = data_lane_;
  transfer.work = Collective{operation, algorithm_, data_communicators_[stage], bytes};
  return transfer;
}

Operation Frame::over_expert_copies(Collective::Operation operation, Bytes bytes, int stage) const {
  Operation transfer = over_data(operation, bytes, stage);
  std::get<Collective>(transfer.work).communicator = expert_communicators_[stage];
  return transfer;
}

Operation Frame::send(int from, int to, Bytes bytes) {
  const auto known = std::ranges::find_if(sends_, [&](const auto& entry) { return entry[0] == from && entry[1] == to; });
  std::array<int, 4> entry{from, to, -1, -1};
  if (known != sends_.end()) {
    entry = *known;
  } else {
    entry[2] = lane(to > from ? "forward" : "backward");
    entry[3] = add(layout_.pairs(to > from ? "forward" : "backward", from, to));
    sends_.push_back(entry);
  }
  Operation transfer;
  transfer.rank_class = from;
  transfer.lane = entry[2];
  transfer.work = Collective{Collective::Operation::send, CollectiveAlgorithm::ring, entry[3], bytes};
  return transfer;
}

Operation Frame::sum_of_pair(int from, int to, Bytes bytes) {
  Operation transfer;
  transfer.rank_class = from;
  transfer.lane = lane("embedding");
  transfer.work = Collective{Collective::Operation::all_reduce, algorithm_, add(layout_.pairs("embedding", from, to)), bytes};
  return transfer;
}

}  // namespace forerun
