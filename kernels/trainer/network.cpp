#include "kernels/trainer/network.hpp"

#include <cassert>
#include <cmath>
#include <stdexcept>

#include "core/error.hpp"
#include "kernels/trainer/random.hpp"

namespace forerun {

namespace {

std::int64_t fan_in(const LayerShape& shape) { return shape.input.channels / shape.groups * shape.window.volume(); }

std::size_t bias_count(const LayerShape& shape) { return static_cast<std::size_t>(shape.bias ? shape.output.channels : 0); }

std::int64_t batch_of(const StepPlan& plan) {
  for (const Operation& operation : plan.operations)
    if (const auto* kernel = std::get_if<Kernel>(&operation.work); kernel != nullptr && kernel->pass == Pass::forward) return kernel->batch;
  throw std::logic_error("a plan without a forward pass cannot be trained");
}

}  // namespace

float initial_deviation(const Workload& workload, std::size_t layer) {
  const bool before_relu = layer + 1 < workload.layers.size() && workload.layers[layer + 1].shape.kind == LayerKind::relu;
  return std::sqrt((before_relu ? 2.0F : 1.0F) / static_cast<float>(fan_in(workload.layers[layer].shape)));
}

cpu::Library library_of(const Kernel& kernel, Kernels kernels) {
  if (kernels == Kernels::eigen_only) return cpu::Library::eigen;
  Kernel chooser = kernel;
  if (kernel.shape.kind == LayerKind::max_pool) chooser.pass = Pass::forward;
  return cpu::best_library(chooser);
}

namespace {

/// Layers whose arrays a network has: one input, its gradient, and the places of maxima.
constexpr bool has_arrays_for(LayerKind kind) {
  switch (kind) {
    case LayerKind::dense:
    case LayerKind::conv2d:
    case LayerKind::max_pool:
    case LayerKind::average_pool:
    case LayerKind::relu:
    case LayerKind::gelu:
    case LayerKind::softmax_cross_entropy: return true;
    default: return false;
  }
}

constexpr bool has_second_moments(Optimizer optimizer) { return optimizer == Optimizer::adam || optimizer == Optimizer::adamw; }

/// The plan, unless it cannot be run here: its buckets count the bytes of its precision, which a layout of floats does not fit.
const StepPlan& runnable(const Workload& workload, const StepPlan& plan, Kernels kernels) {
  if (!is_chain(workload))
    throw MissingCapability("the trainer runs networks whose layers follow one another, and " + workload.name + " branches");
  if (workload.layers.back().shape.input.positions() > 1)
    throw MissingCapability("the trainer's samples have one label each, and " + workload.name + " learns from several positions of one");
  for (const Layer& layer : workload.layers)
    if (!has_arrays_for(layer.shape.kind))
      throw MissingCapability("the trainer has no arrays for " + layer.name + ", of the kind " + std::string(to_string(layer.shape.kind)));
  for (const Operation& operation : plan.operations)
    if (const auto* kernel = std::get_if<Kernel>(&operation.work)) {
      const cpu::Library library = library_of(*kernel, kernels);
      if (!cpu::offers(library, *kernel)) cpu::make_operator(*kernel, library);
    }
  return plan;
}

}  // namespace

Network::Network(const Workload& workload, const StepPlan& plan, const NetworkOptions& options)
    : layout_(parameter_layout(workload, runnable(workload, plan, options.kernels))),
      weights_(layout_.total),
      gradients_(layout_.total),
      velocities_(workload.optimizer == Optimizer::sgd ? 0 : layout_.total),
      second_moments_(has_second_moments(workload.optimizer) ? layout_.total : 0),
      layers_(workload.layers.size()) {
  allocate(workload, batch_of(plan));
  initialise_weights(workload, options.seed);
  prepare_operators(plan, options);
}

void Network::allocate(const Workload& workload, std::int64_t batch_size) {
  const auto batch = static_cast<std::size_t>(batch_size);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const LayerShape& shape = workload.layers[i].shape;
    LayerState& layer = layers_[i];
    layer.output = AlignedArray<float>(batch * static_cast<std::size_t>(shape.output.elements()));
    if (i > 0) layer.input_gradient = AlignedArray<float>(batch * static_cast<std::size_t>(shape.input.elements()));
    if (shape.kind == LayerKind::max_pool) layer.indices = AlignedArray<std::int32_t>(layer.output.size());
    const ParameterRange& parameters = layout_.layers[i];
    cpu::LayerBuffers& buffers = layer.buffers;
    buffers.step = 0;  // begin_step() counts
    buffers.input = i > 0 ? layers_[i - 1].output.data() : nullptr;
    buffers.output = layer.output.data();
    buffers.input_gradient = layer.input_gradient.data();
    buffers.indices = layer.indices.data();
    if (i > 0) layers_[i - 1].buffers.output_gradient = layer.input_gradient.data();
    if (parameters.count > 0) {
      buffers.weights = weights_.data() + parameters.first;
      buffers.weight_gradient = gradients_.data() + parameters.first;
      if (velocities_.size() > 0) buffers.velocity = velocities_.data() + parameters.first;
      if (second_moments_.size() > 0) buffers.second_moment = second_moments_.data() + parameters.first;
    }
  }
  layers_.back().buffers.loss = &loss_;
}

void Network::initialise_weights(const Workload& workload, std::uint64_t seed) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const ParameterRange& range = layout_.layers[i];
    if (range.count == 0) continue;
    const std::size_t matrix = range.count - bias_count(workload.layers[i].shape);
    fill_normal(stream_key(seed, 1000 + i), initial_deviation(workload, i), weights_.span().subspan(range.first, matrix));
  }
}

void Network::prepare_operators(const StepPlan& plan, const NetworkOptions& options) {
  cpu::UpdateRule rule = options.rule;
  rule.gradient_scale /= static_cast<float>(plan.ranks);
  operators_.resize(plan.operations.size());
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const auto* kernel = std::get_if<Kernel>(&plan.operations[i].work);
    if (kernel == nullptr) continue;
    operators_[i] = {cpu::make_operator(*kernel, library_of(*kernel, options.kernels), {.rule = rule}), plan.operations[i].layer};
  }
}

void Network::begin_step(const Batch& batch) {
  for (LayerState& layer : layers_) ++layer.buffers.step;
  layers_.front().buffers.input = batch.samples.data();
  layers_.back().buffers.labels = batch.labels.data();
}

void Network::run(int operation) {
  Prepared& prepared = operators_[static_cast<std::size_t>(operation)];
  assert(prepared.kernel != nullptr);
  prepared.kernel->run(layers_[static_cast<std::size_t>(prepared.layer)].buffers);
}

std::span<float> Network::bucket(int operation) {
  const ParameterRange& range = layout_.buckets[static_cast<std::size_t>(operation)];
  return gradients_.span().subspan(range.first, range.count);
}

}  // namespace forerun
