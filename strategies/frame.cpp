#include "strategies/frame.hpp"

#include <algorithm>

namespace forerun {

Frame::Frame(const Scenario& scenario, const Layout& layout, StepPlan& plan)
    : layout_(layout), plan_(plan), algorithm_(scenario.strategy.collective) {
  plan.ranks = layout.ranks;
  const int compute = lane("compute");
  plan.lanes[compute].kind = LaneKind::compute;
  plan.compute_lane = compute;
  const int tensor = layout.split > 1 ? lane("tensor") : -1;
  const int data = scenario.strategy.data * scenario.strategy.context;
  if (data > 1) data_lane_ = lane("data");
  for (int s = 0; s < layout.stages; ++s) {
    plan.classes.push_back({layout.stages > 1 ? "stage" : "rank", s * layout.stage_ranks, layout.stage_ranks, 1});
    StageContext& stage = stages_.emplace_back();
    stage.rank_class = s;
    stage.compute_lane = compute;
    stage.tensor_lane = tensor;
    if (tensor >= 0) stage.tensor_communicator = add(layout.groups("tensor", layout.split, layout.split_stride, s));
    if (data > 1) data_communicators_.push_back(add(layout.groups("data", data, layout.data_stride, s)));
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
