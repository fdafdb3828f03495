#include "kernels/trainer/network.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
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

/// Of each layer, the one whose weights it has.
std::vector<int> weight_owners(const Workload& workload) {
  std::vector<int> owners;
  for (std::size_t i = 0; i < workload.layers.size(); ++i)
    owners.push_back(workload.layers[i].tied_to >= 0 ? workload.layers[i].tied_to : static_cast<int>(i));
  return owners;
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
      running_(workload.layers.size()),
      parameters_(workload.layers.size()),
      owners_(weight_owners(workload)),
      written_(workload.layers.size()),
      losses_(static_cast<std::size_t>(micro_batches(order_))) {
  point_to_parameters(workload, options.seed);
  initialise_weights(workload, options.seed);
  at_hand_ = std::make_unique<MicroBatch>(workload, batch_of(plan), parameters_);
  prepare_operators(workload, plan, options);
}

void Network::point_to_parameters(const Workload& workload, std::uint64_t seed) {
  std::size_t largest = 0;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const ParameterRange& range = layout_.layers[i];
    cpu::LayerBuffers& buffers = parameters_[i];
    buffers.key = stream_key(seed, kFirstLayerStream + i);
    running_[i] = AlignedArray<float>(static_cast<std::size_t>(cpu::running_elements(workload.layers[i].shape)));
    buffers.running = running_[i].data();
    if (range.count == 0) continue;
    if (losses_.size() > 1 || owners_[i] != static_cast<int>(i)) largest = std::max(largest, range.count);
    buffers.weights = weights_.data() + range.first;
    buffers.weight_gradient = gradients_.data() + range.first;
    if (velocities_.size() > 0) buffers.velocity = velocities_.data() + range.first;
    if (second_moments_.size() > 0) buffers.second_moment = second_moments_.data() + range.first;
  }
  added_ = AlignedArray<float>(largest);
}

void Network::initialise_weights(const Workload& workload, std::uint64_t seed) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
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
  usual.rule.gradient_scale *= static_cast<float>(batch_of(plan)) / static_cast<float>(workload.batch);  // each pass leaves a mean
  usual.mask = learns_tokens(workload) ? cpu::AttentionMask::causal : cpu::AttentionMask::none;
  const std::vector<Passes> all = passes(workload);
  operators_.resize(plan.operations.size());
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const auto* kernel = std::get_if<Kernel>(&plan.operations[i].work);
    if (kernel == nullptr) continue;
    const int layer = plan.operations[i].layer;
    cpu::OperatorOptions its = usual;
    its.adds_gradient = std::ranges::find(workload.layers, layer, &Layer::tied_to) != workload.layers.end();
    operators_[i] = {cpu::make_operator(*kernel, library_of(*kernel, options.kernels), its), kernel->pass,
                     begins_backward(all[static_cast<std::size_t>(layer)], kernel->pass),
                     its.adds_gradient && kernel->shape.kind == LayerKind::embedding};
  }
}

void Network::begin_step(const Batch& batch) {
  ++step_;
  batch_ = &batch;
  at_hand_->drop();
  std::ranges::fill(written_, 0);
  for (cpu::LayerBuffers& buffers : parameters_) buffers.step = step_;
}

MicroBatch& Network::taken_up(int number) {
  if (at_hand_->number() != number) at_hand_->take_up(*batch_, number, step_, losses_[static_cast<std::size_t>(number)]);
  return *at_hand_;
}

void Network::run(StepEntry entry) {
  const Prepared& prepared = operators_[static_cast<std::size_t>(entry.operation)];
  assert(prepared.kernel != nullptr);
  if (prepared.pass == Pass::update) return prepared.kernel->run(parameters_[static_cast<std::size_t>(entry.layer)]);
  MicroBatch& micro_batch = taken_up(entry.micro_batch);
  if (prepared.gathers) micro_batch.activations().gather_gradient(entry.layer);
  cpu::LayerBuffers& buffers = micro_batch.buffers(entry.layer);
  prepared.pass == Pass::backward_weights ? run_backward_weights(entry.layer, buffers, prepared) : prepared.kernel->run(buffers);
}

/// Operators write over gradients. What a step adds to one that it has left already passes through an array of its own.
void Network::run_backward_weights(int layer, cpu::LayerBuffers& buffers, const Prepared& prepared) {
  char& written = written_[static_cast<std::size_t>(owners_[static_cast<std::size_t>(layer)])];
  if (written == 0 || prepared.adds) {
    written = 1;
    return prepared.kernel->run(buffers);
  }
  float* __restrict sum = buffers.weight_gradient;
  buffers.weight_gradient = added_.data();
  prepared.kernel->run(buffers);
  buffers.weight_gradient = sum;
  const float* __restrict added = added_.data();
  const std::size_t count = layout_.layers[static_cast<std::size_t>(layer)].count;
  for (std::size_t i = 0; i < count; ++i) sum[i] += added[i];
}

double Network::loss() const { return std::accumulate(losses_.begin(), losses_.end(), 0.0) / static_cast<double>(losses_.size()); }

std::span<float> Network::bucket(int operation) {
  const ParameterRange& range = layout_.buckets[static_cast<std::size_t>(operation)];
  return gradients_.span().subspan(range.first, range.count);
}

}  // namespace forerun
