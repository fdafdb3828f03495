#include "strategies/expert.hpp"

#include <algorithm>

#include "io/format.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

bool has_experts(const Layer& layer) { return layer.shape.kind == LayerKind::dense && layer.shape.experts > 1; }

}  // namespace

std::string split_over_experts(LocalModel& model, int degree) {
  if (degree == 1) return "";
  std::vector<Layer>& layers = model.part->layers;
  if (std::ranges::none_of(layers, has_experts)) return forerun::format("expert={}: {} has no experts", degree, model.workload().name);
  const double element = bytes_per_element(model.workload().precision);
  const auto exchange = [&](std::size_t layer, Moment forward, Moment backward, const TensorShape& tokens) {
    const Bytes bytes(element * static_cast<double>(tokens.elements()));
    for (const Moment moment : {forward, backward})
      model.exchanges[layer].push_back({moment, Collective::Operation::all_to_all, Axis::expert, bytes});
  };
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!has_experts(layers[i])) continue;
    if (layers[i].shape.experts % degree != 0)
      return forerun::format("expert={}: {} experts of {} do not divide", degree, layers[i].shape.experts, layers[i].name);
    // The first dense layer of the experts is the one that reads what was sent to them; several may read it.
    const int from = layers[i].inputs.front();
    const bool reads_sent = from == kData || layers[from].shape.kind == LayerKind::reshape;
    const bool first = reads_sent && (i == 0 || !has_experts(layers[i - 1]) || layers[i - 1].inputs.front() != from) &&
                       std::none_of(layers.begin(), layers.begin() + static_cast<std::ptrdiff_t>(i),
                                    [&](const Layer& other) { return has_experts(other) && other.inputs.front() == from; });
    if (first) exchange(i, Moment::before_forward, Moment::after_backward_data, layers[i].shape.input);
    const bool last = std::ranges::any_of(layers, [&](const Layer& reader) {
      return reader.shape.kind == LayerKind::combine && std::ranges::count(reader.inputs, static_cast<int>(i)) > 0;
    });
    if (last) exchange(i, Moment::after_forward, Moment::before_backward, layers[i].shape.output);
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!has_experts(layers[i])) continue;
    layers[i].shape.experts /= degree;
    model.spread.push_back(static_cast<int>(i));
  }
  return "";
}

}  // namespace forerun
