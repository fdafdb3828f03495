#include "workloads/formulas.hpp"

#include <algorithm>

namespace forerun {
namespace {

// As doubles before any product: a batch times a tensor may exceed 64 bits.
double elements(const TensorShape& shape) { return static_cast<double>(shape.elements()); }

double number(std::int64_t value) { return static_cast<double>(value); }

double window_volume(const LayerShape& layer) { return number(layer.window.volume()); }

double biases(const LayerShape& layer) {
  if (!layer.bias) return 0;
  switch (layer.kind) {
    case LayerKind::dense: return number(layer.experts * layer.output.channels);
    case LayerKind::conv2d:
    case LayerKind::conv3d:
    case LayerKind::transposed_conv2d: return number(layer.output.channels);
    case LayerKind::lstm: return number(8 * layer.output.channels);
    default: return 0;
  }
}

/// Scores of all heads for one sample.
double attention_scores(const LayerShape& layer) {
  return number(layer.output.positions()) * number(layer.attention.keys) * number(layer.attention.heads);
}

bool is_norm(LayerKind kind) { return kind == LayerKind::batch_norm || kind == LayerKind::layer_norm || kind == LayerKind::rms_norm; }

/// Arithmetic of an elementwise layer, for each element of its input.
double flops_per_input(LayerKind kind) {
  switch (kind) {
    case LayerKind::relu: return 1;
    case LayerKind::dropout:
    case LayerKind::combine: return 2;
    case LayerKind::squared_error: return 3;
    case LayerKind::sigmoid:
    case LayerKind::rms_norm: return 4;
    case LayerKind::tanh:
    case LayerKind::silu:
    case LayerKind::softmax:
    case LayerKind::softmax_cross_entropy: return 5;
    case LayerKind::binary_cross_entropy: return 6;
    case LayerKind::gelu:
    case LayerKind::batch_norm:
    case LayerKind::layer_norm: return 8;
    default: return 0;
  }
}

double other_forward_flops(const LayerShape& layer) {
  switch (layer.kind) {
    case LayerKind::max_pool:
    case LayerKind::average_pool: return elements(layer.output) * window_volume(layer);
    case LayerKind::add:
    case LayerKind::multiply: return (layer.operands - 1) * elements(layer.output);
    case LayerKind::attention: return 5 * attention_scores(layer);
    case LayerKind::lstm: return 9 * elements(layer.output);
    default: return flops_per_input(layer.kind) * elements(layer.input);
  }
}

/// Elements that the forward pass reads, of activations alone.
double operand_elements(const LayerShape& layer) {
  switch (layer.kind) {
    case LayerKind::add:
    case LayerKind::multiply: return layer.operands * elements(layer.output);
    case LayerKind::concat: return elements(layer.output);
    case LayerKind::attention: {
      const Attention& a = layer.attention;
      return number(layer.output.positions() * a.heads * a.key_channels) +
             number(a.keys * a.key_heads * (a.key_channels + a.value_channels));
    }
    case LayerKind::product: return elements(layer.input) + number(layer.rows) * number(layer.output.channels);
    case LayerKind::embedding: return number(layer.input.positions()) + number(layer.input.positions()) * number(layer.output.channels);
    default: return elements(layer.input);
  }
}

/// Weights that a pass over `batch` samples reads: all, but of an embedding only the rows that were counted as operands.
double weights_read(const LayerShape& layer) { return layer.kind == LayerKind::embedding ? 0 : number(parameters(layer)); }

double forward_elements(const LayerShape& layer, double batch) {
  const double moved = batch * (operand_elements(layer) + elements(layer.output)) + weights_read(layer);
  if (layer.kind == LayerKind::max_pool) return moved + batch * elements(layer.output);
  return is_loss(layer.kind) ? moved + batch * number(layer.input.positions()) : moved;
}

double backward_data_elements(const LayerShape& layer, double batch) {
  const double x = batch * operand_elements(layer);
  const double y = batch * elements(layer.output);
  switch (layer.kind) {
    case LayerKind::max_pool: return 2 * y + x;
    case LayerKind::softmax_cross_entropy:
    case LayerKind::binary_cross_entropy:
    case LayerKind::squared_error: return 2 * x + batch * number(layer.input.positions());
    case LayerKind::relu:
    case LayerKind::gelu:
    case LayerKind::silu:
    case LayerKind::sigmoid:
    case LayerKind::tanh:
    case LayerKind::softmax:
    case LayerKind::multiply: return y + 2 * x;
    case LayerKind::attention: return 2 * (x + y);
    case LayerKind::product:
    case LayerKind::interaction: return y + 2 * x;
    case LayerKind::dropout: return y + x + x / 4;  // the mask has a byte an element
    default: return y + x + weights_read(layer) - biases(layer) + (is_norm(layer.kind) ? x : 0);
  }
}

double update_flops_per_parameter(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::sgd: return 2;
    case Optimizer::sgd_momentum: return 4;
    case Optimizer::adam: return 10;
    case Optimizer::adamw: return 12;
  }
  return 0;
}

double update_elements_per_parameter(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::sgd: return 3;
    case Optimizer::sgd_momentum: return 5;
    case Optimizer::adam:
    case Optimizer::adamw: return 7;
  }
  return 0;
}

/// State elements that the optimizer keeps for each parameter.
double optimizer_state_elements(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::sgd: return 0;
    case Optimizer::sgd_momentum: return 1;
    case Optimizer::adam:
    case Optimizer::adamw: return 2;
  }
  return 0;
}

Flops backward_data_flops(const LayerShape& layer) {
  const Flops matrix = matrix_flops_per_sample(layer);
  switch (layer.kind) {
    case LayerKind::attention: return 2 * matrix + Flops(5 * attention_scores(layer));
    case LayerKind::product:
    case LayerKind::interaction: return 2 * matrix;
    case LayerKind::max_pool:
    case LayerKind::average_pool: return Flops(elements(layer.output));
    case LayerKind::softmax_cross_entropy:
    case LayerKind::binary_cross_entropy:
    case LayerKind::squared_error: return Flops(2 * elements(layer.input));
    case LayerKind::concat:
    case LayerKind::reshape:
    case LayerKind::embedding: return Flops();
    case LayerKind::add:
    case LayerKind::multiply: return Flops((layer.operands - 1) * elements(layer.output));
    default: break;
  }
  if (is_norm(layer.kind)) return forward_flops_per_sample(layer);
  return has_parameters(layer.kind) ? matrix : Flops(elements(layer.input));
}

Flops backward_weights_flops(const LayerShape& layer) {
  if (is_norm(layer.kind)) return Flops(2 * elements(layer.input));
  if (layer.kind == LayerKind::embedding) return Flops(elements(layer.output));
  return has_parameters(layer.kind) ? matrix_flops_per_sample(layer) : Flops();
}

}  // namespace

std::vector<Passes> passes(const Workload& workload) {
  std::vector<Passes> all;
  all.reserve(workload.layers.size());
  std::vector<char> trained(workload.layers.size());  // whether something that is trained stands at or before the layer
  for (std::size_t i = 0; i < workload.layers.size(); ++i) {
    const Layer& layer = workload.layers[i];
    const bool learns = has_parameters(layer.shape.kind) && !layer.frozen;
    const bool before =
        std::ranges::any_of(layer.inputs, [&](int input) { return input >= 0 && trained[static_cast<std::size_t>(input)] != 0; });
    trained[i] = learns || before ? 1 : 0;
    Passes& list = all.emplace_back();
    list.add(Pass::forward);
    if (learns) list.add(Pass::backward_weights);
    if (before || is_loss(layer.shape.kind)) list.add(Pass::backward_data);
    if (learns && layer.tied_to < 0) list.add(Pass::update);
  }
  return all;
}

Flops matrix_flops_per_sample(const LayerShape& layer) {
  const double in = number(layer.input.channels);
  const double out = number(layer.output.channels);
  const double positions = number(layer.output.positions());
  const double groups = number(layer.groups);
  switch (layer.kind) {
    case LayerKind::dense:
    case LayerKind::nearest_center: return Flops(2 * positions * in * out);
    case LayerKind::conv2d:
    case LayerKind::conv3d: return Flops(2 * elements(layer.output) * in * window_volume(layer) / groups);
    case LayerKind::transposed_conv2d: return Flops(2 * elements(layer.input) * out * window_volume(layer) / groups);
    case LayerKind::lstm: return Flops(8 * positions * out * (in + out));
    case LayerKind::attention:
      return Flops(2 * attention_scores(layer) * number(layer.attention.key_channels + layer.attention.value_channels));
    case LayerKind::product: return Flops(2 * elements(layer.output) * number(layer.rows));
    case LayerKind::interaction: {
      const double vectors = number(layer.input.positions());
      return Flops(2 * vectors * vectors * in);
    }
    case LayerKind::least_squares: return Flops(positions * (out * out + out) + number(layer.rows) * out * out * out / 3);
    default: return Flops();
  }
}

Flops forward_flops_per_sample(const LayerShape& layer) { return matrix_flops_per_sample(layer) + Flops(other_forward_flops(layer)); }

Flops flops(const Kernel& kernel) {
  const LayerShape& layer = kernel.shape;
  const double batch = number(kernel.batch);
  switch (kernel.pass) {
    case Pass::forward: return batch * forward_flops_per_sample(layer);
    case Pass::backward_weights: return batch * backward_weights_flops(layer);
    case Pass::backward_data: return batch * backward_data_flops(layer);
    case Pass::update: return Flops(update_flops_per_parameter(kernel.optimizer) * number(parameters(layer)));
  }
  return Flops();
}

Bytes bytes_moved(const Kernel& kernel) {
  const LayerShape& layer = kernel.shape;
  if (is_view(layer)) return Bytes(0);
  const double batch = number(kernel.batch);
  const double weights = number(parameters(layer));
  if (kernel.pass == Pass::update) return Bytes(kBytesPerElement * update_elements_per_parameter(kernel.optimizer) * weights);
  double moved = 0;
  if (kernel.pass == Pass::forward) moved = forward_elements(layer, batch);
  if (kernel.pass == Pass::backward_data) moved = backward_data_elements(layer, batch);
  if (kernel.pass == Pass::backward_weights && has_parameters(layer.kind))
    moved = batch * (elements(layer.input) + elements(layer.output)) + weights;
  return Bytes(bytes_per_element(kernel.precision) * moved);
}

std::int64_t parameters(const Workload& workload) {
  std::int64_t total = 0;
  for (const Layer& layer : workload.layers) total += own_parameters(layer);
  return total;
}

std::int64_t trained_parameters(const Workload& workload) {
  std::int64_t total = 0;
  for (const Layer& layer : workload.layers) total += trained_parameters(layer);
  return total;
}

Flops forward_flops_per_sample(const Workload& workload) {
  Flops total;
  for (const Layer& layer : workload.layers) total += forward_flops_per_sample(layer.shape);
  return total;
}

Flops matrix_flops_per_sample(const Workload& workload) {
  Flops total;
  for (const Layer& layer : workload.layers) total += matrix_flops_per_sample(layer.shape);
  return total;
}

Flops backward_flops_per_sample(const Workload& workload) {
  Flops total;
  const std::vector<Passes> all = passes(workload);
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const Pass pass : all[i])
      if (pass == Pass::backward_weights || pass == Pass::backward_data) total += flops({workload.layers[i].shape, pass, 1, Bytes()});
  return total;
}

StepMemory step_memory(const Workload& workload, std::int64_t batch_per_rank) {
  const double batch = number(batch_per_rank);
  const double element = bytes_per_element(workload.precision) / kBytesPerElement;
  const double master = element < 1 ? 1 : 0;
  const double trained = number(trained_parameters(workload));
  Bytes kept(kBytesPerElement * elements(workload.input));
  Bytes gradients_of_inputs;
  const std::vector<Passes> all = passes(workload);
  for (std::size_t i = 0; i < workload.layers.size(); ++i) {
    const LayerShape& layer = workload.layers[i].shape;
    kept += element * kept_bytes(layer);
    for (const Pass pass : all[i])
      if (pass == Pass::backward_data) gradients_of_inputs += Bytes(element * kBytesPerElement * operand_elements(layer));
  }
  return {.weights = Bytes(element * kBytesPerElement * number(parameters(workload))),
          .gradients = Bytes(element * kBytesPerElement * trained),
          .velocities = Bytes(kBytesPerElement * (optimizer_state_elements(workload.optimizer) + master) * trained),
          .activations = batch * kept,
          .activation_gradients = batch * gradients_of_inputs};
}

Bytes step_footprint(const Workload& workload, std::int64_t batch_per_rank) { return step_memory(workload, batch_per_rank).total(); }

}  // namespace forerun
