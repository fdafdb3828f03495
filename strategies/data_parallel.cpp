#include "strategies/data_parallel.hpp"

#include <algorithm>

#include "strategies/offload.hpp"
#include "strategies/runtimes.hpp"
#include "strategies/stages.hpp"

namespace forerun {
namespace {

std::int64_t trained(const LocalModel& model, const StageLayers& stage) {
  std::int64_t sum = 0;
  for (const LayerRange& chunk : stage.chunks)
    for (int layer = chunk.first; layer < chunk.last; ++layer) sum += trained_parameters(model.workload().layers[layer], chunk.first);
  return sum;
}

/// Gradients of a stage's experts are summed over the ranks that hold the same ones, after all of its backward passes.
void reduce_experts(const Strategy& strategy, const LocalModel& model, const StageLayers& stage, const Frame& frame, PlanWriter& writer) {
  double elements = 0;
  for (const int layer : model.spread)
    for (const LayerRange& chunk : stage.chunks)
      if (layer >= chunk.first && layer < chunk.last) elements += static_cast<double>(trained_parameters(model.workload().layers[layer]));
  if (elements == 0 || !frame.copies_experts()) return;
  const Bytes bytes(bytes_per_gradient(model.workload()) * elements);
  writer.append_transfer(frame.over_expert_copies(gradient_reduction(strategy), bytes, stage.stage));
}

}  // namespace

Collective::Operation gradient_reduction(const Strategy& strategy) {
  return strategy.zero >= 1 ? Collective::Operation::reduce_scatter : Collective::Operation::all_reduce;
}

std::vector<Bytes> shared_gradients(const LocalModel& model, LayerRange layers) {
  const Workload& workload = model.workload();
  std::vector<Bytes> gradients;
  gradients.reserve(static_cast<std::size_t>(layers.last - layers.first));
  for (int i = layers.first; i < layers.last; ++i) {
    const bool spread = std::ranges::binary_search(model.spread, i);
    const std::int64_t trained = spread ? 0 : trained_parameters(workload.layers[i], layers.first);
    gradients.emplace_back(bytes_per_gradient(workload) * static_cast<double>(trained));
  }
  return gradients;
}

int last_transfer(const StepPlan& plan, int stage) {
  for (int i = static_cast<int>(plan.operations.size()) - 1; i >= 0; --i) {
    const auto* transfer = std::get_if<Collective>(&plan.operations[i].work);
    if (transfer == nullptr || transfer->operation == Collective::Operation::send) continue;
    if (takes_part(plan, plan.operations[i], stage)) return i;
  }
  return -1;
}

StageLayers stage_layers(const std::vector<LayerRange>& chunks, int stages, int stage) {
  StageLayers layers{stage, {}};
  for (std::size_t chunk = stage; chunk < chunks.size(); chunk += stages) layers.chunks.push_back(chunks[chunk]);
  return layers;
}

void backward_and_reduce(const Scenario& scenario, const LocalModel& model, LayerRange layers, const Frame& frame, StepWriter& passes,
                         PlanWriter& writer) {
  const Strategy& strategy = scenario.strategy;
  const StageContext& stage = frame.stage(0);
  if (!frame.has_data()) return passes.backward(layers, stage);
  const std::vector<Bucket> buckets = gradient_buckets(shared_gradients(model, layers), strategy);
  std::size_t next = 0;
  const auto reduce = [&](int layer) {
    if (next >= buckets.size() || buckets[next].first_layer != layer) return;
    writer.wait_for(writer.last());
    writer.append_transfer(frame.over_data(gradient_reduction(strategy), buckets[next].bytes, 0), static_cast<int>(next));
    if (!overlaps_data(strategy.overlap)) writer.wait_for(writer.last());
    ++next;
  };
  const bool blocks = std::ranges::any_of(model.workload().layers, [](const Layer& layer) { return layer.block >= 0; });
  if (!blocks || buckets.size() > 1) {
    passes.backward(layers, stage, reduce);
  } else {
    passes.backward(layers, stage);
    if (!buckets.empty()) reduce(buckets.front().first_layer);
  }
  writer.wait_for(writer.last());
  reduce_experts(strategy, model, {0, {layers}}, frame, writer);
}

void reduce_gradients(const Scenario& scenario, const LocalModel& model, const StageLayers& layers, const std::vector<int>& ends,
                      const Frame& frame, PlanWriter& writer) {
  if (!frame.has_data()) return;
  const Strategy& strategy = scenario.strategy;
  const bool overlaps = overlaps_data(strategy.overlap);
  // The chunk that comes first in the network ends last.
  int index = 0;
  for (std::size_t chunk = layers.chunks.size(); chunk-- > 0;) {
    for (const Bucket& bucket : gradient_buckets(shared_gradients(model, layers.chunks[chunk]), strategy)) {
      for (std::size_t other = 0; other < layers.chunks.size(); ++other)
        if (!overlaps || other == chunk) writer.wait_for(ends[layers.stage + other * static_cast<std::size_t>(frame.stages())]);
      writer.append_transfer(frame.over_data(gradient_reduction(strategy), bucket.bytes, layers.stage), index++);
    }
  }
  for (std::size_t chunk = 0; chunk < layers.chunks.size(); ++chunk)
    writer.wait_for(ends[layers.stage + chunk * static_cast<std::size_t>(frame.stages())]);
  reduce_experts(strategy, model, layers, frame, writer);
  writer.forget();
}

void write_update(const Scenario& scenario, const LocalModel& model, const StageLayers& layers, const Frame& frame, StepWriter& passes,
                  PlanWriter& writer) {
  const Strategy& strategy = scenario.strategy;
  const StageContext& stage = frame.stage(layers.stage);
  writer.forget();
  const int transfer = last_transfer(writer.plan(), layers.stage);
  const std::int64_t shares = strategy.zero >= 1 ? frame.replicas() : 1;
  const bool in_host = updates_in_host(scenario);
  if (in_host || shares > 1 || runtime_defaults(strategy.runtime).updates_flat) {
    writer.wait_for(transfer);
    const std::int64_t all = trained(model, layers);
    const std::int64_t mine = (all + shares - 1) / shares;
    if (in_host)
      write_host_update(scenario, mine, stage, writer);
    else
      passes.update_flat(mine, stage);
    if (shares == 1 || strategy.zero == 3) return;
    writer.wait_for(writer.last());
    const Bytes bytes(bytes_per_element(model.workload().precision) * static_cast<double>(all));
    writer.append_transfer(frame.over_data(Collective::Operation::all_gather, bytes, layers.stage));
    // The next step's first pass reads the parameters.
    const std::vector<Operation>& all_operations = writer.plan().operations;
    const auto first = std::ranges::find_if(all_operations, [&](const Operation& operation) {
      return operation.kind() == OperationKind::compute && operation.rank_class == layers.stage;
    });
    writer.wait_also(static_cast<int>(first - all_operations.begin()), writer.last(), 1);
    return;
  }
  for (const LayerRange& chunk : layers.chunks) passes.update(chunk, stage, transfer);
}

}  // namespace forerun
