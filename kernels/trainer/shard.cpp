#include "kernels/trainer/shard.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "kernels/trainer/activations.hpp"
#include "kernels/trainer/stage_chunks.hpp"
#include "kernels/trainer/step_order.hpp"
#include "workloads/formulas.hpp"

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

bool slides(LayerKind kind) { return kind == LayerKind::conv2d || kind == LayerKind::max_pool || kind == LayerKind::average_pool; }

RowShare Shard::rows() const {
  const std::int64_t height = whole.input.height, windows = whole.output.height;
  RowShare rows{.input = image_part(height, parts, part), .output = image_part(windows, parts, part), .reads_samples = reads_samples};
  if (!slides(whole.kind)) return rows;
  const Window window = rows_of(whole);
  const auto all_rows = [&](ImageRange of) {
    return ImageRange{of.begin * window.stride - window.padding, (of.end - 1) * window.stride - window.padding + window.size};
  };
  rows.x = all_rows(rows.output);
  rows.x_reach = reach_of_windows(window, height, windows, parts);
  rows.dy = rows.output;
  if (whole.kind != LayerKind::max_pool) {
    rows.dy = looking_at(window, rows.input, windows);
    rows.dy_reach = reach_of_rows(window, height, windows, parts);
    // Of rows that no window looks at: any one.
    if (rows.dy.extent() <= 0) rows.dy.begin = std::min(rows.dy.begin, windows - 1), rows.dy.end = rows.dy.begin + 1;
  }
  rows.dx = all_rows(rows.dy);
  return rows;
}

Kernel Shard::run_as(Kernel kernel) const {
  if (share == Share::channels && kernel.pass == Pass::forward && part > 0) kernel.shape.bias = false;
  if (share != Share::rows) return kernel;
  kernel.shape = kernel.pass == Pass::update ? whole : own;
  if (!slides(whole.kind) || kernel.pass == Pass::update) return kernel;
  const RowShare its = rows();
  const bool back = kernel.pass == Pass::backward_data;
  kernel.shape.input.height = (back ? its.dx : its.x).extent();
  kernel.shape.output.height = (back ? its.dy : its.output).extent();
  kernel.shape.padding.height = 0;
  return kernel;
}

int sharing_communicator(const StepPlan& plan) {
  const auto exchange = std::ranges::find_if(plan.operations, [&](const Operation& operation) {
    return is_exchange(plan, operation) && std::get<Collective>(operation.work).operation != Collective::Operation::shift;
  });
  return exchange == plan.operations.end() ? -1 : std::get<Collective>(exchange->work).communicator;
}

namespace {

/// What is shared out of a layer whose kernel has another shape than the whole layer.
Share shared_of(const LayerShape& whole, const LayerShape& kernel) {
  if (kernel.output.height < whole.output.height || kernel.input.height < whole.input.height) return Share::rows;
  if (kernel.output.channels < whole.output.channels) return Share::filters;
  return kernel.input.channels < whole.input.channels ? Share::channels : Share::nothing;
}

/// The first layer that reads shared rows and has none.
void find_gathering(const Workload& workload, std::vector<Shard>& shards) {
  bool found = false;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const Layer& layer = workload.layers[i];
    if (shards[i].share == Share::rows || is_view(layer.shape)) continue;
    for (const int input : layer.inputs) {
      const int source = source_of(workload, input);
      if (source < 0 || shards[static_cast<std::size_t>(source)].share != Share::rows) continue;
      if (found || layer.inputs.size() > 1)
        throw MissingCapability("the trainer's ranks gather images once, for one layer, and " + layer.name + " reads them too");
      found = true;
      shards[i].share = Share::gathered_rows;
      shards[i].gathered = workload.layers[static_cast<std::size_t>(source)].shape.output;
    }
  }
}

void take_shape(const Workload& workload, const Layer& layer, const LayerShape& kernel, Shard& shard) {
  shard.share = shared_of(shard.whole, kernel);
  if (shard.share == Share::nothing) return;
  if (layer.tied_to >= 0)
    throw MissingCapability("the trainer's ranks share out no weights that layers share, and " + layer.name + " has another layer's");
  if (shard.share != Share::rows) {
    shard.own = kernel;
    return;
  }
  if (layer.shape.kind == LayerKind::dropout)
    throw MissingCapability("the trainer's ranks draw whole samples, and " + layer.name + " drops of parts of images");
  shard.reads_samples = source_of(workload, layer.inputs.front()) == kData;
  const RowShare rows = shard.rows();
  shard.own.input.height = rows.input.extent(), shard.own.output.height = rows.output.extent();
}

}  // namespace

std::vector<Shard> shards_of(const Workload& workload, const StepPlan& plan, int rank) {
  std::vector<Shard> shards;
  for (const Layer& layer : workload.layers) shards.push_back({.whole = layer.shape, .own = layer.shape});
  const int communicator = sharing_communicator(plan);
  if (communicator < 0) return shards;
  const Communicator& group = plan.communicators[static_cast<std::size_t>(communicator)];
  for (Shard& shard : shards) shard.parts = group.size, shard.part = std::max(0, member_of(group, rank));
  for (const StepEntry& entry : step_order(plan, workload, class_of(plan, rank))) {
    const auto* kernel = std::get_if<Kernel>(&plan.operations[static_cast<std::size_t>(entry.operation)].work);
    if (kernel == nullptr || kernel->pass != Pass::forward) continue;
    const auto layer = static_cast<std::size_t>(entry.layer);
    take_shape(workload, workload.layers[layer], kernel->shape, shards[layer]);
  }
  find_gathering(workload, shards);
  return shards;
}

Workload own_part(const Workload& workload, const std::vector<Shard>& shards) {
  Workload own = workload;
  for (std::size_t i = 0; i < shards.size(); ++i) own.layers[i].shape = shards[i].own;
  return own;
}

Workload between_layers(const Workload& workload, const std::vector<Shard>& shards) {
  Workload between = workload;
  for (std::size_t i = 0; i < shards.size(); ++i)
    if (shards[i].share == Share::rows) between.layers[i].shape = shards[i].own;
  return between;
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
