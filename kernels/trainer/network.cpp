#include "kernels/trainer/network.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

#include "core/error.hpp"
#include "kernels/cpu/layer_arrays.hpp"
#include "kernels/trainer/random.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

std::int64_t fan_in(const LayerShape& shape) { return shape.input.channels / shape.groups * shape.window.volume(); }

/// Biases, or a norm's shifts.
std::size_t shift_count(const LayerShape& shape) {
  return static_cast<std::size_t>(shape.bias || cpu::is_norm(shape.kind) ? shape.output.channels : 0);
}

// Of a layer's weights and its draws.
constexpr std::uint64_t kFirstLayerStream = 1000;
constexpr float kTableDeviation = 0.02F;

std::int64_t batch_of(const StepPlan& plan) {
  for (const Operation& operation : plan.operations)
    if (const auto* kernel = std::get_if<Kernel>(&operation.work); kernel != nullptr && kernel->pass == Pass::forward) return kernel->batch;
  throw std::logic_error("a plan without a forward pass cannot be trained");
}

}  // namespace

float initial_deviation(const Workload& workload, std::size_t layer) {
  if (workload.layers[layer].shape.kind == LayerKind::embedding) return kTableDeviation;
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

bool learns_tokens(const Workload& workload) { return workload.layers.back().shape.input.positions() > 1; }

/// The plan, unless it cannot be run here: its buckets count the bytes of its precision, which a layout of floats does not fit.
const StepPlan& runnable(const Workload& workload, const StepPlan& plan, Kernels kernels) {
  for (const Layer& layer : workload.layers)
    if (layer.tied_to >= 0 && layer.shape.bias)
      throw MissingCapability("the trainer's layers share all of their parameters or none, and " + layer.name + " has biases of its own");
  const std::int64_t tokens = workload.layers.back().shape.input.channels;
  for (const Layer& layer : workload.layers)
    if (layer.shape.kind == LayerKind::embedding && !layer.by_position && layer.shape.rows < tokens)
      throw MissingCapability("the trainer's sequences are of tokens that the network tells apart, " + std::to_string(tokens) +
                              " of them, and " + layer.name + " is a table of " + std::to_string(layer.shape.rows));
  for (const Layer& layer : workload.layers)
    if (std::any_of(layer.inputs.begin() + 1, layer.inputs.end(), [&](int input) { return source_of(workload, input) == kData; }))
      throw MissingCapability("the trainer's layers read samples alone, and " + layer.name + " reads them beside another layer's output");
  for (const Operation& operation : plan.operations)
    if (const auto* kernel = std::get_if<Kernel>(&operation.work)) {
      const cpu::Library library = library_of(*kernel, kernels);
      if (!cpu::offers(library, *kernel)) cpu::make_operator(*kernel, library);
    }
  return plan;
}

/// Whether a pass is its layer's first backward one, before which its gradient is whole.
bool begins_backward(const Passes& passes, Pass pass) {
  const auto* first = std::ranges::find_if(passes, [](Pass each) { return each == Pass::backward_weights || each == Pass::backward_data; });
  return first != passes.end() && *first == pass;
}

}  // namespace

Network::Network(const Workload& workload, const StepPlan& plan, const NetworkOptions& options)
    : order_(step_order(plan, workload)),
      layout_(parameter_layout(workload, runnable(workload, plan, options.kernels))),
      weights_(layout_.total),
      gradients_(layout_.total),
      velocities_(cpu::has_velocity(workload.optimizer) ? layout_.total : 0),
      second_moments_(cpu::has_second_moment(workload.optimizer) ? layout_.total : 0),
      activations_(workload, batch_of(plan)),
      buffers_(workload.layers.size()),
      kept_(workload.layers.size()) {
  activations_.connect(buffers_);
  point_to_parameters();
  keep(workload, batch_of(plan), options.seed);
  initialise_weights(workload, options.seed);
  prepare_operators(workload, plan, options);
}

void Network::point_to_parameters() {
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    const ParameterRange& parameters = layout_.layers[i];
    if (parameters.count == 0) continue;
    cpu::LayerBuffers& buffers = buffers_[i];
    buffers.weights = weights_.data() + parameters.first;
    buffers.weight_gradient = gradients_.data() + parameters.first;
    if (velocities_.size() > 0) buffers.velocity = velocities_.data() + parameters.first;
    if (second_moments_.size() > 0) buffers.second_moment = second_moments_.data() + parameters.first;
  }
}

void Network::keep(const Workload& workload, std::int64_t batch, std::uint64_t seed) {
  const auto room = [](std::int64_t elements) { return static_cast<std::size_t>(elements); };
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    const LayerShape& shape = workload.layers[i].shape;
    const std::int64_t outputs = batch * shape.output.elements();
    Kept& kept = kept_[i];
    if (shape.kind == LayerKind::max_pool) kept.indices = AlignedArray<std::int32_t>(room(outputs));
    if (shape.kind == LayerKind::dropout) kept.mask = AlignedArray<std::uint8_t>(room(outputs));
    kept.statistics = AlignedArray<float>(room(cpu::statistics_elements(shape, batch)));
    kept.running = AlignedArray<float>(room(cpu::running_elements(shape)));
    cpu::LayerBuffers& buffers = buffers_[i];
    buffers.indices = kept.indices.data(), buffers.mask = kept.mask.data();
    buffers.statistics = kept.statistics.data(), buffers.running = kept.running.data();
    buffers.key = stream_key(seed, kFirstLayerStream + i);
    buffers.step = 0;  // begin_step() counts
    if (workload.layers[i].by_position) {
      const std::int64_t positions = shape.output.positions();
      kept.indices = AlignedArray<std::int32_t>(room(batch * positions));
      for (std::int64_t p = 0; p < batch * positions; ++p) kept.indices.data()[p] = static_cast<std::int32_t>(p % positions);
      buffers.picked = kept.indices.data();
    } else if (source_of(workload, workload.layers[i].inputs.front()) == kData) {
      (shape.kind == LayerKind::embedding ? reads_tokens_ : reads_samples_).push_back(static_cast<int>(i));
    }
  }
  buffers_.back().loss = &loss_;
}

void Network::initialise_weights(const Workload& workload, std::uint64_t seed) {
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    const ParameterRange& range = layout_.layers[i];
    if (range.count == 0 || workload.layers[i].tied_to >= 0) continue;
    const LayerShape& shape = workload.layers[i].shape;
    const std::span<float> weights = weights_.span().subspan(range.first, range.count - shift_count(shape));
    if (cpu::is_norm(shape.kind))
      std::ranges::fill(weights, 1.0F);
    else
      fill_normal(stream_key(seed, kFirstLayerStream + i), initial_deviation(workload, i), weights);
  }
}

void Network::prepare_operators(const Workload& workload, const StepPlan& plan, const NetworkOptions& options) {
  cpu::OperatorOptions usual;
  usual.rule = options.rule;
  usual.rule.gradient_scale /= static_cast<float>(plan.ranks);
  usual.mask = learns_tokens(workload) ? cpu::AttentionMask::causal : cpu::AttentionMask::none;
  const std::vector<Passes> all = passes(workload);
  operators_.resize(plan.operations.size());
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const auto* kernel = std::get_if<Kernel>(&plan.operations[i].work);
    if (kernel == nullptr) continue;
    const int layer = plan.operations[i].layer;
    cpu::OperatorOptions its = usual;
    its.adds_gradient = std::ranges::find(workload.layers, layer, &Layer::tied_to) != workload.layers.end();
    operators_[i] = {cpu::make_operator(*kernel, library_of(*kernel, options.kernels), its),
                     begins_backward(all[static_cast<std::size_t>(layer)], kernel->pass)};
  }
}

void Network::begin_step(const Batch& batch) {
  for (cpu::LayerBuffers& buffers : buffers_) {
    ++buffers.step;
    buffers.first_sample = batch.first;
  }
  for (const int layer : reads_samples_) buffers_[static_cast<std::size_t>(layer)].input = batch.samples.data();
  for (const int layer : reads_tokens_) buffers_[static_cast<std::size_t>(layer)].picked = batch.tokens.data();
  buffers_.back().labels = batch.labels.data();
}

void Network::run(StepEntry entry) {
  Prepared& prepared = operators_[static_cast<std::size_t>(entry.operation)];
  assert(prepared.kernel != nullptr);
  if (prepared.gathers) activations_.gather_gradient(entry.layer);
  prepared.kernel->run(buffers_[static_cast<std::size_t>(entry.layer)]);
}

std::span<float> Network::bucket(int operation) {
  const ParameterRange& range = layout_.buckets[static_cast<std::size_t>(operation)];
  return gradients_.span().subspan(range.first, range.count);
}

}  // namespace forerun
