#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/scenario.hpp"
#include "core/units.hpp"
#include "strategies/layout.hpp"
#include "strategies/local_model.hpp"
#include "strategies/step_writer.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

/// What some layers take on a device that holds them whole, for micro-batches of one size. Sums over chunks of layers, but for the
/// gradients of activations, of which one chunk's are there at a time.
struct ChunkMemory {
  Bytes weights;
  Bytes gradients;
  Bytes optimizer;
  Bytes activations;           ///< of the first micro-batch in flight
  Bytes further_activations;   ///< of each further one
  Bytes activation_gradients;  ///< while the largest layer runs backward

  friend bool operator==(const ChunkMemory&, const ChunkMemory&) = default;
};

/// forerun's own trainer keeps every activation and the gradient of each; other runtimes keep what autograd saves (saved_activations) and
/// the gradients of the largest layer while it runs. `gathered` is beyond what the former sees in local shapes; autograd saves it as the
/// input of the layer that reads it.
ChunkMemory chunk_memory(const Workload& part, const Strategy& strategy, std::int64_t samples, const Gathered& gathered = {});

/// Memory of a device that holds these chunks, each with the activations of `in_flight` micro-batches: weights, gradients and optimizer
/// state shared out over `replicas` ranks as ZeRO's stage says [Rajbhandari et al. 2020, sec. 5].
StepMemory stage_memory(std::span<const ChunkMemory> chunks, const Strategy& strategy, int replicas, std::int64_t in_flight);

/// What the framework holds of a device before it trains: its context and the code of its kernels (`context` of the runtime's file).
/// Nothing on devices without CUDA.
Bytes framework_memory(const Strategy& strategy, const Platform& platform);

/// Memory of the chunks (in virtual-stage order) of a split network, for micro-batches of the model's samples; of all of it where no
/// pipeline cuts it.
std::vector<ChunkMemory> chunk_memories(const LocalModel& model, std::span<const LayerRange> chunks, const Strategy& strategy);

/// Memory of the device that needs most: its stage's with the micro-batches that the schedule holds there, the framework's, and what lies
/// whole beside shares of parameters (unsharded). `chunks` are the chunk_memories() of `local`.
StepMemory device_memory(std::span<const ChunkMemory> chunks, const Scenario& scenario, const Layout& layout, const Workload& local);

/// Why a step does not fit into a device, or nothing.
std::string memory_shortage(const StepMemory& memory, const Platform& platform);

}  // namespace forerun
