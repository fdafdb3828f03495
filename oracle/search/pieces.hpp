#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/scenario.hpp"
#include "strategies/buckets.hpp"
#include "strategies/device_memory.hpp"
#include "workloads/shorten.hpp"

namespace forerun::oracle {

/// What a chunk of a pipeline holds beside its blocks: the layers before all blocks, none, those after them, or both.
enum class ChunkKind { first, middle, last, whole };
inline constexpr int kChunkKinds = 4;

/// What adds up over the layers of a chunk, for one micro-batch; seconds.
struct Amounts {
  double forward_s = 0;
  double backward_s = 0;
  double weight_s = 0;  ///< gradients of weights, where the schedule sets them apart
  double update_s = 0;  ///< layer by layer
  double trained = 0;   ///< parameters that the optimizer updates
  double spread = 0;    ///< of these in experts that lie over the expert axis
  ChunkMemory memory;   ///< of which the largest gradient does not add up

  friend Amounts operator+(Amounts a, const Amounts& b);
  friend Amounts operator-(Amounts a, const Amounts& b);
  friend Amounts operator*(double factor, Amounts a);
};

/// A strategy's chunks, priced once for all degrees of the pipeline and of the data axis.
struct Pieces {
  std::string obstacle;                    ///< why the network cannot be split so, then nothing else is set
  std::array<Amounts, kChunkKinds> kinds;  ///< chunks of one block
  Amounts block;                           ///< each further one
  Bytes sent;                              ///< by a rank, from one chunk to the next
  Bytes tied;                              ///< weights that the first and the last chunk share
  /// Bytes of the layers' gradients that data-parallel ranks sum, in the order of layers.
  std::vector<Bytes> gradients_before;
  std::vector<Bytes> gradients_of_block;
  std::vector<Bytes> gradients_after;                   ///< of the last chunk, with a copy of what it shares with the first
  std::vector<Bytes> gradients_after_whole;             ///< where one chunk holds both
  std::array<double, kChunkKinds> gradients_of_kind{};  ///< their sums, of chunks of one block
  double gradients_of_one_block = 0;

  [[nodiscard]] Amounts chunk(ChunkKind kind, int blocks) const;
  /// What data-parallel ranks sum.
  [[nodiscard]] double gradient_bytes(ChunkKind kind, int blocks) const {
    return gradients_of_kind[static_cast<std::size_t>(kind)] + (blocks - 1) * gradients_of_one_block;
  }
  [[nodiscard]] std::vector<Bucket> buckets(ChunkKind kind, int blocks, const Strategy& strategy) const;
};

/// Prices the chunks of `scenario`'s strategy with a network of four of its blocks in four stages, lowered and priced as any. The
/// strategy's pipeline, its schedule but for weight bodies, ZeRO and overlap over the data axis do not matter. Nothing where bodies are no
/// chains: then a chunk's time is no sum over its blocks.
std::optional<Pieces> price_pieces(const Scenario& scenario, const Workload& four_blocks);
inline constexpr int kProbedBlocks = 4;

}  // namespace forerun::oracle
