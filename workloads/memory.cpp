#include "workloads/memory.hpp"

#include <algorithm>

#include "workloads/formulas.hpp"

namespace forerun {
namespace {

double elements(const TensorShape& shape) { return static_cast<double>(shape.elements()); }

double number(std::int64_t value) { return static_cast<double>(value); }

double biases(const LayerShape& layer) {
  if (!layer.bias) return 0;
  switch (layer.kind) {
    case LayerKind::dense: return number(layer.experts * layer.output.channels);
    case LayerKind::conv2d:
    case LayerKind::conv3d:
    case LayerKind::transposed_conv2d: return number(layer.output.channels);
    case LayerKind::batch_norm:
    case LayerKind::layer_norm: return number(layer.input.channels);
    default: return 0;
  }
}

/// Bytes of a sample's indices, labels or mask, which are the same in every precision.
double fixed_bytes(const LayerShape& layer) {
  switch (layer.kind) {
    case LayerKind::max_pool: return kBytesPerElement * elements(layer.output);
    case LayerKind::dropout: return elements(layer.output);
    case LayerKind::attention:
      return layer.attention.dropout && layer.attention.method != AttentionMethod::flash ? attention_scores(layer) : 0;
    case LayerKind::embedding:
    case LayerKind::softmax_cross_entropy: return kBytesPerElement * number(layer.input.positions());
    default: return 0;
  }
}

/// Elements of targets that a loss compares with.
double targets(const LayerShape& layer) {
  return layer.kind == LayerKind::squared_error || layer.kind == LayerKind::binary_cross_entropy ? elements(layer.input) : 0;
}

/// Elements that the forward pass reads of one sample, parameters that were picked for it included.
double read_elements(const LayerShape& layer) {
  switch (layer.kind) {
    case LayerKind::embedding: return elements(layer.output);
    case LayerKind::least_squares: return elements(layer.input) + number(layer.input.positions()) * number(layer.output.channels);
    case LayerKind::reshape: return std::min(elements(layer.input), elements(layer.output));
    default: return operand_elements(layer) + targets(layer);
  }
}

/// Elements of scores that attention moves beside what it keeps.
double scores_moved(const LayerShape& layer, Pass pass) {
  if (layer.kind != LayerKind::attention || layer.attention.method == AttentionMethod::flash) return 0;
  const bool unfused = layer.attention.method == AttentionMethod::unfused;
  const double times = pass == Pass::forward ? 3 + (layer.attention.dropout ? 1 : 0) + (unfused ? 4 : 0)
                                             : 7 + (layer.attention.dropout ? 2 : 0) + (unfused ? 2 : 0);
  return times * attention_scores(layer);
}

/// Weights that a pass reads whatever its batch.
double weights_read(const LayerShape& layer) {
  return layer.kind == LayerKind::embedding || layer.kind == LayerKind::least_squares ? 0 : number(parameters(layer));
}

double forward_bytes(const LayerShape& layer, double batch, Precision precision) {
  const double written = kept_bytes(layer, precision).value();
  const bool reads_fixed = layer.kind == LayerKind::embedding || layer.kind == LayerKind::softmax_cross_entropy;
  const double each =
      bytes_per_element(precision) * (read_elements(layer) + scores_moved(layer, Pass::forward)) + (reads_fixed ? fixed_bytes(layer) : 0);
  return batch * (each + written) + bytes_per_element(precision) * weights_read(layer);
}

double backward_weights_elements(const LayerShape& layer, double batch) {
  const double x = batch * elements(layer.input);
  const double y = batch * elements(layer.output);
  const double weights = number(parameters(layer));
  if (layer.kind == LayerKind::lstm) return x + 11 * y + 2 * weights;
  return (layer.kind == LayerKind::embedding ? 0 : x) + y + (is_sparse(layer) ? y : weights);
}

double backward_data_elements(const LayerShape& layer, double batch) {
  const double x = batch * operand_elements(layer);
  const double y = batch * elements(layer.output);
  switch (layer.kind) {
    case LayerKind::concat: return 0;
    case LayerKind::softmax_cross_entropy:
    case LayerKind::binary_cross_entropy:
    case LayerKind::squared_error: return 2 * x + batch * targets(layer);
    case LayerKind::relu:
    case LayerKind::gelu:
    case LayerKind::silu:
    case LayerKind::sigmoid:
    case LayerKind::tanh:
    case LayerKind::softmax:
    case LayerKind::multiply:
    case LayerKind::combine:
    case LayerKind::product:
    case LayerKind::interaction: return y + 2 * x;
    case LayerKind::attention: return 2 * (x + y) + batch * scores_moved(layer, Pass::backward_data);
    case LayerKind::batch_norm:
    case LayerKind::layer_norm:
    case LayerKind::rms_norm: return y + 2 * x + number(parameters(layer)) - biases(layer);
    case LayerKind::lstm: return 4 * y + x + 4 * number(layer.input.channels) * number(layer.output.channels);
    default: return y + x + weights_read(layer) - biases(layer);
  }
}

double update_elements_per_parameter(const Kernel& kernel) {
  if (kernel.shape.kind == LayerKind::nearest_center) return 2;
  switch (kernel.optimizer) {
    case Optimizer::sgd: return 3;
    case Optimizer::sgd_momentum: return 5;
    case Optimizer::adam:
    case Optimizer::adamw: return 7;
    case Optimizer::lbfgs: return 45;
  }
  return 0;
}

bool reads_data(const Layer& layer) { return std::ranges::find(layer.inputs, kData) != layer.inputs.end(); }

/// State elements that the optimizer keeps for each parameter.
double optimizer_state_elements(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::sgd: return 0;
    case Optimizer::sgd_momentum: return 1;
    case Optimizer::adam:
    case Optimizer::adamw: return 2;
    case Optimizer::lbfgs: return 20;
  }
  return 0;
}

}  // namespace

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
    case LayerKind::embedding: return number(layer.input.positions());
    default: return elements(layer.input);
  }
}

Bytes kept_bytes(const LayerShape& layer, Precision precision) {
  if (is_view(layer)) return Bytes(0);
  double each = bytes_per_element(precision);
  if (layer.kind == LayerKind::lstm) each *= 6;
  if (layer.kind == LayerKind::max_pool) each += kBytesPerElement;
  if (layer.kind == LayerKind::dropout) each += 1;
  const double written = each * elements(layer.output);
  if (layer.kind != LayerKind::attention || layer.attention.method == AttentionMethod::flash) return Bytes(written);
  return Bytes(written + attention_scores(layer) * (layer.attention.dropout ? 2 * each + 1 : each));
}

Bytes bytes_moved(const Kernel& kernel) {
  const LayerShape& layer = kernel.shape;
  if (is_view(layer)) return Bytes(0);
  const double batch = number(kernel.batch);
  const double element = bytes_per_element(kernel.precision);
  switch (kernel.pass) {
    case Pass::forward: return Bytes(forward_bytes(layer, batch, kernel.precision));
    case Pass::backward_weights:
      if (!has_gradient(layer.kind)) return Bytes();
      return Bytes(element * backward_weights_elements(layer, batch) +
                   (layer.kind == LayerKind::embedding ? batch * fixed_bytes(layer) : 0));
    case Pass::backward_data:
      if (!passes_gradient(layer.kind)) return Bytes();
      return Bytes(element * backward_data_elements(layer, batch) + batch * fixed_bytes(layer));
    case Pass::update:
      return Bytes(std::max(kBytesPerElement, element) * update_elements_per_parameter(kernel) * updated_parameters(layer, kernel.batch));
  }
  return Bytes();
}

ParameterBytes bytes_per_parameter(const Workload& workload, LayerKind kind) {
  const double element = bytes_per_element(workload.precision);
  const double updated = std::max(kBytesPerElement, element);
  return {.weight = element + (workload.precision == Precision::fp8 && kind == LayerKind::dense ? 2 : 0),
          .gradient = bytes_per_gradient(workload),
          .master = element < kBytesPerElement ? kBytesPerElement : 0,
          .optimizer = updated * optimizer_state_elements(workload.optimizer)};
}

Bytes sample_bytes(const Workload& workload) {
  const double all = elements(workload.input);
  double short_numbers = 0;  // several embeddings may look up the same indices
  for (const Layer& layer : workload.layers)
    if ((layer.shape.kind == LayerKind::embedding || layer.shape.kind == LayerKind::least_squares) && reads_data(layer))
      short_numbers += elements(layer.shape.input);
  short_numbers = std::min(short_numbers, all);
  const double value = std::max(kBytesPerElement, bytes_per_element(workload.precision));
  return Bytes(kBytesPerElement * short_numbers + value * (all - short_numbers));
}

StepMemory step_memory(const Workload& workload, std::int64_t batch_per_rank) {
  const double element = bytes_per_element(workload.precision);
  StepMemory memory;
  Bytes kept = sample_bytes(workload);
  Bytes gradients_of_inputs;
  const std::vector<Passes> all = passes(workload);
  for (std::size_t i = 0; i < workload.layers.size(); ++i) {
    const Layer& layer = workload.layers[i];
    kept += kept_bytes(layer.shape, workload.precision);
    for (const Pass pass : all[i])
      if (pass == Pass::backward_data) gradients_of_inputs += Bytes(element * operand_elements(layer.shape));
    if (!has_parameters(layer.shape.kind)) continue;
    const ParameterBytes each = bytes_per_parameter(workload, layer.shape.kind);
    const double trained = number(trained_parameters(layer));
    memory.weights += Bytes(each.weight * number(own_parameters(layer)));
    memory.optimizer += Bytes((each.master + each.optimizer) * trained);
    memory.gradients += Bytes(each.gradient * std::min(trained, updated_parameters(layer.shape, batch_per_rank)));
  }
  const double batch = number(batch_per_rank);
  memory.activations = batch * kept;
  memory.activation_gradients = batch * gradients_of_inputs;
  return memory;
}

Bytes step_footprint(const Workload& workload, std::int64_t batch_per_rank) { return step_memory(workload, batch_per_rank).total(); }

}  // namespace forerun
