#include "workloads/layer_costs.hpp"

#include "workloads/activations.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

LayerCosts& LayerCosts::operator+=(const LayerCosts& other) {
  parameters += other.parameters, forward += other.forward, backward += other.backward;
  saved += other.saved, weights += other.weights;
  return *this;
}

std::vector<LayerCosts> layer_costs(const Workload& workload) {
  const std::vector<Passes> all_passes = passes(workload);
  const SavedActivations saved = saved_activations(workload);
  std::vector<LayerCosts> all;
  all.reserve(workload.layers.size());
  for (std::size_t i = 0; i < workload.layers.size(); ++i) {
    const Layer& layer = workload.layers[i];
    LayerCosts& each = all.emplace_back();
    each.parameters = own_parameters(layer);
    each.forward = forward_flops_per_sample(layer.shape);
    for (const Pass pass : all_passes[i])
      if (pass == Pass::backward_weights || pass == Pass::backward_data) each.backward += flops({layer.shape, pass, 1, Bytes()});
    each.saved = saved.layers[i];
    const ParameterBytes bytes = bytes_per_parameter(workload, layer.shape.kind);
    each.weights = Bytes(bytes.weight * static_cast<double>(each.parameters));
  }
  return all;
}

LayerCosts total(const std::vector<LayerCosts>& layers) {
  LayerCosts sum;
  for (const LayerCosts& each : layers) sum += each;
  return sum;
}

}  // namespace forerun
