#include "kernels/trainer/shard.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "kernels/trainer/stage_chunks.hpp"
#include "kernels/trainer/step_order.hpp"

namespace forerun {

void take(const float* matrix, const Slice& slice, float* own) {
  for (std::int64_t row = 0; row < slice.rows; ++row)
    std::copy_n(matrix + row * slice.width + slice.first, slice.count, own + row * slice.count);
}

void put(const float* own, const Slice& slice, float* matrix) {
  for (std::int64_t row = 0; row < slice.rows; ++row)
    std::copy_n(own + row * slice.count, slice.count, matrix + row * slice.width + slice.first);
}

Slice Shard::activations(std::int64_t batch, int member) const {
  const TensorShape& tensor = share == Share::filters ? whole.output : whole.input;
  const std::int64_t count = tensor.channels / parts;
  return {batch * tensor.positions(), tensor.channels, member * count, count};
}

std::array<Slice, 2> Shard::parameters() const {
  const std::int64_t filters = whole.output.channels, own_filters = own.output.channels;
  const std::int64_t biases = whole.bias ? filters : 0, own_biases = own.bias ? own_filters : 0;
  if (share == Share::channels) {
    const std::int64_t channels = own.input.channels;
    return {Slice{filters * whole.window.volume(), whole.input.channels, part * channels, channels}, Slice{1, biases, 0, biases}};
  }
  const std::int64_t weights = whole.input.channels / whole.groups * whole.window.volume();  // of one filter
  return {Slice{1, filters * weights, part * own_filters * weights, own_filters * weights},
          Slice{1, biases, part * own_biases, own_biases}};
}

Kernel Shard::run_as(Kernel kernel) const {
  if (share == Share::channels && kernel.pass == Pass::forward && part > 0) kernel.shape.bias = false;
  return kernel;
}

int sharing_communicator(const StepPlan& plan) {
  const auto exchange = std::ranges::find_if(plan.operations, [&](const Operation& operation) { return is_exchange(plan, operation); });
  return exchange == plan.operations.end() ? -1 : std::get<Collective>(exchange->work).communicator;
}

std::vector<Shard> shards_of(const Workload& workload, const StepPlan& plan, int rank) {
  std::vector<Shard> shards;
  for (const Layer& layer : workload.layers) shards.push_back({.whole = layer.shape, .own = layer.shape});
  const int communicator = sharing_communicator(plan);
  if (communicator < 0) return shards;
  const Communicator& group = plan.communicators[static_cast<std::size_t>(communicator)];
  const int part = std::max(0, member_of(group, rank));
  for (const StepEntry& entry : step_order(plan, workload, class_of(plan, rank))) {
    const auto* kernel = std::get_if<Kernel>(&plan.operations[static_cast<std::size_t>(entry.operation)].work);
    if (kernel == nullptr || kernel->pass != Pass::forward) continue;
    const Layer& layer = workload.layers[static_cast<std::size_t>(entry.layer)];
    Shard& shard = shards[static_cast<std::size_t>(entry.layer)];
    shard.own = kernel->shape;
    const bool filters = shard.own.output.channels < shard.whole.output.channels;
    if (!filters && shard.own.input.channels == shard.whole.input.channels) continue;
    if (layer.tied_to >= 0)
      throw MissingCapability("the trainer's ranks share out no weights that layers share, and " + layer.name + " has another layer's");
    shard.share = filters ? Share::filters : Share::channels;
    shard.parts = group.size, shard.part = part;
  }
  return shards;
}

Workload own_part(const Workload& workload, const std::vector<Shard>& shards) {
  Workload own = workload;
  for (std::size_t i = 0; i < shards.size(); ++i) own.layers[i].shape = shards[i].own;
  return own;
}

void take_parameters(std::span<const float> whole, const Shard& shard, std::span<float> own) {
  const auto [weights, biases] = shard.parameters();
  take(whole.data(), weights, own.data());
  take(whole.data() + weights.rows * weights.width, biases, own.data() + weights.elements());
}

void put_parameters(std::span<const float> own, const Shard& shard, std::span<float> whole) {
  const auto [weights, biases] = shard.parameters();
  put(own.data(), weights, whole.data());
  put(own.data() + weights.elements(), biases, whole.data() + weights.rows * weights.width);
}

}  // namespace forerun
