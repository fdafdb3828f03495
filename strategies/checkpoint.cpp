#include "strategies/checkpoint.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "costs/disk_time.hpp"
#include "costs/placement.hpp"
#include "strategies/plan_writer.hpp"

namespace forerun {
namespace {

/// What some ranks of each stage write one after another.
struct Part {
  std::vector<Bytes> bytes;  ///< by stage
  bool first_alone = false;  ///< of a data-parallel group
};

std::vector<Part> parts_of(std::span<const StageState> stages, int zero, int replicas) {
  const int shared = replicas > 1 ? zero : 0;
  Part alike{{}, true}, own{{}, false};
  for (const StageState& stage : stages) {
    const Bytes weights = shared >= 3 ? Bytes(0) : stage.weights;
    const Bytes optimizer = shared >= 1 ? Bytes(0) : stage.optimizer;
    alike.bytes.push_back(weights + optimizer);
    own.bytes.push_back((stage.weights - weights + stage.optimizer - optimizer) / static_cast<double>(replicas));
  }
  std::vector<Part> parts;
  for (Part& part : {std::ref(alike), std::ref(own)})
    if (std::ranges::any_of(part.bytes, [](Bytes bytes) { return bytes > Bytes(0); })) parts.push_back(std::move(part));
  return parts;
}

int data_communicator(const StepPlan& plan, int stage) {
  for (int c = 0; c < static_cast<int>(plan.communicators.size()); ++c)
    if (plan.communicators[c].name == "data" && plan.communicators[c].classes == std::vector{stage}) return c;
  return -1;
}

DiskAccess::Demand demand_of(Bytes bytes, const Storage& storage) {
  if (bytes == Bytes(0)) return {};
  return {bytes, storage.request > Bytes(0) ? std::ceil(bytes / storage.request) : 1.0};
}

DiskAccess::Demand operator+(const DiskAccess::Demand& a, const DiskAccess::Demand& b) {
  return {a.bytes + b.bytes, a.requests + b.requests};
}

/// The writes of a part, by stage.
std::vector<DiskAccess> writes_of(const Part& part, const StepPlan& plan, const Platform& platform) {
  std::vector<DiskAccess> writes(part.bytes.size());
  std::vector<DiskAccess::Demand> nodes(static_cast<std::size_t>(node_of(platform, plan.ranks - 1)) + 1);
  DiskAccess::Demand all;
  for (int stage = 0; stage < static_cast<int>(writes.size()); ++stage) {
    DiskAccess& write = writes[stage];
    write.direction = DiskAccess::Direction::write;
    write.rank = demand_of(part.bytes[stage], *platform.checkpoints);
    write.opens = write.rank.bytes > Bytes(0) ? 1 : 0;
    write.communicator = part.first_alone ? data_communicator(plan, stage) : -1;
    const auto count = [&](int rank) {
      DiskAccess::Demand& node = nodes[node_of(platform, rank)];
      node = node + write.rank, all = all + write.rank;
    };
    const RankClass& ranks = plan.classes[stage];
    if (write.communicator >= 0) {
      const Communicator& groups = plan.communicators[write.communicator];
      for (int group = 0; group < groups.groups; ++group) count(groups.rank(group, 0));
    } else {
      for (int i = 0; i < ranks.count; ++i) count(ranks.rank(i));
    }
  }
  const auto less = [](const auto& a, const auto& b) { return a.bytes < b.bytes; };
  for (DiskAccess& write : writes) write.node = *std::ranges::max_element(nodes, less), write.all = all;
  return writes;
}

/// Of a stage's operations on its compute lane; -1 for none.
int last_computed(const StepPlan& plan, int stage) {
  int last = -1;
  for (int i = 0; i < static_cast<int>(plan.operations.size()); ++i)
    if (plan.operations[i].lane == plan.compute_lane && plan.operations[i].rank_class == stage) last = i;
  return last;
}

/// Writes one stage's part of a checkpoint behind its steps.
class StageWriter {
 public:
  StageWriter(PlanWriter& writer, const Scenario& scenario, int stage, int lane, int first)
      : writer_(writer), scenario_(scenario), stage_(stage), lane_(lane), first_(first), last_(last_computed(writer.plan(), stage)) {}

  void write(const std::vector<std::vector<DiskAccess>>& parts) {
    const bool waits = scenario_.run.checkpoints.mode == CheckpointMode::synchronous;
    wait_for_weights();
    const int before = waits ? last_ : snapshot(parts);
    int last = before;
    for (const std::vector<DiskAccess>& part : parts) {
      writer_.wait_for(last);
      append(lane_, part[stage_], "write");
      last = writer_.last();
    }
    if (!waits) {
      writer_.wait_also(before, last, 1);
      return hold_next_step(before);
    }
    if (const int replicas = data_communicator(writer_.plan(), stage_); replicas >= 0) {
      writer_.wait_for(last);
      append(lane_, Collective{Collective::Operation::barrier, CollectiveAlgorithm::ring, replicas, Bytes(0)}, "written");
      last = writer_.last();
    }
    hold_next_step(last);
  }

 private:
  // The process that trains does nothing else meanwhile: each lane of the next step waits, but for a loader that is ahead.
  void hold_next_step(int until) {
    const StepPlan& plan = writer_.plan();
    std::vector<bool> held(plan.lanes.size());
    held[plan.operations[until].lane] = true;
    for (int i = 0; i < first_; ++i) {
      const Operation& operation = plan.operations[i];
      if (held[operation.lane] || !own(operation)) continue;
      held[operation.lane] = true;
      const LaneKind kind = plan.lanes[operation.lane].kind;
      const bool loads = kind == LaneKind::input || kind == LaneKind::storage;
      if (!loads || scenario_.input.prefetch == 0) writer_.wait_also(i, until, 1);
    }
  }

  // Transfers between stages go out of a body that waits.
  [[nodiscard]] bool own(const Operation& operation) const {
    const auto* transfer = std::get_if<Collective>(&operation.work);
    if (transfer == nullptr) return operation.rank_class == stage_;
    return writer_.plan().communicators[transfer->communicator].classes == std::vector{stage_};
  }

  // What the update is followed by gathers weights that are written, too.
  void wait_for_weights() {
    for (int i = last_ + 1; i < static_cast<int>(writer_.plan().operations.size()); ++i)
      if (const Operation& after = writer_.plan().operations[i];
          after.kind() == OperationKind::transfer && takes_part(writer_.plan(), after, stage_))
        writer_.wait_for(i);
  }

  int snapshot(const std::vector<std::vector<DiskAccess>>& parts) {
    Bytes bytes;
    for (const std::vector<DiskAccess>& part : parts) bytes += part[stage_].rank.bytes;
    const BytesPerSecond link = scenario_.platform.host_link;
    append(writer_.plan().compute_lane, Delay{link > BytesPerSecond(0) ? bytes / link : Seconds(0)}, "snapshot");
    return writer_.last();
  }

  template <class Work>
  void append(int lane, const Work& work, std::string_view name) {
    Operation operation;
    operation.rank_class = stage_;
    operation.lane = lane;
    operation.work = work;
    writer_.append(operation, name, -1);
  }

  PlanWriter& writer_;
  const Scenario& scenario_;
  int stage_;
  int lane_;
  int first_;  ///< of the checkpoint's operations, of all stages
  int last_;   ///< of the stage's steps on its compute lane
};

}  // namespace

StepPlan with_checkpoint(const StepPlan& plan, const Scenario& scenario, std::span<const StageState> stages, int replicas,
                         std::int64_t steps) {
  StepPlan out = plan;
  Repeat all;
  all.count = steps;
  all.body = std::move(out.step.body);
  all.buffers = std::move(out.step.buffers);
  out.step = Repeat{0, {}, {}};
  out.step.body.emplace_back(std::move(all));
  out.lanes.push_back({"checkpoint", LaneKind::storage});
  std::vector<std::vector<DiskAccess>> parts;
  for (const Part& part : parts_of(stages, scenario.strategy.zero, replicas)) parts.push_back(writes_of(part, out, scenario.platform));
  PlanWriter writer(out);
  for (int stage = 0; stage < static_cast<int>(stages.size()); ++stage)
    StageWriter(writer, scenario, stage, static_cast<int>(out.lanes.size()) - 1, static_cast<int>(plan.operations.size())).write(parts);
  return out;
}

CheckpointTimes checkpoint_alone(const StepPlan& plan, std::size_t first, const Platform& platform) {
  CheckpointTimes times;
  std::vector<Seconds> stages(plan.classes.size());
  Bytes counted;
  for (std::size_t i = first; i < plan.operations.size(); ++i) {
    const auto* write = std::get_if<DiskAccess>(&plan.operations[i].work);
    if (write == nullptr) continue;
    Seconds& stage = stages[plan.operations[i].rank_class];
    stage += disk_cost(*write, platform).duration();
    times.write = std::max(times.write, stage);
    if (plan.operations[i].rank_class == 0) counted += write->all.bytes;
  }
  times.bytes = counted;
  return times;
}

}  // namespace forerun
