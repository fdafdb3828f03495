#include "kernels/trainer/step_order.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/pipeline_order.hpp"
#include "strategies/image_parts.hpp"

namespace forerun {

namespace {

/// Which of the blocks that a repeat stands for.
struct Turn {
  std::int64_t iteration = 0;
  std::int64_t times = 1;
  bool backward = false;
};

class StepWalk {
 public:
  StepWalk(const StepPlan& plan, const Workload& workload, int rank_class) : plan_(plan), workload_(workload), rank_class_(rank_class) {}

  void step() {
    bool staged = false;
    for (const Node& node : plan_.step.body) {
      const auto* repeat = std::get_if<Repeat>(&node);
      const auto* pipeline = std::get_if<Pipeline>(&node);
      staged = staged || pipeline != nullptr;
      if (pipeline != nullptr)
        add(*pipeline);
      else if (repeat != nullptr && has_loss(*repeat))
        for (std::int64_t i = 0; i < repeat->count; ++i) add(repeat->body);
      else
        add(node);
    }
    if (!staged) number_micro_batches();
    place_exchanges();
  }

  [[nodiscard]] std::vector<StepEntry> take() { return std::move(order_); }

 private:
  [[nodiscard]] const Operation& operation(int index) const { return plan_.operations[static_cast<std::size_t>(index)]; }

  [[nodiscard]] bool has_pass(const Repeat& repeat, Pass pass, int layer) const {
    return std::ranges::any_of(repeat.body, [&](const Node& node) {
      if (const auto* inner = std::get_if<Repeat>(&node)) return has_pass(*inner, pass, layer);
      const int* index = std::get_if<int>(&node);
      const auto* kernel = index == nullptr ? nullptr : std::get_if<Kernel>(&operation(*index).work);
      return kernel != nullptr && kernel->pass == pass && (layer < 0 || operation(*index).layer == layer);
    });
  }

  /// What runs the loss again and again runs it for a micro-batch each time; other repeats are of blocks, which a network has one loss
  /// after.
  [[nodiscard]] bool has_loss(const Repeat& repeat) const {
    return has_pass(repeat, Pass::forward, static_cast<int>(workload_.layers.size()) - 1);
  }

  void add(const std::vector<Node>& body, Turn turn = {}) {
    for (const Node& node : body) add(node, turn);
  }

  void add(const Node& node, Turn turn = {}) {
    if (const int* index = std::get_if<int>(&node)) return add(*index, turn);
    const auto& blocks = std::get<Repeat>(node);
    const bool backward = has_pass(blocks, Pass::backward_data, -1) || has_pass(blocks, Pass::backward_weights, -1);
    for (std::int64_t i = 0; i < blocks.count; ++i) add(blocks.body, {i, blocks.count, backward});
  }

  void add(int index, Turn turn) {
    if (takes_part(plan_, operation(index), rank_class_)) order_.push_back({index, layer_of(operation(index), turn)});
  }

  void add(const Pipeline& pipeline) {
    const auto& chunks = pipeline.chunks;
    const auto mine = std::ranges::find(chunks, rank_class_, &Chunk::rank_class);
    if (mine == chunks.end()) return;
    for (const StageTask& task : stage_schedule(shape_of(pipeline), static_cast<int>(mine - chunks.begin()))) {
      const auto at = static_cast<std::size_t>(task.chunk);
      const Chunk& chunk = chunks[at];
      const std::size_t begin = order_.size();
      const bool forward = task.body == StageBody::forward, backward = task.body == StageBody::backward;
      if (forward && at > 0) pass_on(chunks[at - 1].send_forward);
      if (backward && at + 1 < chunks.size()) pass_on(chunks[at + 1].send_backward);
      add(forward ? chunk.forward : backward ? chunk.backward : chunk.weight);
      if (forward) pass_on(chunk.send_forward);
      if (backward) pass_on(chunk.send_backward);
      for (std::size_t i = begin; i < order_.size(); ++i) {
        order_[i].micro_batch = static_cast<int>(task.micro_batch);
        order_[i].chunk = task.chunk / pipeline.stages;
      }
      if (begin < order_.size()) order_.back().last = chunk.weight.empty() ? backward : task.body == StageBody::weight;
    }
  }

  void pass_on(int send) {
    if (send >= 0) order_.push_back({send});
  }

  /// A micro-batch begins behind the backward passes of the one before, and has one loss.
  void number_micro_batches() {
    const int loss = static_cast<int>(workload_.layers.size()) - 1;
    std::vector<std::size_t> begins;
    std::size_t behind = 0;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const auto* kernel = std::get_if<Kernel>(&operation(order_[i].operation).work);
      if (kernel == nullptr || kernel->pass == Pass::update) continue;
      if (kernel->pass != Pass::forward)
        behind = i + 1;
      else if (order_[i].layer == loss)
        begins.push_back(behind);
    }
    int number = -1;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      while (static_cast<std::size_t>(number + 1) < begins.size() && i >= begins[static_cast<std::size_t>(number + 1)]) ++number;
      const auto* kernel = std::get_if<Kernel>(&operation(order_[i].operation).work);
      if (kernel != nullptr && kernel->pass != Pass::update) order_[i].micro_batch = number;
    }
  }

  /// An exchange belongs to the kernel that left what is exchanged, or to the next one, which needs it.
  void place_exchanges() {
    for (std::size_t i = 0; i < order_.size(); ++i) {
      StepEntry& entry = order_[i];
      if (!is_exchange(plan_, operation(entry.operation))) continue;
      const StepEntry& kernel = *(belongs_before(i) ? next_kernel(i) : last_kernel(i));
      entry.layer = kernel.layer, entry.micro_batch = kernel.micro_batch, entry.beside = kernel.operation;
    }
  }

  [[nodiscard]] const StepEntry* last_kernel(std::size_t i) const {
    while (i > 0 && operation(order_[i].operation).kind() != OperationKind::compute) --i;
    return &order_[i];
  }

  [[nodiscard]] const StepEntry* next_kernel(std::size_t i) const {
    while (i + 1 < order_.size() && operation(order_[i].operation).kind() != OperationKind::compute) ++i;
    return &order_[i];
  }

  /// Rows come before the pass that looks at them, but for the gradients that a max-pool leaves of its neighbours' rows.
  [[nodiscard]] bool belongs_before(std::size_t i) const {
    const auto& transfer = std::get<Collective>(operation(order_[i].operation).work);
    if (transfer.operation == Collective::Operation::all_gather)
      return plan_.communicators[static_cast<std::size_t>(transfer.communicator)].name == "spatial";
    if (transfer.operation != Collective::Operation::shift) return false;
    const StepEntry* last = last_kernel(i);
    const auto* kernel = std::get_if<Kernel>(&operation(last->operation).work);
    if (kernel == nullptr || kernel->shape.kind != LayerKind::max_pool || kernel->pass != Pass::backward_data) return true;
    const LayerShape& whole = workload_.layers[static_cast<std::size_t>(last->layer)].shape;
    const int parts = plan_.communicators[static_cast<std::size_t>(transfer.communicator)].size;
    const Reach reach = reach_of_windows(rows_of(whole), whole.input.height, whole.output.height, parts);
    return &order_[i] - last > (reach.before > 0 ? 1 : 0) + (reach.after > 0 ? 1 : 0);
  }

  [[nodiscard]] int first_of(int block) const {
    const auto first = std::ranges::find(workload_.layers, block, &Layer::block);
    return static_cast<int>(first - workload_.layers.begin());
  }

  [[nodiscard]] int layer_of(const Operation& operation, Turn turn) const {
    if (turn.times == 1) return operation.layer;
    const auto further = static_cast<int>(turn.backward ? turn.times - 1 - turn.iteration : turn.iteration);
    return operation.layer + first_of(operation.block + further) - first_of(operation.block);
  }

  const StepPlan& plan_;
  const Workload& workload_;
  int rank_class_;
  std::vector<StepEntry> order_;
};

}  // namespace

bool is_exchange(const StepPlan& plan, const Operation& operation) {
  using enum Collective::Operation;
  const auto* transfer = std::get_if<Collective>(&operation.work);
  if (transfer == nullptr || operation.layer >= 0) return false;
  if (transfer->operation == all_gather || transfer->operation == reduce_scatter || transfer->operation == shift) return true;
  return transfer->operation == all_reduce && plan.communicators[static_cast<std::size_t>(transfer->communicator)].classes.size() == 1;
}

std::vector<StepEntry> step_order(const StepPlan& plan, const Workload& workload, int rank_class) {
  StepWalk walk(plan, workload, rank_class);
  walk.step();
  return walk.take();
}

int micro_batches(const std::vector<StepEntry>& order) {
  int last = -1;
  for (const StepEntry& entry : order) last = std::max(last, entry.micro_batch);
  return last + 1;
}

}  // namespace forerun
