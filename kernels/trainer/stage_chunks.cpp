#include "kernels/trainer/stage_chunks.hpp"

#include <algorithm>

#include "core/pipeline_order.hpp"

namespace forerun {

namespace {

const Pipeline* pipeline_of(const StepPlan& plan) {
  for (const Node& node : plan.step.body)
    if (const auto* pipeline = std::get_if<Pipeline>(&node)) return pipeline;
  return nullptr;
}

/// The first layer that a body computes; `otherwise` where it computes none.
int first_layer(const StepPlan& plan, const std::vector<Node>& body, int otherwise) {
  int first = otherwise;
  for (const Node& node : body) {
    if (const auto* repeat = std::get_if<Repeat>(&node)) first = std::min(first, first_layer(plan, repeat->body, otherwise));
    const int* index = std::get_if<int>(&node);
    if (index != nullptr && plan.operations[static_cast<std::size_t>(*index)].kind() == OperationKind::compute)
      first = std::min(first, plan.operations[static_cast<std::size_t>(*index)].layer);
  }
  return first;
}

/// Whether the ranks of a class run layers, and do not only serve variables.
bool computes(const StepPlan& plan, int rank_class) {
  return std::ranges::any_of(plan.operations, [rank_class](const Operation& operation) {
    return operation.rank_class == rank_class && operation.layer >= 0 && operation.kind() == OperationKind::compute;
  });
}

/// Micro-batches of a chunk that have begun and are not over, at most.
int most_under_way(const Pipeline& pipeline, int chunk) {
  const StageBody ends = pipeline.chunks[static_cast<std::size_t>(chunk)].weight.empty() ? StageBody::backward : StageBody::weight;
  int most = 0;
  int now = 0;
  for (const StageTask& task : stage_schedule(shape_of(pipeline), chunk % pipeline.stages)) {
    if (task.chunk != chunk) continue;
    if (task.body == StageBody::forward) most = std::max(most, ++now);
    if (task.body == ends) --now;
  }
  return most;
}

}  // namespace

std::vector<StageChunk> stage_chunks(const StepPlan& plan, const Workload& workload, int rank_class) {
  const Pipeline* pipeline = pipeline_of(plan);
  const int layers = static_cast<int>(workload.layers.size());
  if (pipeline == nullptr) return computes(plan, rank_class) ? std::vector<StageChunk>{{.last = layers}} : std::vector<StageChunk>{};
  std::vector<StageChunk> mine;
  int next = layers;  // the first layer of the chunk behind
  for (int c = static_cast<int>(pipeline->chunks.size()) - 1; c >= 0; --c) {
    const Chunk& chunk = pipeline->chunks[static_cast<std::size_t>(c)];
    const int first = c == 0 ? 0 : first_layer(plan, chunk.forward, next);
    if (chunk.rank_class == rank_class) {
      StageChunk& made = mine.emplace_back(StageChunk{.first = first, .last = next, .held = most_under_way(*pipeline, c)});
      made.send_forward = chunk.send_forward, made.send_backward = chunk.send_backward;
      if (c > 0) {
        made.held = std::max(made.held, most_under_way(*pipeline, c - 1));
        made.receive_forward = pipeline->chunks[static_cast<std::size_t>(c) - 1].send_forward;
      }
      if (c + 1 < static_cast<int>(pipeline->chunks.size()))
        made.receive_backward = pipeline->chunks[static_cast<std::size_t>(c) + 1].send_backward;
    }
    next = first;
  }
  std::ranges::reverse(mine);
  return mine;
}

bool has_layer(const std::vector<StageChunk>& chunks, int layer) {
  return std::ranges::any_of(chunks, [layer](const StageChunk& chunk) { return chunk.has(layer); });
}

std::vector<int> group_of(const Communicator& communicator, int rank) {
  for (int group = 0; group < communicator.groups; ++group) {
    std::vector<int> members;
    for (int i = 0; i < communicator.size; ++i) members.push_back(communicator.rank(group, i));
    if (std::ranges::find(members, rank) != members.end()) return members;
  }
  return {};
}

int member_of(const Communicator& communicator, int rank) {
  const std::vector<int> members = group_of(communicator, rank);
  return members.empty() ? -1 : static_cast<int>(std::ranges::find(members, rank) - members.begin());
}

int class_of(const StepPlan& plan, int rank) {
  for (std::size_t c = 0; c < plan.classes.size(); ++c) {
    const RankClass& ranks = plan.classes[c];
    const int further = rank - ranks.first;
    if (further >= 0 && further % ranks.stride == 0 && further / ranks.stride < ranks.count) return static_cast<int>(c);
  }
  return -1;
}

}  // namespace forerun
