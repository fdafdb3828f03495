#include "kernels/trainer/network.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "kernels/layer_arrays.hpp"
#include "kernels/trainer/random.hpp"
#include "kernels/trainer/runnable.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

std::int64_t batch_of(const StepPlan& plan) {
  for (const Operation& operation : plan.operations)
    if (const auto* kernel = std::get_if<Kernel>(&operation.work); kernel != nullptr && kernel->pass == Pass::forward) return kernel->batch;
  throw std::logic_error("a plan without a forward pass cannot be trained");
}

bool learns_tokens(const Workload& workload) { return workload.layers.back().shape.input.positions() > 1; }

/// A stage sends what the plan counts.
void check_transfers(const StepPlan& plan, const StageChunk& chunk, MicroBatch& micro_batch) {
  const auto check = [&](int operation, const std::vector<std::span<float>>& arrays) {
    if (operation < 0) return;
    std::size_t bytes = 0;
    for (const std::span<float> array : arrays) bytes += array.size_bytes();
    const auto& send = std::get<Collective>(plan.operations[static_cast<std::size_t>(operation)].work);
    if (static_cast<double>(bytes) != send.bytes.value()) throw std::logic_error("the plan's stages send each other something else");
  };
  check(chunk.receive_forward, micro_batch.activations().arriving());
  check(chunk.send_forward, micro_batch.activations().leaving());
}

}  // namespace

Network::Network(const Workload& workload, const StepPlan& plan, const NetworkOptions& options, int rank)
    : device_(options.device ? options.device : std::make_shared<HostDevice>(options.kernels)),
      shards_(shards_of(workload, plan, rank)),
      chunks_(stage_chunks(plan, workload, class_of(plan, rank))),
      order_(step_order(plan, workload, class_of(plan, rank))),
      layout_(parameter_layout(own_part(workload, shards_), runnable(workload, plan, shards_, *device_), class_of(plan, rank))),
      weights_(*device_, layout_.total),
      rounded_weights_(*device_, workload.precision == Precision::fp32 ? 0 : floats_of(workload.precision, layout_.total)),
      gradients_(*device_, layout_.total),
      velocities_(*device_, has_velocity(workload.optimizer) ? layout_.total : 0),
      second_moments_(*device_, has_second_moment(workload.optimizer) ? layout_.total : 0),
      running_(workload.layers.size()),
      parameters_(workload.layers.size()),
      owners_(weight_owners(workload, chunks_)),
      written_(workload.layers.size()),
      precision_(workload.precision),
      losses_(*device_, static_cast<std::size_t>(forerun::micro_batches(order_))),
      placer_(*device_, workload.precision) {
  point_to_parameters(options.seed);
  initialise_weights(workload, options.seed);
  for (const StageChunk& chunk : chunks_) {
    std::vector<MicroBatch>& all = held_.emplace_back();
    for (int i = 0; i < chunk.held; ++i)
      all.emplace_back(between_layers(workload, shards_), chunk, shards_, batch_of(plan), parameters_, *device_);
    check_transfers(plan, chunk, all.front());
  }
  prepare_operators(workload, plan, options);
  if (std::ranges::find(shards_, Share::rows, &Shard::share) != shards_.end())
    loss_share_ = 1.0F / static_cast<float>(shards_.back().parts);
  loss_inputs_ = batch_of(plan) * workload.layers.back().shape.input.elements();
}

void Network::point_to_parameters(std::uint64_t seed) {
  std::size_t largest = 0;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const ParameterRange& range = layout_.layers[i];
    LayerBuffers& buffers = parameters_[i];
    buffers.key = stream_key(seed, kFirstLayerStream + i);
    running_[i] = {*device_, static_cast<std::size_t>(running_elements(shards_[i].own))};
    buffers.running = running_[i].data();
    if (range.count == 0) continue;
    if (losses_.size() > 1 || owners_[i] != static_cast<int>(i)) largest = std::max(largest, range.count);
    buffers.weights = weights_.data() + range.first;
    if (rounded_weights_.size() > 0)
      buffers.rounded_weights = offset_by(rounded_weights_.data(), static_cast<std::int64_t>(range.first), precision_);
    buffers.weight_gradient = gradients_.data() + range.first;
    if (velocities_.size() > 0) buffers.velocity = velocities_.data() + range.first;
    if (second_moments_.size() > 0) buffers.second_moment = second_moments_.data() + range.first;
  }
  layer_gradient_ = {*device_, largest};
}

void Network::initialise_weights(const Workload& workload, std::uint64_t seed) {
  std::vector<float> weights(layout_.total);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const ParameterRange& range = layout_.layers[i];
    if (range.count == 0 || owners_[i] != static_cast<int>(i)) continue;
    // A copy of weights that another rank has begins as they do.
    const int drawn = workload.layers[i].tied_to >= 0 ? workload.layers[i].tied_to : static_cast<int>(i);
    const std::span<float> own = std::span(weights).subspan(range.first, range.count);
    if (!shards_[i].divides_parameters()) {
      fill_initial_weights(workload, drawn, seed, own);
      continue;
    }
    std::vector<float> whole(static_cast<std::size_t>(parameters(shards_[i].whole)));
    fill_initial_weights(workload, drawn, seed, whole);
    take_parameters(whole, shards_[i], own);
  }
  device_->upload(weights.data(), weights.size() * sizeof(float), weights_.data());
  round_weights();
}

void Network::round_weights() {
  if (rounded_weights_.size() > 0)
    device_->round(precision_, weights_.data(), static_cast<std::int64_t>(weights_.size()), rounded_weights_.data());
}

UpdateRule mean_rule(UpdateRule rule, const Workload& workload, const StepPlan& plan) {
  rule.gradient_scale *= static_cast<float>(batch_of(plan)) / static_cast<float>(workload.batch);
  return rule;
}

void Network::prepare_operators(const Workload& workload, const StepPlan& plan, const NetworkOptions& options) {
  OperatorOptions usual;
  usual.rule = mean_rule(options.rule, workload, plan);
  usual.mask = learns_tokens(workload) ? AttentionMask::causal : AttentionMask::none;
  operators_.resize(plan.operations.size());
  for (const StepEntry entry : order_) {
    const auto at = static_cast<std::size_t>(entry.operation);
    const auto* kernel = std::get_if<Kernel>(&plan.operations[at].work);
    if (kernel == nullptr || entry.layer < 0) continue;  // a server's work on variables
    Prepared& prepared = operators_[at];
    prepared.pass = kernel->pass;
    if (prepared.kernel != nullptr || (kernel->pass == Pass::update && device_->updates_at_once())) continue;
    OperatorOptions its = usual;
    its.adds_gradient = std::ranges::count(owners_, entry.layer) > 1;
    prepared.kernel = device_->make_operator(shards_[static_cast<std::size_t>(entry.layer)].run_as(*kernel), its);
    prepared.adds = its.adds_gradient && kernel->shape.kind == LayerKind::embedding;
  }
  if (device_->updates_at_once()) prepare_update_of_all(workload, usual.rule);
}

// Where an update is a launch, one for all layers takes the time of their bytes. Its range is one, since layers that learn lie before the
// others; gaps between layers hold zeros and keep them.
void Network::prepare_update_of_all(const Workload& workload, const UpdateRule& rule) {
  std::size_t end = 0;
  for (const StepEntry entry : order_)
    if (operators_[static_cast<std::size_t>(entry.operation)].pass == Pass::update) {
      last_update_ = entry;
      end = std::max(end, layout_.layers[static_cast<std::size_t>(entry.layer)].end());
    }
  if (end == 0) return;
  update_of_all_ = device_->make_update(static_cast<std::int64_t>(end), workload.optimizer, rule);
  all_parameters_.weights = weights_.data();
  all_parameters_.rounded_weights = rounded_weights_.data();
  all_parameters_.weight_gradient = gradients_.data();
  all_parameters_.velocity = velocities_.data();
  all_parameters_.second_moment = second_moments_.data();
}

void Network::begin_step(const Batch& batch) {
  ++step_;
  batch_ = placer_.place(batch);
  for (std::vector<MicroBatch>& chunk : held_)
    for (MicroBatch& micro_batch : chunk) micro_batch.drop();
  std::ranges::fill(written_, 0);
  for (LayerBuffers& buffers : parameters_) buffers.step = step_;
  all_parameters_.step = step_;
}

MicroBatch& Network::held(std::size_t chunk, int micro_batch) {
  return held_[chunk][static_cast<std::size_t>(micro_batch) % held_[chunk].size()];
}

MicroBatch& Network::taken_up(StepEntry entry) {
  MicroBatch& micro_batch = held(static_cast<std::size_t>(entry.chunk), entry.micro_batch);
  if (micro_batch.number() != entry.micro_batch) micro_batch.take_up(batch_, entry.micro_batch, step_, losses_.data() + entry.micro_batch);
  return micro_batch;
}

void Network::run(StepEntry entry) {
  const Prepared& prepared = operators_[static_cast<std::size_t>(entry.operation)];
  if (prepared.pass == Pass::update) return run_update(entry, prepared);
  assert(prepared.kernel != nullptr);
  MicroBatch& micro_batch = taken_up(entry);
  micro_batch.begin(entry.layer, prepared.pass);
  LayerBuffers& buffers = micro_batch.buffers(entry.layer);
  SharedLayer* shared = micro_batch.shared(entry.layer);
  if (shared != nullptr) shared->point(prepared.pass, buffers);
  prepared.pass == Pass::backward_weights ? run_backward_weights(entry.layer, buffers, prepared) : prepared.kernel->run(buffers);
  if (shared != nullptr) shared->end(prepared.pass);
  const bool loss = entry.layer + 1 == static_cast<int>(shards_.size());
  if (loss && prepared.pass == Pass::backward_data && loss_share_ != 1)
    device_->scale(precision_, loss_share_, loss_inputs_, buffers.input_gradient);
}

void Network::run_update(StepEntry entry, const Prepared& prepared) {
  if (update_of_all_ == nullptr) return prepared.kernel->run(parameters_[static_cast<std::size_t>(entry.layer)]);
  if (entry == last_update_) update_of_all_->run(all_parameters_);
}

/// Operators write over gradients. What a step adds to one that it has left already passes through an array of its own.
void Network::run_backward_weights(int layer, LayerBuffers& buffers, const Prepared& prepared) {
  char& written = written_[static_cast<std::size_t>(owners_[static_cast<std::size_t>(layer)])];
  if (written == 0 || prepared.adds) {
    written = 1;
    return prepared.kernel->run(buffers);
  }
  float* sum = buffers.weight_gradient;
  buffers.weight_gradient = layer_gradient_.data();
  prepared.kernel->run(buffers);
  buffers.weight_gradient = sum;
  device_->add(Precision::fp32, layer_gradient_.data(), static_cast<std::int64_t>(layout_.layers[static_cast<std::size_t>(layer)].count),
               sum);
}

std::size_t Network::chunk_of(int transfer) const {
  const auto ends_at = [transfer](const StageChunk& chunk) {
    return transfer == chunk.receive_forward || transfer == chunk.send_forward || transfer == chunk.receive_backward ||
           transfer == chunk.send_backward;
  };
  return static_cast<std::size_t>(std::ranges::find_if(chunks_, ends_at) - chunks_.begin());
}

std::vector<std::span<float>> Network::leaving(int operation, int micro_batch) {
  const std::size_t chunk = chunk_of(operation);
  Activations& activations = held(chunk, micro_batch).activations();
  return operation == chunks_[chunk].send_forward ? activations.leaving() : activations.gradients_leaving();
}

std::vector<std::span<float>> Network::arriving(int operation, int micro_batch) {
  const std::size_t chunk = chunk_of(operation);
  Activations& activations = held(chunk, micro_batch).activations();
  return operation == chunks_[chunk].receive_forward ? activations.arriving() : activations.gradients_arriving();
}

void Network::exchange(StepEntry entry, const StepPlan& plan, RankGroup& group) {
  const auto& transfer = std::get<Collective>(plan.operations[static_cast<std::size_t>(entry.operation)].work);
  const bool toward_next = plan.communicators[static_cast<std::size_t>(transfer.communicator)].name == "down";
  MicroBatch& micro_batch = taken_up(entry);
  const Pass pass = operators_[static_cast<std::size_t>(entry.beside)].pass;
  if (entry.beside > entry.operation) micro_batch.begin(entry.layer, pass);
  micro_batch.shared(entry.layer)->exchange({entry.operation, &transfer, pass, toward_next}, group);
}

bool Network::has_loss() const { return has_layer(chunks_, static_cast<int>(parameters_.size()) - 1); }

double Network::loss() {
  std::vector<float> losses(losses_.size());
  device_->download(losses_.data(), losses.size() * sizeof(float), losses.data());
  return std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(losses.size());
}

std::span<float> Network::bucket(int operation) {
  const ParameterRange& range = layout_.buckets[static_cast<std::size_t>(operation)];
  return gradients_.span().subspan(range.first, range.count);
}

std::vector<StateArray> Network::state() {
  std::vector<StateArray> arrays{{"weights", weights_.span()}};
  if (velocities_.size() > 0) arrays.push_back({"velocities", velocities_.span()});
  if (second_moments_.size() > 0) arrays.push_back({"second_moments", second_moments_.span()});
  for (std::size_t layer = 0; layer < running_.size(); ++layer)
    if (running_[layer].size() > 0) arrays.push_back({"running " + std::to_string(layer), running_[layer].span()});
  return arrays;
}

}  // namespace forerun
