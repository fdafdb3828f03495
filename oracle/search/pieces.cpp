#include "oracle/search/pieces.hpp"

#include <algorithm>
#include <numeric>
#include <ranges>

#include "core/error.hpp"
#include "costs/price.hpp"
#include "oracle/pipeline_bodies.hpp"
#include "strategies/data_parallel.hpp"
#include "strategies/lower.hpp"
#include "strategies/stages.hpp"
#include "workloads/formulas.hpp"

namespace forerun::oracle {

namespace {

/// Applies an operation to each pair of amounts but the largest gradient, which is the larger one.
template <class Operation>
Amounts combine(Amounts a, const Amounts& b, const Operation& apply) {
  apply(a.forward_s, b.forward_s), apply(a.backward_s, b.backward_s), apply(a.weight_s, b.weight_s), apply(a.update_s, b.update_s);
  apply(a.trained, b.trained), apply(a.spread, b.spread);
  apply(a.memory.weights, b.memory.weights), apply(a.memory.gradients, b.memory.gradients);
  apply(a.memory.optimizer, b.memory.optimizer), apply(a.memory.activations, b.memory.activations);
  apply(a.memory.further_activations, b.memory.further_activations);
  a.memory.activation_gradients = std::max(a.memory.activation_gradients, b.memory.activation_gradients);
  return a;
}

/// The scenario in as many stages as blocks, where memory and devices do not matter.
Scenario probe_of(const Scenario& scenario, const Workload& four_blocks) {
  Scenario probe = scenario;
  const Strategy& strategy = scenario.strategy;
  probe.run = {};
  probe.workload = four_blocks;
  probe.workload.batch = strategy.micro_batch * strategy.data;
  probe.strategy.pipeline = kProbedBlocks;
  probe.strategy.interleave = 1;
  probe.strategy.zero = 0;
  probe.strategy.overlap = overlaps_tensor(strategy.overlap) ? Overlap::tensor : Overlap::none;
  if (strategy.schedule != Schedule::zero_bubble_h1) probe.strategy.schedule = Schedule::one_f_one_b;
  probe.platform.device_memory = probe.platform.memory_per_node = Bytes(0);
  const int per_node = probe.platform.devices_per_node;
  probe.platform.nodes = (probe.strategy.ranks() + per_node - 1) / per_node;
  return probe;
}

class PieceReader {
 public:
  PieceReader(const Scenario& probe, const LocalModel& model) : probe_(probe), model_(model) {
    const std::vector<LayerRange> chunks = std::get<std::vector<LayerRange>>(cut_chunks(model.workload(), kProbedBlocks));
    first_ = chunks.front(), block_ = chunks[1], last_ = chunks.back();
    blocks_begin_ = block_.first - (block_.last - block_.first);
    blocks_end_ = last_.first + (block_.last - block_.first);
  }

  void read_layers(Pieces& pieces) const {
    const Workload& workload = model_.workload();
    const int blocks = block_.last - block_.first;
    pieces.kinds[0] = of({first_.first, first_.last});
    pieces.kinds[1] = of(block_);
    pieces.kinds[2] = of(last_);
    pieces.block = of({block_.first, block_.last + blocks}) - pieces.kinds[1];
    const LayerRange all{0, static_cast<int>(workload.layers.size())};
    pieces.kinds[3] = of(all) - 3 * pieces.block;
    pieces.gradients_before = gradients({first_.first, first_.last}, 0, blocks_begin_);
    pieces.gradients_of_block = gradients(block_, 0, blocks);
    pieces.gradients_after = gradients(last_, blocks, last_.last - last_.first);
    pieces.gradients_after_whole = gradients(all, blocks_end_, all.last);
    add_up_gradients(pieces);
    for (int layer = blocks_end_; layer < all.last; ++layer) {
      const int owner = workload.layers[layer].tied_to;
      if (owner >= 0 && owner < first_.last)
        pieces.tied += Bytes(bytes_per_element(workload.precision) * static_cast<double>(parameters(workload.layers[owner].shape)));
    }
  }

 private:
  static void add_up_gradients(Pieces& pieces) {
    const auto sum = [](const std::vector<Bytes>& layers) { return std::accumulate(layers.begin(), layers.end(), Bytes(0)).value(); };
    const double block = pieces.gradients_of_one_block = sum(pieces.gradients_of_block);
    const double before = sum(pieces.gradients_before);
    pieces.gradients_of_kind = {before + block, block, block + sum(pieces.gradients_after),
                                before + block + sum(pieces.gradients_after_whole)};
  }

  /// What follows from layers alone.
  [[nodiscard]] Amounts of(LayerRange layers) const {
    Amounts amounts;
    const Workload& workload = model_.workload();
    amounts.memory = chunk_memory(part_of(workload, layers), probe_.strategy, model_.samples);
    for (int layer = layers.first; layer < layers.last; ++layer) {
      const auto trained = static_cast<double>(trained_parameters(workload.layers[layer]));
      amounts.trained += trained;
      if (std::ranges::binary_search(model_.spread, layer)) amounts.spread += trained;
    }
    return amounts;
  }

  /// Of the layers [first, last) of a chunk.
  [[nodiscard]] std::vector<Bytes> gradients(LayerRange chunk, int first, int last) const {
    const Workload part = shared_part(model_, chunk);
    std::vector<Bytes> bytes;
    for (int layer = first; layer < last; ++layer) bytes.push_back(gradient_bytes(part, part.layers[layer]));
    return bytes;
  }

  const Scenario& probe_;
  const LocalModel& model_;
  LayerRange first_;
  LayerRange block_;  ///< the second one
  LayerRange last_;
  int blocks_begin_ = 0;
  int blocks_end_ = 0;
};

/// Times of the probe's bodies and updates; false where a body is no chain.
bool read_times(const StepPlan& plan, const Scenario& probe, Pieces& pieces) {
  const std::vector<OperationCost> costs = price(plan, probe);
  const std::vector<PipelineLayout> found = layouts(plan);
  const std::optional<SerialLayout> serial = serial_layout(plan, costs, found.front());
  if (!serial) return false;
  const Pipeline& pipeline = *found.front().pipeline;
  std::array<double, kProbedBlocks> updates_s{};
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const auto* kernel = std::get_if<Kernel>(&plan.operations[i].work);
    if (kernel != nullptr && kernel->pass == Pass::update) updates_s[plan.operations[i].rank_class] += costs[i].duration().value();
  }
  const auto read = [&](Amounts& amounts, int chunk) {
    const auto* bodies = &serial->bodies[3 * chunk];
    amounts.forward_s = bodies[0].duration_s, amounts.backward_s = bodies[1].duration_s, amounts.weight_s = bodies[2].duration_s;
    amounts.update_s = updates_s[chunk];
  };
  read(pieces.kinds[0], 0);
  read(pieces.kinds[1], 1);
  read(pieces.kinds[2], kProbedBlocks - 1);
  read(pieces.block, 1);
  Amounts& whole = pieces.kinds[3];
  const Amounts& first = pieces.kinds[0];
  const Amounts& last = pieces.kinds[2];
  whole.forward_s = first.forward_s + last.forward_s - pieces.block.forward_s;
  whole.backward_s = first.backward_s + last.backward_s - pieces.block.backward_s;
  whole.weight_s = first.weight_s + last.weight_s - pieces.block.weight_s;
  whole.update_s = first.update_s + last.update_s - pieces.block.update_s;
  pieces.sent = std::get<Collective>(plan.operations[pipeline.chunks.front().send_forward].work).bytes;
  return true;
}

}  // namespace

Amounts operator+(Amounts a, const Amounts& b) {
  return combine(a, b, [](auto& x, auto y) { x += y; });
}
Amounts operator-(Amounts a, const Amounts& b) {
  return combine(a, b, [](auto& x, auto y) { x = x - y; });
}
Amounts operator*(double factor, Amounts a) {
  return combine(a, a, [factor](auto& x, auto) { x = factor * x; });
}

Amounts Pieces::chunk(ChunkKind kind, int blocks) const { return kinds[static_cast<std::size_t>(kind)] + (blocks - 1) * block; }

std::vector<Bucket> Pieces::buckets(ChunkKind kind, int blocks, const Strategy& strategy) const {
  BucketFiller filler(strategy);
  const auto add = [&](const std::vector<Bytes>& layers) {
    for (const Bytes bytes : std::ranges::reverse_view(layers)) filler.add(0, bytes);
  };
  if (kind == ChunkKind::last) add(gradients_after);
  if (kind == ChunkKind::whole) add(gradients_after_whole);
  for (int i = 0; i < blocks; ++i) add(gradients_of_block);
  if (kind == ChunkKind::first || kind == ChunkKind::whole) add(gradients_before);
  return std::move(filler.buckets());
}

std::optional<Pieces> price_pieces(const Scenario& scenario, const Workload& four_blocks) {
  const Scenario probe = probe_of(scenario, four_blocks);
  Pieces pieces;
  const auto refused = [&](std::string reason) {
    pieces.obstacle = std::move(reason);
    return pieces;
  };
  const auto layout = lay_out(probe);
  if (const auto* none = std::get_if<Infeasible>(&layout)) return refused(none->reason);
  const auto model = local_model(probe, std::get<Layout>(layout));
  if (const auto* none = std::get_if<Infeasible>(&model)) return refused(none->reason);
  const auto lowered = lower(probe);
  if (const auto* none = std::get_if<Infeasible>(&lowered)) return refused(none->reason);
  PieceReader(probe, std::get<LocalModel>(model)).read_layers(pieces);
  if (!read_times(std::get<StepPlan>(lowered), probe, pieces)) return {};
  return pieces;
}

}  // namespace forerun::oracle
