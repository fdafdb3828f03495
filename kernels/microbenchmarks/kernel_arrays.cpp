#include "kernels/microbenchmarks/kernel_arrays.hpp"

#include <numeric>

#include "kernels/layer_arrays.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

std::vector<std::int64_t> further_inputs(const Kernel& kernel) {
  std::vector<std::int64_t> elements = further_inputs(kernel.shape);
  for (std::int64_t& count : elements) count *= kernel.batch;
  return elements;
}

KernelArrays forward_arrays(const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  KernelArrays arrays;
  arrays.output = kernel.batch * shape.output.elements();
  arrays.weights = parameters(shape);
  arrays.further_inputs = further_inputs(kernel);
  arrays.running = running_elements(shape);
  arrays.statistics = statistics_elements(shape, kernel.batch);
  if (shape.kind == LayerKind::max_pool) arrays.indices = arrays.output;
  if (shape.kind == LayerKind::dropout) arrays.mask = arrays.output;
  if (shape.kind == LayerKind::embedding)
    arrays.picked = kernel.batch * shape.input.positions();
  else
    arrays.input = kernel.batch * shape.input.elements();
  return arrays;
}

KernelArrays backward_weights_arrays(const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  KernelArrays arrays;
  arrays.output_gradient = kernel.batch * shape.output.elements();
  arrays.weight_gradient = parameters(shape);
  if (is_norm(shape.kind)) arrays.statistics = statistics_elements(shape, kernel.batch);
  if (shape.kind == LayerKind::embedding)
    arrays.picked = kernel.batch * shape.input.positions();
  else
    arrays.input = kernel.batch * shape.input.elements();
  return arrays;
}

KernelArrays backward_data_arrays(const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  const LayerKind kind = shape.kind;
  const std::int64_t inputs = kernel.batch * shape.input.elements(), outputs = kernel.batch * shape.output.elements();
  const bool attends = kind == LayerKind::attention, loss = kind == LayerKind::softmax_cross_entropy;
  if (kind == LayerKind::add) return {.output_gradient = outputs, .input_gradient = outputs};  // one gradient is added to another
  KernelArrays arrays;
  arrays.input_gradient = inputs, arrays.weights = parameters(shape);
  arrays.further_input_gradients = further_inputs(kernel);
  arrays.statistics = statistics_elements(shape, kernel.batch);
  if (!loss) arrays.output_gradient = outputs;
  if (loss || attends || kind == LayerKind::relu) arrays.output = outputs;
  if (attends || is_norm(kind) || kind == LayerKind::gelu) arrays.input = inputs;
  if (attends) arrays.further_inputs = arrays.further_input_gradients;
  if (kind == LayerKind::max_pool) arrays.indices = outputs;
  if (kind == LayerKind::dropout) arrays.mask = outputs;
  return arrays;
}

KernelArrays update_arrays(const Kernel& kernel) {
  KernelArrays arrays;
  arrays.weights = arrays.weight_gradient = parameters(kernel.shape);
  if (has_velocity(kernel.optimizer)) arrays.velocity = arrays.weights;
  if (has_second_moment(kernel.optimizer)) arrays.second_moment = arrays.weights;
  return arrays;
}

KernelArrays arrays_of_pass(const Kernel& kernel) {
  switch (kernel.pass) {
    case Pass::forward: return forward_arrays(kernel);
    case Pass::backward_weights: return backward_weights_arrays(kernel);
    case Pass::backward_data: return backward_data_arrays(kernel);
    case Pass::update: return update_arrays(kernel);
  }
  return {};
}

}  // namespace

Bytes KernelArrays::total() const {
  std::int64_t elements = input + output + output_gradient + input_gradient + weights + weight_gradient + velocity + second_moment +
                          indices + labels + picked + statistics + running;
  for (const auto* further : {&further_inputs, &further_input_gradients})
    elements = std::accumulate(further->begin(), further->end(), elements);
  return Bytes(static_cast<double>(elements) * sizeof(float) + static_cast<double>(mask));
}

KernelArrays kernel_arrays(const Kernel& kernel) {
  KernelArrays arrays = arrays_of_pass(kernel);
  if (kernel.shape.kind == LayerKind::softmax_cross_entropy) arrays.labels = kernel.batch * kernel.shape.input.positions();
  return arrays;
}

}  // namespace forerun
