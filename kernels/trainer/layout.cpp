#include "kernels/trainer/layout.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "kernels/ceil_div.hpp"
#include "kernels/trainer/step_order.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

constexpr std::size_t kLine = 64 / sizeof(float);

constexpr std::size_t on_next_line(std::size_t offset) { return ceil_div(offset, kLine) * kLine; }

/// Layers by when their gradients are whole: that of shared weights is its owner's, if this rank has it.
std::vector<int> gradient_order(const Workload& workload, const StepPlan& plan, int rank_class, const std::vector<int>& owners) {
  std::vector<int> order;
  for (const StepEntry& entry : step_order(plan, workload, rank_class))
    if (const auto* kernel = std::get_if<Kernel>(&plan.operations[static_cast<std::size_t>(entry.operation)].work))
      if (kernel->pass == Pass::backward_weights && owners[static_cast<std::size_t>(entry.layer)] == entry.layer &&
          std::ranges::find(order, entry.layer) == order.end())
        order.push_back(entry.layer);
  return order;
}

/// An all-reduce of gradients that ranks of the class take part in.
const Collective* all_reduce_of(const StepPlan& plan, const Operation& operation, int rank_class) {
  const auto* collective = std::get_if<Collective>(&operation.work);
  const bool reduces = collective != nullptr && collective->operation == Collective::Operation::all_reduce && !is_exchange(plan, operation);
  return reduces && takes_part(plan, operation, rank_class) ? collective : nullptr;
}

std::size_t floats(Bytes bytes) { return static_cast<std::size_t>(bytes.value()) / sizeof(float); }

/// The layers' ranges one after another, each on a line of its own: those of `order`, then the others that the rank has.
void lay_layers(const Workload& workload, const std::vector<StageChunk>& chunks, const std::vector<int>& owners,
                const std::vector<int>& order, ParameterLayout& layout) {
  layout.layers.resize(workload.layers.size());
  const auto lay = [&](int layer) {
    ParameterRange& range = layout.layers[static_cast<std::size_t>(layer)];
    range = {layout.total, static_cast<std::size_t>(parameters(workload.layers[static_cast<std::size_t>(layer)].shape))};
    layout.total = on_next_line(range.end());
  };
  for (const int layer : order) lay(layer);
  for (const StageChunk& chunk : chunks)
    for (int layer = chunk.first; layer < chunk.last; ++layer)
      if (owners[static_cast<std::size_t>(layer)] == layer && layout.layers[static_cast<std::size_t>(layer)].count == 0) lay(layer);
  for (const StageChunk& chunk : chunks)
    for (int layer = chunk.first; layer < chunk.last; ++layer)
      layout.layers[static_cast<std::size_t>(layer)] = layout.layers[static_cast<std::size_t>(owners[static_cast<std::size_t>(layer)])];
}

/// What stages share: on one of them the owner's range, on the other its copy.
ParameterRange shared_range(const Workload& workload, const std::vector<StageChunk>& chunks, const ParameterLayout& layout) {
  for (std::size_t layer = 0; layer < workload.layers.size(); ++layer) {
    const int owner = workload.layers[layer].tied_to;
    if (owner < 0 || has_layer(chunks, static_cast<int>(layer)) == has_layer(chunks, owner)) continue;
    return layout.layers[has_layer(chunks, owner) ? static_cast<std::size_t>(owner) : layer];
  }
  return {};
}

}  // namespace

std::vector<int> weight_owners(const Workload& workload, const std::vector<StageChunk>& chunks) {
  std::vector<int> owners;
  for (std::size_t i = 0; i < workload.layers.size(); ++i) {
    const int owner = workload.layers[i].tied_to;
    const bool both = owner >= 0 && has_layer(chunks, owner) && has_layer(chunks, static_cast<int>(i));
    owners.push_back(both ? owner : static_cast<int>(i));
  }
  return owners;
}

ParameterLayout parameter_layout(const Workload& workload, const StepPlan& plan, int rank_class) {
  const std::vector<StageChunk> chunks = stage_chunks(plan, workload, rank_class);
  const std::vector<int> owners = weight_owners(workload, chunks);
  const std::vector<int> order = gradient_order(workload, plan, rank_class, owners);
  ParameterLayout layout;
  lay_layers(workload, chunks, owners, order, layout);
  layout.buckets.resize(plan.operations.size());
  auto next = order.begin();
  bool reduces = false;
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const Collective* collective = all_reduce_of(plan, plan.operations[i], rank_class);
    if (collective == nullptr) continue;
    const std::size_t wanted = floats(collective->bytes);
    if (plan.communicators[static_cast<std::size_t>(collective->communicator)].classes.size() > 1) {
      layout.buckets[i] = shared_range(workload, chunks, layout);
      if (layout.buckets[i].count != wanted) throw std::logic_error("the plan's stages share other weights than one layer's");
      continue;
    }
    reduces = true;
    ParameterRange bucket = next == order.end() ? ParameterRange{} : layout.layers[static_cast<std::size_t>(*next)];
    std::size_t held = 0;
    for (; next != order.end() && held < wanted; ++next) {
      const ParameterRange& layer = layout.layers[static_cast<std::size_t>(*next)];
      held += layer.count;
      bucket.count = layer.end() - bucket.first;
    }
    if (held != wanted) throw std::logic_error("gradient bucket " + std::to_string(i) + " of the plan ends within a layer");
    layout.buckets[i] = bucket;
  }
  if (reduces && next != order.end()) throw std::logic_error("the plan's gradient buckets leave out a layer");
  return layout;
}

}  // namespace forerun
