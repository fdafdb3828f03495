#include "strategies/device_memory.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/schedule.hpp"
#include "io/format.hpp"
#include "strategies/fully_sharded.hpp"
#include "strategies/runtimes.hpp"
#include "strategies/stages.hpp"
#include "workloads/activations.hpp"

namespace forerun {
namespace {

/// The largest gradient of an activation and that of its layer's inputs: both are there while the layer's backward pass runs. A loss is one
/// number.
Bytes largest_gradients(const Workload& part) {
  double largest = 0;
  for (const Layer& layer : part.layers) {
    const double output = is_loss(layer.shape.kind) ? 0 : static_cast<double>(layer.shape.output.elements());
    largest = std::max(largest, output + operand_elements(layer.shape));
  }
  return Bytes(bytes_per_element(part.precision) * largest);
}

}  // namespace

ChunkMemory chunk_memory(const Workload& part, const Strategy& strategy, std::int64_t samples, const Gathered& gathered) {
  const auto batch = static_cast<double>(samples);
  const StepMemory whole = step_memory(part, samples);
  const Bytes kept = whole.activations + batch * gathered.activations;
  ChunkMemory memory{whole.weights, whole.gradients, whole.optimizer, kept, kept, whole.activation_gradients + batch * gathered.gradients};
  if (strategy.runtime == Runtime::forerun && strategy.recompute == Recompute::none) return memory;
  const SavedActivations saved = saved_activations(part, strategy.recompute);
  memory.activations = batch * saved.total();
  memory.further_activations = batch * (saved.total() - saved.working_set);
  memory.activation_gradients = batch * largest_gradients(part);
  return memory;
}

StepMemory stage_memory(std::span<const ChunkMemory> chunks, const Strategy& strategy, int replicas, std::int64_t in_flight) {
  StepMemory memory;
  for (const ChunkMemory& chunk : chunks) {
    memory.weights += chunk.weights, memory.gradients += chunk.gradients, memory.optimizer += chunk.optimizer;
    memory.activations += chunk.activations + static_cast<double>(in_flight - 1) * chunk.further_activations;
    memory.activation_gradients = std::max(memory.activation_gradients, chunk.activation_gradients);
  }
  const double shared = replicas;
  if (strategy.zero >= 1) memory.optimizer = memory.optimizer / shared;
  if (strategy.zero >= 2) memory.gradients = memory.gradients / shared;
  if (strategy.zero >= 3) memory.weights = memory.weights / shared;
  if (strategy.offload == Offload::optimizer) memory.optimizer = Bytes(0);
  return memory;
}

Bytes framework_memory(const Strategy& strategy, const Platform& platform) {
  return platform.compute_capability > 0 ? runtime_defaults(strategy.runtime).context : Bytes(0);
}

std::vector<ChunkMemory> chunk_memories(const LocalModel& model, std::span<const LayerRange> chunks, const Strategy& strategy) {
  const auto of = [&](const Workload& part) { return chunk_memory(part, strategy, model.samples, model.gathered); };
  if (strategy.pipeline == 1) return {of(model.workload())};
  std::vector<ChunkMemory> all;
  all.reserve(chunks.size());
  for (const LayerRange& chunk : chunks) all.push_back(of(part_of(model.workload(), chunk)));
  return all;
}

StepMemory device_memory(std::span<const ChunkMemory> chunks, const Scenario& scenario, const Layout& layout, const Workload& local) {
  const Strategy& strategy = scenario.strategy;
  const ScheduleShape shape{strategy.schedule, layout.stages, layout.micro_batches, strategy.interleave};
  StepMemory largest;
  std::vector<ChunkMemory> own;
  for (int stage = 0; stage < layout.stages; ++stage) {
    own.clear();
    for (std::size_t chunk = stage; chunk < chunks.size(); chunk += layout.stages) own.push_back(chunks[chunk]);
    const std::int64_t held = layout.stages == 1 ? 1 : micro_batches_held(shape, stage);
    const StepMemory memory = stage_memory(own, strategy, layout.replicas, held);
    if (memory.total() > largest.total()) largest = memory;
  }
  largest.context = framework_memory(strategy, scenario.platform);
  if (shards_parameters(strategy, layout.replicas)) {
    const Unsharded whole = unsharded(local);
    largest.weights += whole.weights;
    largest.gradients += whole.gradients;
  }
  return largest;
}

namespace {

/// What is needed and what there is, with as many digits as tell them apart.
std::pair<std::string, std::string> told_apart(Bytes needed, Bytes available) {
  std::pair<std::string, std::string> texts{human(needed), human(available)};
  const auto digits = [](Bytes size, int decimals) { return forerun::format("{:.{}f} GiB", size.value() / kGiB, decimals); };
  for (int decimals = 2; texts.first == texts.second && decimals < 10; ++decimals)
    texts = {digits(needed, decimals), digits(available, decimals)};
  return texts;
}

}  // namespace

std::string memory_shortage(const StepMemory& memory, const Platform& platform) {
  const Bytes available = platform.memory_of_device();
  if (available == Bytes(0) || memory.total() <= available) return "";
  const auto [needed, has] = told_apart(memory.total(), available);
  return forerun::format(
      "a step needs {} of memory a device, the platform has {}: activations {}, their gradients {}, weights {}, gradients {}, "
      "optimizer {}, framework {}",
      needed, has, human(memory.activations), human(memory.activation_gradients), human(memory.weights), human(memory.gradients),
      human(memory.optimizer), human(memory.context));
}

}  // namespace forerun
