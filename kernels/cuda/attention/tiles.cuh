#pragma once

#include "kernels/cuda/attention.hpp"
#include "kernels/cuda/attention/exponential.cuh"
#include "kernels/cuda/common/launch.cuh"

/// What a block of an attention works on, whatever multiplies: a tile of rows of one head of one sample.
namespace forerun::cuda {

inline constexpr float kLog2OfE = 1.44269504088896341F;
inline constexpr float kLn2 = 0.693147180559945309F;

/// Blocks are numbered along tiles first: those that run side by side share the keys of their head in the second-level cache.
struct AttentionPlace {
  int sample;
  int head;
  int tile;
};
__device__ __forceinline__ AttentionPlace attention_place(int heads, int tiles) {
  const int block = static_cast<int>(blockIdx.x), row = block / tiles;
  return {row / heads, row % heads, block % tiles};
}

/// Blocks that attention_place() tells apart; no more than there are rows, and those an attention has fewer of than 2^31.
inline int attention_blocks(const AttentionTask& task, int heads, int tiles) { return task.batch * heads * tiles; }

/// Keys that a query sees, from the first on; of queries past the last, all.
__device__ __forceinline__ int keys_seen(const AttentionTask& task, int query) {
  const int seen = query + 1 + task.keys - task.queries;
  return task.causal && seen < task.keys ? seen : task.keys;
}

/// The positions of one head of one sample: rows that lie heads x channels apart.
template <class T>
struct HeadRows {
  T* first;
  int rows;
  int channels;
  int stride;

  __device__ __forceinline__ T* row(int position) const { return first + static_cast<std::int64_t>(position) * stride; }
};

template <class T>
__device__ __forceinline__ HeadRows<T> rows_of_head(T* array, int sample, int head, int positions, int heads, int channels) {
  const std::int64_t first = (static_cast<std::int64_t>(sample) * positions * heads + head) * channels;
  return {array + first, positions, channels, heads * channels};
}
template <class T>
__device__ __forceinline__ HeadRows<T> query_rows(const AttentionTask& task, T* array, int sample, int head, int channels) {
  return rows_of_head(array, sample, head, task.queries, task.heads, channels);
}
template <class T>
__device__ __forceinline__ HeadRows<T> key_rows(const AttentionTask& task, T* array, int sample, int key_head, int channels) {
  return rows_of_head(array, sample, key_head, task.keys, task.key_heads, channels);
}

/// Where the statistics of a head of a sample start.
__device__ __forceinline__ std::int64_t first_statistic(const AttentionTask& task, int sample, int head) {
  return (static_cast<std::int64_t>(sample) * task.heads + head) * task.queries;
}

/// What a backward pass knows of a query: the logarithm, to base 2, of the sum of its exponentials, and rowsum(dY Y). Queries past the
/// last have softmaxes of zero.
struct QueryFacts {
  float logarithm;
  float delta;
};
template <class T>
__device__ __forceinline__ QueryFacts query_facts(const AttentionTask& task, const AttentionArrays<T>& arrays, std::int64_t first,
                                                  int query) {
  if (query >= task.queries) return {INFINITY, 0};
  return {arrays.statistics[first + query] * kLog2OfE, arrays.deltas[first + query]};
}

}  // namespace forerun::cuda
