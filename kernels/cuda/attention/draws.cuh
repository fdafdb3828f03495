#pragma once

#include "kernels/cuda/attention/tiles.cuh"
#include "kernels/dropout_draws.hpp"

/// What the dropout of an attention's softmax leaves, as the CPU draws it: each row of scores starts with a hash of its own.
namespace forerun::cuda {

struct SoftmaxDraws {
  __device__ SoftmaxDraws(const AttentionTask& task, int sample, int head)
      : key(stream_key(task.step_key, static_cast<std::uint64_t>(task.first_sample + sample))),
        hashes_a_row(ceil_div(task.keys, kDrawsPerHash)),
        first(static_cast<std::int64_t>(head) * task.queries * hashes_a_row),
        threshold(task.threshold) {}

  /// The draws of four keys of a query, `four` counted in hashes.
  [[nodiscard]] __device__ __forceinline__ std::uint64_t hash(int query, int four) const {
    return four_draws(key, first + static_cast<std::int64_t>(query) * hashes_a_row + four);
  }
  [[nodiscard]] __device__ __forceinline__ bool keeps(int query, int at) const {
    return draw_of(hash(query, at / kDrawsPerHash), at % kDrawsPerHash) >= threshold;
  }

  std::uint64_t key;
  int hashes_a_row;
  std::int64_t first;
  std::uint32_t threshold;
};

/// Bit i for element i that stays of a lane's eight of a 16 x 16 tile of scores, which stand as TileSum has them. Two lanes that hold the
/// draws of a hash, for rows that lie 8 apart, calculate one of the two hashes each and exchange halves.
__device__ __forceinline__ unsigned kept_of_query_rows(const SoftmaxDraws& draws, int first_query, int first_key) {
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes, quarter = lane % 4;
  const bool odd = quarter % 2 != 0;
  unsigned kept = 0;
  for (int block = 0; block < 2; ++block) {
    const std::uint64_t hash = draws.hash(first_query + lane / 4 + (odd ? 8 : 0), first_key / 4 + 2 * block + quarter / 2);
    const auto low = static_cast<std::uint32_t>(hash), high = static_cast<std::uint32_t>(hash >> 32);
    const std::uint32_t received = __shfl_xor_sync(0xffffffffU, odd ? low : high, 1);
    const std::uint32_t upper = odd ? received : low, lower = odd ? high : received;  // of the row, of the row 8 below
    kept |= ((upper & 0xffffU) >= draws.threshold ? 1U : 0U) << (4 * block);
    kept |= (upper >> 16 >= draws.threshold ? 2U : 0U) << (4 * block);
    kept |= ((lower & 0xffffU) >= draws.threshold ? 4U : 0U) << (4 * block);
    kept |= (lower >> 16 >= draws.threshold ? 8U : 0U) << (4 * block);
  }
  return kept;
}

/// The same where rows are keys and columns queries: the four lanes of four keys that follow one another calculate one each of the four
/// hashes that all of them need, of two queries and of keys that lie 8 apart, and turn the 4 x 4 draws over among themselves.
__device__ __forceinline__ unsigned kept_of_key_rows(const SoftmaxDraws& draws, int first_query, int first_key) {
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes, turn = lane / 4 % 4;
  const bool odd = turn % 2 != 0, later = turn / 2 != 0;
  unsigned kept = 0;
  for (int block = 0; block < 2; ++block) {
    const int query = first_query + 8 * block + 2 * (lane % 4) + (odd ? 1 : 0);
    const std::uint64_t hash = draws.hash(query, first_key / 4 + lane / 16 + (later ? 2 : 0));
    const auto low = static_cast<std::uint32_t>(hash), high = static_cast<std::uint32_t>(hash >> 32);
    // Halves: lanes of turns 0 and 1 get those of draws 0 and 1, lanes of turns 2 and 3 the others; of hashes turn % 2, then + 2.
    const std::uint32_t half = __shfl_xor_sync(0xffffffffU, later ? low : high, 8);
    const std::uint32_t first = later ? half : low, second = later ? high : half;
    const std::uint32_t sent = odd ? (first & 0xffffU) | second << 16 : first >> 16 | (second & 0xffff0000U);
    const std::uint32_t own = odd ? first >> 16 | (second & 0xffff0000U) : (first & 0xffffU) | second << 16;
    const std::uint32_t other = __shfl_xor_sync(0xffffffffU, sent, 4);
    const std::uint32_t even_hashes = odd ? other : own, odd_hashes = odd ? own : other;
    kept |= ((even_hashes & 0xffffU) >= draws.threshold ? 1U : 0U) << (4 * block);
    kept |= ((odd_hashes & 0xffffU) >= draws.threshold ? 2U : 0U) << (4 * block);
    kept |= (even_hashes >> 16 >= draws.threshold ? 4U : 0U) << (4 * block);
    kept |= (odd_hashes >> 16 >= draws.threshold ? 8U : 0U) << (4 * block);
  }
  return kept;
}

}  // namespace forerun::cuda
