#include "workloads/formulas.hpp"

namespace forerun {
namespace {

// As doubles before any product: a batch times a tensor may exceed 64 bits.
double elements(const TensorShape& shape) { return static_cast<double>(shape.elements()); }

double window_area(const LayerShape& layer) { return static_cast<double>(layer.window) * layer.window; }

double biases(const LayerShape& layer) {
  switch (layer.kind) {
    case LayerKind::dense: return elements(layer.output);
    case LayerKind::conv2d: return static_cast<double>(layer.output.channels);
    default: return 0;
  }
}

double forward_elements(const LayerShape& layer, double batch) {
  const double x = batch * elements(layer.input);
  const double y = batch * elements(layer.output);
  switch (layer.kind) {
    case LayerKind::dense:
    case LayerKind::conv2d: return x + y + static_cast<double>(parameters(layer));
    case LayerKind::max_pool: return x + 2 * y;
    case LayerKind::relu: return x + y;
    case LayerKind::softmax_cross_entropy: return x + y + batch;
  }
  return 0;
}

double backward_data_elements(const LayerShape& layer, double batch) {
  const double x = batch * elements(layer.input);
  const double y = batch * elements(layer.output);
  switch (layer.kind) {
    case LayerKind::dense:
    case LayerKind::conv2d: return y + x + static_cast<double>(parameters(layer)) - biases(layer);
    case LayerKind::max_pool: return 2 * y + x;
    case LayerKind::relu: return y + 2 * x;
    case LayerKind::softmax_cross_entropy: return 2 * x + batch;
  }
  return 0;
}

}  // namespace

Flops forward_flops_per_sample(const LayerShape& layer) {
  const double x = elements(layer.input);
  const double y = elements(layer.output);
  switch (layer.kind) {
    case LayerKind::dense: return Flops(2 * x * y);
    case LayerKind::conv2d: return Flops(2 * y * static_cast<double>(layer.input.channels) * window_area(layer));
    case LayerKind::max_pool: return Flops(y * window_area(layer));
    case LayerKind::relu: return Flops(x);
    case LayerKind::softmax_cross_entropy: return Flops(5 * x);
  }
  return Flops();
}

Flops flops(const Kernel& kernel) {
  const LayerShape& layer = kernel.shape;
  const double batch = static_cast<double>(kernel.batch);
  const Flops forward = batch * forward_flops_per_sample(layer);
  switch (kernel.pass) {
    case Pass::forward: return forward;
    case Pass::backward_weights: return has_parameters(layer.kind) ? forward : Flops();
    case Pass::update: return Flops(4 * static_cast<double>(parameters(layer)));
    case Pass::backward_data: break;
  }
  switch (layer.kind) {
    case LayerKind::dense:
    case LayerKind::conv2d: return forward;
    case LayerKind::max_pool: return Flops(batch * elements(layer.output));
    case LayerKind::relu: return Flops(batch * elements(layer.input));
    case LayerKind::softmax_cross_entropy: return Flops(2 * batch * elements(layer.input));
  }
  return Flops();
}

Bytes bytes_moved(const Kernel& kernel) {
  const LayerShape& layer = kernel.shape;
  const double batch = static_cast<double>(kernel.batch);
  const double weights = static_cast<double>(parameters(layer));
  double moved = 0;
  switch (kernel.pass) {
    case Pass::forward: moved = forward_elements(layer, batch); break;
    case Pass::backward_weights:
      if (has_parameters(layer.kind)) moved = batch * (elements(layer.input) + elements(layer.output)) + weights;
      break;
    case Pass::backward_data: moved = backward_data_elements(layer, batch); break;
    case Pass::update: moved = 5 * weights; break;
  }
  return Bytes(kBytesPerElement * moved);
}

std::int64_t parameters(const Workload& workload) {
  std::int64_t total = 0;
  for (const Layer& layer : workload.layers) total += parameters(layer.shape);
  return total;
}

Flops forward_flops_per_sample(const Workload& workload) {
  Flops total;
  for (const Layer& layer : workload.layers) total += forward_flops_per_sample(layer.shape);
  return total;
}

StepMemory step_memory(const Workload& workload, std::int64_t batch_per_rank) {
  const double batch = static_cast<double>(batch_per_rank);
  Bytes weights;
  Bytes kept(kBytesPerElement * elements(workload.input));
  Bytes gradients_of_inputs;
  for (std::size_t i = 0; i < workload.layers.size(); ++i) {
    const LayerShape& layer = workload.layers[i].shape;
    weights += parameter_bytes(layer);
    kept += kept_bytes(layer);
    if (position_of(i) == LayerPosition::later) gradients_of_inputs += Bytes(kBytesPerElement * elements(layer.input));
  }
  return {.weights = weights,
          .gradients = weights,
          .velocities = weights,
          .activations = batch * kept,
          .activation_gradients = batch * gradients_of_inputs};
}

Bytes step_footprint(const Workload& workload, std::int64_t batch_per_rank) { return step_memory(workload, batch_per_rank).total(); }

}  // namespace forerun
