#include "kernels/trainer/layout.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "kernels/trainer/step_order.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

constexpr std::size_t kLine = 64 / sizeof(float);

constexpr std::size_t on_next_line(std::size_t offset) { return (offset + kLine - 1) / kLine * kLine; }

/// Layers by when their gradients are whole: that of shared weights is its owner's.
std::vector<int> gradient_order(const Workload& workload, const StepPlan& plan) {
  std::vector<int> order;
  for (const StepEntry& entry : step_order(plan, workload))
    if (const auto* kernel = std::get_if<Kernel>(&plan.operations[static_cast<std::size_t>(entry.operation)].work))
      if (kernel->pass == Pass::backward_weights && workload.layers[static_cast<std::size_t>(entry.layer)].tied_to < 0 &&
          std::ranges::find(order, entry.layer) == order.end())
        order.push_back(entry.layer);
  return order;
}

const Collective* all_reduce_of(const Operation& operation) {
  const auto* collective = std::get_if<Collective>(&operation.work);
  return collective != nullptr && collective->operation == Collective::Operation::all_reduce ? collective : nullptr;
}

}  // namespace

ParameterLayout parameter_layout(const Workload& workload, const StepPlan& plan) {
  ParameterLayout layout;
  layout.layers.resize(workload.layers.size());
  layout.buckets.resize(plan.operations.size());
  const std::vector<int> order = gradient_order(workload, plan);
  for (const int layer : order) {
    const auto at = static_cast<std::size_t>(layer);
    layout.layers[at] = {layout.total, static_cast<std::size_t>(parameters(workload.layers[at].shape))};
    layout.total = on_next_line(layout.layers[at].end());
  }
  for (std::size_t at = 0; at < layout.layers.size(); ++at) {
    const auto count = static_cast<std::size_t>(own_parameters(workload.layers[at]));
    if (count == 0 || layout.layers[at].count > 0) continue;
    layout.layers[at] = {layout.total, count};
    layout.total = on_next_line(layout.layers[at].end());
  }
  for (std::size_t at = 0; at < layout.layers.size(); ++at)
    if (const int owner = workload.layers[at].tied_to; owner >= 0) layout.layers[at] = layout.layers[static_cast<std::size_t>(owner)];
  auto next = order.begin();
  bool reduces = false;
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const Collective* collective = all_reduce_of(plan.operations[i]);
    if (collective == nullptr) continue;
    reduces = true;
    const auto wanted = static_cast<std::size_t>(collective->bytes.value()) / sizeof(float);
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
