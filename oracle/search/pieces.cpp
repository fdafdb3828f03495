#include "oracle/search/pieces.hpp"

#include <algorithm>
#include <numeric>
#include <ranges>

#include "costs/price.hpp"
#include "oracle/pipeline_bodies.hpp"
#include "strategies/data_parallel.hpp"
#include "strategies/fully_sharded.hpp"
#include "strategies/lower.hpp"
#include "strategies/stages.hpp"
#include "workloads/formulas.hpp"

namespace forerun::oracle {

namespace {

constexpr int kProbedStages = 3;

/// Of what adds up, a and `factor` times b.
ChunkLayers sum(ChunkLayers a, double factor, const ChunkLayers& b) {
  const auto add = [factor](auto& x, auto y) { x += factor * y; };
  add(a.trained, b.trained), add(a.spread, b.spread), add(a.summed_bytes, b.summed_bytes);
  add(a.memory.weights, b.memory.weights), add(a.memory.gradients, b.memory.gradients), add(a.memory.optimizer, b.memory.optimizer);
  add(a.memory.activations, b.memory.activations), add(a.memory.further_activations, b.memory.further_activations);
  return a;
}

/// Where the layers of a network of kProbedBlocks blocks stand.
struct Places {
  explicit Places(const Workload& workload) : chunks(std::get<std::vector<LayerRange>>(cut_chunks(workload, kProbedBlocks))) {}

  [[nodiscard]] LayerRange first() const { return chunks.front(); }
  [[nodiscard]] LayerRange block() const { return chunks[1]; }
  [[nodiscard]] LayerRange last() const { return chunks.back(); }
  [[nodiscard]] LayerRange all() const { return {0, last().last}; }
  [[nodiscard]] int block_layers() const { return block().last - block().first; }

  std::vector<LayerRange> chunks;
};

class NetworkReader {
 public:
  NetworkReader(const LocalModel& model, const Strategy& strategy) : model_(model), strategy_(strategy), places_(model.workload()) {}

  NetworkPieces read() const {
    NetworkPieces pieces;
    auto& layers = pieces.layers;
    const LayerRange block = places_.block();
    const int count = places_.block_layers();
    layers[ChunkKind::first] = of(places_.first());
    layers[ChunkKind::middle] = of(block);
    layers[ChunkKind::last] = of(places_.last());
    layers.block = sum(of({block.first, block.last + count}), -1, layers[ChunkKind::middle]);
    layers[ChunkKind::whole] = sum(of(places_.all()), -(kProbedBlocks - 1), layers.block);
    pieces.before = gradients(places_.first(), 0, places_.first().last - count);
    pieces.block = gradients(block, 0, count);
    pieces.after = gradients(places_.last(), count, places_.last().last - places_.last().first);
    pieces.after_whole = gradients(places_.all(), places_.last().first + count, places_.last().last);
    pieces.tied = tied_bytes(model_.workload(), places_.first().last, {places_.last().first + count, places_.last().last});
    const Unsharded whole = unsharded(model_.workload());
    pieces.unsharded = whole.weights + whole.gradients;
    return pieces;
  }

 private:
  [[nodiscard]] ChunkLayers of(LayerRange range) const {
    ChunkLayers chunk;
    const Workload& workload = model_.workload();
    chunk.memory = chunk_memory(part_of(workload, range), strategy_, 1, model_.gathered);
    for (int layer = range.first; layer < range.last; ++layer) {
      const auto trained = static_cast<double>(trained_parameters(workload.layers[layer], range.first));
      chunk.trained += trained;
      if (std::ranges::binary_search(model_.spread, layer)) chunk.spread += trained;
    }
    const std::vector<Bytes> bytes = gradients(range, 0, range.last - range.first);
    chunk.summed_bytes = std::accumulate(bytes.begin(), bytes.end(), Bytes(0)).value();
    return chunk;
  }

  /// Of the layers [first, last) of a chunk.
  [[nodiscard]] std::vector<Bytes> gradients(LayerRange chunk, int first, int last) const {
    const std::vector<Bytes> all = shared_gradients(model_, chunk);
    return {all.begin() + first, all.begin() + last};
  }

  const LocalModel& model_;
  const Strategy& strategy_;
  Places places_;
};

/// What follows a body's last kernel.
double tail_of(const StepPlan& plan, const BodyRange& range, const SerialBody& body) {
  for (int i = range.end - 1; i >= range.first; --i)
    if (plan.operations[i].kind() == OperationKind::compute) return body.duration_s - body.last_finish_s[i - range.first];
  return 0;
}

/// Of a layer of the scenario, whether it has another's weights.
bool shares_weights(const LocalModel& model, int layer) {
  const std::vector<Layer>& layers = model.workload().layers;
  for (int i = 0; i < static_cast<int>(layers.size()); ++i)
    if (layers[i].tied_to >= 0 && layer == (model.origins.empty() ? i : model.origins[i])) return true;
  return false;
}

/// The scenario in as many stages, where memory and devices do not matter.
Scenario probe_of(const Scenario& scenario) {
  const Strategy& strategy = scenario.strategy;
  Scenario probe;
  probe.platform = scenario.platform;
  probe.strategy = strategy;
  probe.calibration = scenario.calibration;
  probe.workload.batch = strategy.micro_batch * strategy.data;
  probe.workload.precision = scenario.workload.precision;
  probe.workload.gradients = scenario.workload.gradients;
  probe.strategy.pipeline = kProbedStages;
  probe.strategy.interleave = 1;
  probe.strategy.zero = 0;
  probe.strategy.overlap = overlaps_tensor(strategy.overlap) ? Overlap::tensor : Overlap::none;
  const int per_node = probe.platform.devices_per_node;
  probe.platform.nodes = (probe.strategy.ranks() + per_node - 1) / per_node;
  return probe;
}

}  // namespace

std::vector<Bucket> NetworkPieces::buckets(ChunkKind kind, int blocks, const Strategy& strategy) const {
  BucketFiller filler(strategy);
  const auto add = [&](const std::vector<Bytes>& list) {
    for (const Bytes bytes : std::ranges::reverse_view(list)) filler.add(0, bytes);
  };
  if (kind == ChunkKind::last) add(after);
  if (kind == ChunkKind::whole) add(after_whole);
  for (int i = 0; i < blocks; ++i) add(block);
  if (kind == ChunkKind::first || kind == ChunkKind::whole) add(before);
  return std::move(filler.buckets());
}

NetworkPieces read_network(const LocalModel& model, const Strategy& strategy) { return NetworkReader(model, strategy).read(); }

std::optional<TimePieces> price_bodies(const Scenario& scenario, const LocalModel& model) {
  const Scenario probe = probe_of(scenario);
  const Places places(model.workload());
  const StepPlan plan = write_step(probe, std::get<Layout>(lay_out(probe)), model, {places.first(), places.block(), places.last()}, {});
  const std::vector<OperationCost> costs = price(plan, probe);
  const std::vector<PipelineLayout> found = layouts(plan);
  const std::optional<SerialLayout> serial = serial_layout(plan, costs, found.front());
  if (!serial) return {};
  TimePieces pieces;
  OfChunks<BodyTimes>& bodies = pieces.bodies;
  for (int chunk = 0; chunk < kProbedStages; ++chunk) {
    const SerialBody* body = &serial->bodies[3 * chunk];
    bodies.one[chunk] = {body[0].duration_s, body[1].duration_s, body[2].duration_s, 0};
    bodies.one[chunk].forward_tail_s = tail_of(plan, found.front().bodies[3 * chunk], body[0]);
    bodies.one[chunk].backward_tail_s = tail_of(plan, found.front().bodies[3 * chunk + 1], body[1]);
  }
  double copies_s = 0;  // updates of weights that are another stage's: a chunk that has both has no copy
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const auto* kernel = std::get_if<Kernel>(&plan.operations[i].work);
    if (kernel == nullptr || kernel->pass != Pass::update) continue;
    const double update_s = costs[i].duration().value();
    bodies.one[plan.operations[i].rank_class].update_s += update_s;
    if (shares_weights(model, plan.operations[i].layer)) copies_s += update_s;
  }
  bodies.block = bodies[ChunkKind::middle];
  const auto whole = [&](double BodyTimes::*part) {
    return bodies[ChunkKind::first].*part + bodies[ChunkKind::last].*part - bodies.block.*part;
  };
  bodies[ChunkKind::whole] = {whole(&BodyTimes::forward_s), whole(&BodyTimes::backward_s), whole(&BodyTimes::weight_s),
                              whole(&BodyTimes::update_s) - copies_s};
  pieces.sent = std::get<Collective>(plan.operations[found.front().pipeline->chunks.front().send_forward].work).bytes;
  return pieces;
}

}  // namespace forerun::oracle
