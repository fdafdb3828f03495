#include "kernels/trainer/runnable.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "kernels/trainer/activations.hpp"
#include "kernels/trainer/stage_chunks.hpp"

namespace forerun {

namespace {

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

}  // namespace

const StepPlan& runnable(const Workload& workload, const StepPlan& plan, const std::vector<Shard>& shards, Device& device) {
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
      if (!device.offers(kernel)) static_cast<void>(device.make_operator(kernel, {}));
    }
  if (plan.ranks > 1 && workload.precision != Precision::fp32)
    throw MissingCapability("the trainer's ranks hand one another float32 alone, and not " + std::string(to_string(workload.precision)));
  return plan;
}

}  // namespace forerun
