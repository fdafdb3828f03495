#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/scenario.hpp"
#include "strategies/buckets.hpp"
#include "strategies/device_memory.hpp"
#include "strategies/local_model.hpp"

namespace forerun::oracle {

/// What a chunk of a pipeline holds beside its blocks: the layers before all blocks, none, those after them, or both.
enum class ChunkKind { first, middle, last, whole };
inline constexpr int kChunkKinds = 4;

/// Something of a chunk that adds up over its blocks.
template <class Amounts>
struct OfChunks {
  std::array<Amounts, kChunkKinds> one;  ///< of chunks of one block
  Amounts block;                         ///< of each further one

  [[nodiscard]] const Amounts& operator[](ChunkKind kind) const { return one[static_cast<std::size_t>(kind)]; }
  Amounts& operator[](ChunkKind kind) { return one[static_cast<std::size_t>(kind)]; }
};

/// Durations of a chunk's bodies, and of its updates layer by layer.
struct BodyTimes {
  double forward_s = 0;
  double backward_s = 0;
  double weight_s = 0;  ///< gradients of weights, where the schedule sets them apart
  double update_s = 0;
  double forward_tail_s = 0;   ///< of the forward body, after its last kernel
  double backward_tail_s = 0;  ///< of the backward body
};

/// What follows from a chunk's layers alone. Counts are whole numbers.
struct ChunkLayers {
  ChunkMemory memory;       ///< with activations of one sample; the largest gradient does not add up
  double trained = 0;       ///< parameters that the optimizer updates
  double spread = 0;        ///< of these in experts that lie over the expert axis
  double summed_bytes = 0;  ///< gradients that data-parallel ranks sum
};

/// A network's chunks as one rank has them, however many ranks share the data axis and the pipeline.
struct NetworkPieces {
  OfChunks<ChunkLayers> layers;
  Bytes tied;       ///< weights that the first and the last chunk share
  Bytes unsharded;  ///< what lies whole in memory under ZeRO 3
  /// Bytes of the layers' gradients that data-parallel ranks sum, in the order of layers.
  std::vector<Bytes> before;
  std::vector<Bytes> block;
  std::vector<Bytes> after;        ///< of the last chunk, with a copy of what it shares with the first
  std::vector<Bytes> after_whole;  ///< where one chunk holds both

  [[nodiscard]] std::vector<Bucket> buckets(ChunkKind kind, int blocks, const Strategy& strategy) const;
};

/// Times of a network's chunks for one micro-batch.
struct TimePieces {
  OfChunks<BodyTimes> bodies;
  Bytes sent;  ///< by a rank, from one chunk to the next
};

/// Networks of this many blocks tell what those of any number take.
inline constexpr int kProbedBlocks = 4;

NetworkPieces read_network(const LocalModel& model, const Strategy& strategy);

/// Lowers and prices the strategy of `scenario`, whose workload has kProbedBlocks blocks, in a pipeline of three chunks of one block each.
/// The schedule is 1F1B, or zero-bubble H1 for weight bodies of their own. The degree of its pipeline, ZeRO and overlap over the data axis
/// do not matter. Nothing where bodies are not closed: then a chunk's time is no sum over its blocks.
std::optional<TimePieces> price_bodies(const Scenario& scenario, const LocalModel& model);

}  // namespace forerun::oracle
