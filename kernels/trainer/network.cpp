#include "kernels/trainer/network.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "core/error.hpp"
#include "kernels/layer_arrays.hpp"
#include "kernels/trainer/random.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

std::int64_t batch_of(const StepPlan& plan) {
  for (const Operation& operation : plan.operations)
    if (const auto* kernel = std::get_if<Kernel>(&operation.work); kernel != nullptr && kernel->pass == Pass::forward) return kernel->batch;
  throw std::logic_error("a plan without a forward pass cannot be trained");
}

}  // namespace

cpu::Library library_of(const Kernel& kernel, Kernels kernels) {
  if (kernels == Kernels::eigen_only) return cpu::Library::eigen;
  Kernel chooser = kernel;
  if (kernel.shape.kind == LayerKind::max_pool) chooser.pass = Pass::forward;
  return cpu::best_library(chooser);
}

namespace {

bool learns_tokens(const Workload& workload) { return workload.layers.back().shape.input.positions() > 1; }

/// The number of the chunk that has a layer, whatever rank runs it.
std::size_t chunk_of(const std::vector<StageChunk>& chunks, int layer) {
  return static_cast<std::size_t>(std::ranges::find_if(chunks, [&](const StageChunk& chunk) { return chunk.has(layer); }) - chunks.begin());
}

/// Plans add up the gradients of a weight that the first and the last stage share, and of no other that lies on two of them.
void require_sums_of_shared(const Workload& workload, const StepPlan& plan) {
  std::vector<StageChunk> chunks;
  for (int each = 0; each < static_cast<int>(plan.classes.size()); ++each)
    for (const StageChunk& chunk : stage_chunks(plan, workload, each))
      if (std::ranges::find(chunks, chunk.first, &StageChunk::first) == chunks.end()) chunks.push_back(chunk);
  std::ranges::sort(chunks, {}, &StageChunk::first);
  int across = 0;
  for (int layer = 0; layer < static_cast<int>(workload.layers.size()); ++layer) {
    const int owner = workload.layers[static_cast<std::size_t>(layer)].tied_to;
    if (owner < 0 || chunk_of(chunks, owner) == chunk_of(chunks, layer)) continue;
    if (chunk_of(chunks, owner) > 0 || chunk_of(chunks, layer) + 1 < chunks.size() || ++across > 1)
      throw MissingCapability("the trainer's stages share one table between the first and the last of them; " +
                              workload.layers[static_cast<std::size_t>(layer)].name + " shares another");
  }
}

/// The plan, unless it cannot be run here: its buckets count the bytes of its precision, which a layout of floats does not fit.
const StepPlan& runnable(const Workload& workload, const StepPlan& plan, const std::vector<Shard>& shards, Kernels kernels) {
  for (const Layer& layer : workload.layers)
    if (layer.tied_to >= 0 && layer.shape.bias)
      throw MissingCapability("the trainer's layers share all of their parameters or none, and " + layer.name + " has biases of its own");
  require_sums_of_shared(workload, plan);
  const std::int64_t tokens = workload.layers.back().shape.input.channels;
  for (const Layer& layer : workload.layers)
    if (layer.shape.kind == LayerKind::embedding && !layer.by_position && layer.shape.rows < tokens)
      throw MissingCapability("the trainer's sequences are of tokens that the network tells apart, " + std::to_string(tokens) +
                              " of them, and " + layer.name + " is a table of " + std::to_string(layer.shape.rows));
  for (const Layer& layer : workload.layers)
    if (std::any_of(layer.inputs.begin() + 1, layer.inputs.end(), [&](int input) { return source_of(workload, input) == kData; }))
      throw MissingCapability("the trainer's layers read samples alone, and " + layer.name + " reads them beside another layer's output");
  for (const Operation& operation : plan.operations)
    if (const auto* planned = std::get_if<Kernel>(&operation.work)) {
      const Kernel kernel = operation.layer < 0 ? *planned : shards[static_cast<std::size_t>(operation.layer)].run_as(*planned);
      const cpu::Library library = library_of(kernel, kernels);
      if (!cpu::offers(library, kernel)) cpu::make_operator(kernel, library);
    }
  return plan;
}

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
    : shards_(shards_of(workload, plan, rank)),
      chunks_(stage_chunks(plan, workload, class_of(plan, rank))),
      order_(step_order(plan, workload, class_of(plan, rank))),
      layout_(parameter_layout(own_part(workload, shards_), runnable(workload, plan, shards_, options.kernels), class_of(plan, rank))),
      weights_(layout_.total),
      gradients_(layout_.total),
      velocities_(has_velocity(workload.optimizer) ? layout_.total : 0),
      second_moments_(has_second_moment(workload.optimizer) ? layout_.total : 0),
      running_(workload.layers.size()),
      parameters_(workload.layers.size()),
      owners_(weight_owners(workload, chunks_)),
      written_(workload.layers.size()),
      losses_(static_cast<std::size_t>(forerun::micro_batches(order_))) {
  point_to_parameters(options.seed);
  initialise_weights(workload, options.seed);
  for (const StageChunk& chunk : chunks_) {
    std::vector<MicroBatch>& all = held_.emplace_back();
    for (int i = 0; i < chunk.held; ++i) all.emplace_back(between_layers(workload, shards_), chunk, shards_, batch_of(plan), parameters_);
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
    running_[i] = AlignedArray<float>(static_cast<std::size_t>(running_elements(shards_[i].own)));
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
    if (range.count == 0 || owners_[i] != static_cast<int>(i)) continue;
    // A copy of weights that another rank has begins as they do.
    const int drawn = workload.layers[i].tied_to >= 0 ? workload.layers[i].tied_to : static_cast<int>(i);
    const std::span<float> own = weights_.span().subspan(range.first, range.count);
    if (!shards_[i].divides_parameters()) {
      fill_initial_weights(workload, drawn, seed, own);
      continue;
    }
    std::vector<float> whole(static_cast<std::size_t>(parameters(shards_[i].whole)));
    fill_initial_weights(workload, drawn, seed, whole);
    take_parameters(whole, shards_[i], own);
  }
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
    if (prepared.kernel == nullptr) {
      OperatorOptions its = usual;
      its.adds_gradient = std::ranges::count(owners_, entry.layer) > 1;
      prepared.kernel =
          cpu::make_operator(shards_[static_cast<std::size_t>(entry.layer)].run_as(*kernel), library_of(*kernel, options.kernels), its);
      prepared.pass = kernel->pass;
      prepared.adds = its.adds_gradient && kernel->shape.kind == LayerKind::embedding;
    }
  }
}

void Network::begin_step(const Batch& batch) {
  ++step_;
  batch_ = &batch;
  for (std::vector<MicroBatch>& chunk : held_)
    for (MicroBatch& micro_batch : chunk) micro_batch.drop();
  std::ranges::fill(written_, 0);
  for (LayerBuffers& buffers : parameters_) buffers.step = step_;
}

MicroBatch& Network::held(std::size_t chunk, int micro_batch) {
  return held_[chunk][static_cast<std::size_t>(micro_batch) % held_[chunk].size()];
}

MicroBatch& Network::taken_up(StepEntry entry) {
  MicroBatch& micro_batch = held(static_cast<std::size_t>(entry.chunk), entry.micro_batch);
  if (micro_batch.number() != entry.micro_batch)
    micro_batch.take_up(*batch_, entry.micro_batch, step_, losses_[static_cast<std::size_t>(entry.micro_batch)]);
  return micro_batch;
}

void Network::run(StepEntry entry) {
  const Prepared& prepared = operators_[static_cast<std::size_t>(entry.operation)];
  assert(prepared.kernel != nullptr);
  if (prepared.pass == Pass::update) return prepared.kernel->run(parameters_[static_cast<std::size_t>(entry.layer)]);
  MicroBatch& micro_batch = taken_up(entry);
  micro_batch.begin(entry.layer, prepared.pass);
  LayerBuffers& buffers = micro_batch.buffers(entry.layer);
  SharedLayer* shared = micro_batch.shared(entry.layer);
  if (shared != nullptr) shared->point(prepared.pass, buffers);
  prepared.pass == Pass::backward_weights ? run_backward_weights(entry.layer, buffers, prepared) : prepared.kernel->run(buffers);
  if (shared != nullptr) shared->end(prepared.pass);
  const bool loss = entry.layer + 1 == static_cast<int>(shards_.size());
  if (loss && prepared.pass == Pass::backward_data && loss_share_ != 1)
    for (std::int64_t i = 0; i < loss_inputs_; ++i) buffers.input_gradient[i] *= loss_share_;
}

/// Operators write over gradients. What a step adds to one that it has left already passes through an array of its own.
void Network::run_backward_weights(int layer, LayerBuffers& buffers, const Prepared& prepared) {
  char& written = written_[static_cast<std::size_t>(owners_[static_cast<std::size_t>(layer)])];
  if (written == 0 || prepared.adds) {
    written = 1;
    return prepared.kernel->run(buffers);
  }
  float* sum = buffers.weight_gradient;
  buffers.weight_gradient = added_.data();
  prepared.kernel->run(buffers);
  buffers.weight_gradient = sum;
  cpu::add_gradient(added_.data(), static_cast<std::int64_t>(layout_.layers[static_cast<std::size_t>(layer)].count), sum);
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

double Network::loss() const { return std::accumulate(losses_.begin(), losses_.end(), 0.0) / static_cast<double>(losses_.size()); }

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
