#pragma once

#include "kernels/cuda/attention/tiles.cuh"

namespace forerun::cuda {

/// Whose gradients a kernel of an attention's backward pass calculates: a block's rows. Columns, which stream past them, are the others.
enum class RowsAre { queries, keys };

/// One step of a block: a tile of columns.
struct Step {
  int head;  // of the queries
  int first_query;
  int first_key;
};

/// The steps of a block. Rows of queries go through the keys that the last of them sees; rows of keys through the queries that see the
/// first of them, of all heads that share the keys.
template <RowsAre Rows>
class Steps {
 public:
  /// Of blocks that have so many rows and columns.
  __device__ Steps(const AttentionTask& task, const AttentionPlace& place, int rows, int columns)
      : head_(place.head), first_row_(place.tile * rows), columns_(columns) {
    if (Rows == RowsAre::queries) {
      first_tile_ = 0;
      tiles_ = ceil_div(keys_seen(task, first_row_ + rows - 1), columns);
      count_ = tiles_;
    } else {
      const int shared_by = task.heads / task.key_heads, unseen = first_row_ - (task.keys - task.queries);
      head_ *= shared_by;
      first_tile_ = task.causal && unseen > 0 ? unseen / columns : 0;
      tiles_ = ceil_div(task.queries, columns) - first_tile_;
      count_ = tiles_ * shared_by;
    }
  }

  [[nodiscard]] __device__ int count() const { return count_; }  ///< at least one
  [[nodiscard]] __device__ Step at(int step) const {
    const int column = (first_tile_ + step % tiles_) * columns_, head = head_ + step / tiles_;
    return Rows == RowsAre::queries ? Step{head, first_row_, column} : Step{head, column, first_row_};
  }

 private:
  int head_, first_row_, columns_;
  int first_tile_, tiles_, count_;
};

/// The place of a block, in the order in which those with most columns begin first.
template <RowsAre Rows>
__device__ __forceinline__ AttentionPlace backward_place(const AttentionTask& task, int rows) {
  constexpr bool kQueries = Rows == RowsAre::queries;
  const int tiles = ceil_div(kQueries ? task.queries : task.keys, rows);
  AttentionPlace place = attention_place(kQueries ? task.heads : task.key_heads, tiles);
  if (kQueries) place.tile = tiles - 1 - place.tile;
  return place;
}
template <RowsAre Rows>
int backward_blocks(const AttentionTask& task, int rows) {
  constexpr bool kQueries = Rows == RowsAre::queries;
  const int tiles = ceil_div(kQueries ? task.queries : task.keys, rows);
  return attention_blocks(task, kQueries ? task.heads : task.key_heads, tiles);
}

/// The arrays of a pass as a block's rows or columns: queries with the gradients of their outputs, or keys with values.
template <class T>
struct RowPair {
  HeadRows<const T> first, second;
};
template <RowsAre What, class T>
__device__ __forceinline__ RowPair<T> pair_of(const AttentionTask& task, const AttentionArrays<T>& arrays, int sample, int head) {
  if (What == RowsAre::queries)
    return {query_rows(task, arrays.query, sample, head, task.key_channels),
            query_rows(task, arrays.output_gradient, sample, head, task.value_channels)};
  return {key_rows(task, arrays.key, sample, head, task.key_channels), key_rows(task, arrays.value, sample, head, task.value_channels)};
}

}  // namespace forerun::cuda
