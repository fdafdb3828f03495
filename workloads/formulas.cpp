#include "workloads/formulas.hpp"

#include <algorithm>

namespace forerun {
namespace {

// As doubles before any product: a batch times a tensor may exceed 64 bits.
double elements(const TensorShape& shape) { return static_cast<double>(shape.elements()); }

double number(std::int64_t value) { return static_cast<double>(value); }

double window_volume(const LayerShape& layer) { return number(layer.window.volume()); }

bool is_norm(LayerKind kind) { return kind == LayerKind::batch_norm || kind == LayerKind::layer_norm || kind == LayerKind::rms_norm; }

/// Arithmetic of an elementwise layer, for each element of its input.
double flops_per_input(LayerKind kind) {
  switch (kind) {
    case LayerKind::relu: return 1;
    case LayerKind::dropout:
    case LayerKind::combine: return 2;
    case LayerKind::rotary:
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
    case LayerKind::lstm: return 26 * elements(layer.output);
    case LayerKind::nearest_center: return 5 * number(layer.output.positions()) * number(layer.rows);
    default: return flops_per_input(layer.kind) * elements(layer.input);
  }
}

/// Beside matrix products, on one sample.
double other_backward_data_flops(const LayerShape& layer) {
  const double x = elements(layer.input);
  const double y = elements(layer.output);
  switch (layer.kind) {
    case LayerKind::attention: return 5 * attention_scores(layer);
    case LayerKind::max_pool: return y;
    case LayerKind::average_pool: return y * window_volume(layer);
    case LayerKind::softmax_cross_entropy:
    case LayerKind::binary_cross_entropy:
    case LayerKind::squared_error: return 2 * x;
    case LayerKind::batch_norm:
    case LayerKind::layer_norm:
    case LayerKind::rms_norm: return flops_per_input(layer.kind) * x;
    case LayerKind::add: return (layer.operands - 1) * y;
    case LayerKind::multiply: return layer.operands * (layer.operands - 1) * y;
    case LayerKind::sigmoid:
    case LayerKind::tanh:
    case LayerKind::rotary:
    case LayerKind::combine: return 3 * x;
    case LayerKind::softmax: return 4 * x;
    case LayerKind::silu: return 9 * x;
    case LayerKind::gelu: return 14 * x;
    case LayerKind::reshape: return y > x ? y : 0;
    case LayerKind::relu:
    case LayerKind::dropout: return x;
    default: return 0;
  }
}

double other_backward_weights_flops(const LayerShape& layer) {
  if (is_norm(layer.kind) || layer.kind == LayerKind::nearest_center) return 2 * elements(layer.input);
  if (layer.kind == LayerKind::embedding) return elements(layer.output);
  return layer.kind == LayerKind::lstm ? 21 * elements(layer.output) : 0;
}

double update_flops_per_parameter(const Kernel& kernel) {
  if (kernel.shape.kind == LayerKind::nearest_center) return 1;
  switch (kernel.optimizer) {
    case Optimizer::sgd: return 2;
    case Optimizer::sgd_momentum: return 4;
    case Optimizer::adam: return 10;
    case Optimizer::adamw: return 12;
    case Optimizer::lbfgs: return 82;
  }
  return 0;
}

}  // namespace

std::vector<Passes> passes(const Workload& workload) {
  std::vector<Passes> all;
  all.reserve(workload.layers.size());
  std::vector<char> trained(workload.layers.size());  // whether a gradient of the layer's output is of use
  for (std::size_t i = 0; i < workload.layers.size(); ++i) {
    const Layer& layer = workload.layers[i];
    const LayerKind kind = layer.shape.kind;
    const bool learns = has_gradient(kind) && !layer.frozen;
    const bool before = passes_gradient(kind) && std::ranges::any_of(layer.inputs, [&](int input) {
                          return input >= 0 && trained[static_cast<std::size_t>(input)] != 0;
                        });
    trained[i] = learns || before ? 1 : 0;
    Passes& list = all.emplace_back();
    if (is_view(layer.shape)) continue;
    list.add(Pass::forward);
    if (learns) list.add(Pass::backward_weights);
    if (before || is_loss(kind)) list.add(Pass::backward_data);
    if (learns && layer.tied_to < 0) list.add(Pass::update);
  }
  return all;
}

double updated_parameters(const LayerShape& layer, std::int64_t batch) {
  const double all = number(parameters(layer));
  return is_sparse(layer) ? std::min(all, number(batch) * elements(layer.output)) : all;
}

Flops matrix_flops_per_sample(const LayerShape& layer) {
  const double in = number(layer.input.channels);
  const double out = number(layer.output.channels);
  const double positions = number(layer.output.positions());
  const double groups = number(layer.groups);
  switch (layer.kind) {
    case LayerKind::dense: return Flops(2 * positions * in * out);
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
    case LayerKind::nearest_center: return Flops(2 * positions * in * number(layer.rows));
    case LayerKind::least_squares: {
      const double ratings = number(layer.input.positions());
      return Flops(ratings * (out * out + 3 * out) + number(layer.rows) / groups * (out * out * out / 3 + 2 * out * out));
    }
    default: return Flops();
  }
}

Flops matrix_flops_per_sample(const LayerShape& layer, Pass pass) {
  const Flops forward = matrix_flops_per_sample(layer);
  const double in = number(layer.input.channels);
  const double out = number(layer.output.channels);
  const double positions = number(layer.output.positions());
  if (pass == Pass::forward) return forward;
  if (pass == Pass::backward_weights) {
    if (layer.kind == LayerKind::lstm) return forward + Flops(8 * (positions - 1) * out * out);
    return layer.kind != LayerKind::nearest_center && has_gradient(layer.kind) ? forward : Flops();
  }
  if (pass == Pass::update || !passes_gradient(layer.kind)) return Flops();
  switch (layer.kind) {
    case LayerKind::lstm: return Flops(8 * positions * in * out);
    case LayerKind::product:
    case LayerKind::interaction: return 2 * forward;
    case LayerKind::attention:
      if (layer.attention.method != AttentionMethod::flash) return 2 * forward;
      return 2 * forward + Flops(2 * attention_scores(layer) * number(layer.attention.key_channels));
    default: return forward;
  }
}

Flops forward_flops_per_sample(const LayerShape& layer) { return matrix_flops_per_sample(layer) + Flops(other_forward_flops(layer)); }

Flops flops(const Kernel& kernel) {
  const LayerShape& layer = kernel.shape;
  const double batch = number(kernel.batch);
  const Flops matrix = matrix_flops_per_sample(layer, kernel.pass);
  switch (kernel.pass) {
    case Pass::forward: return batch * (matrix + Flops(other_forward_flops(layer)));
    case Pass::backward_weights: return batch * (matrix + Flops(other_backward_weights_flops(layer)));
    case Pass::backward_data: return batch * (matrix + Flops(other_backward_data_flops(layer)));
    case Pass::update: return Flops(update_flops_per_parameter(kernel) * updated_parameters(layer, kernel.batch));
  }
  return Flops();
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

Flops backward_matrix_flops_per_sample(const Workload& workload) {
  Flops total;
  const std::vector<Passes> all = passes(workload);
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const Pass pass : all[i])
      if (pass != Pass::forward) total += matrix_flops_per_sample(workload.layers[i].shape, pass);
  return total;
}

}  // namespace forerun
