#include "kernels/cuda/attention/simt.cuh"

namespace forerun::cuda {

namespace {

template <class Tiles>
constexpr std::size_t kSharedBytes = ((Tiles::kRows + Tiles::kColumns) * Tiles::kStride + Tiles::kRows * Tiles::kScoreStride) *
                                     sizeof(float);

/// The softmax of a group's row so far; exponents are to base 2.
struct RunningSoftmax {
  float largest = -INFINITY;
  float sum = 0;
};

/// Scores of a query to exponentials after dropout, zero for keys that it does not see; gives by which factor what was summed before
/// shrinks [Milakov & Gimelshein 2018, algorithm 3].
template <int Count>
__device__ __forceinline__ float online_softmax(const AttentionTask& task, const SoftmaxDraws& draws, int query, int first_key,
                                                float (&scores)[Count], RunningSoftmax& softmax) {
  const int lane = static_cast<int>(threadIdx.x) % kGroup, seen = keys_seen(task, query);
  const float scale = task.scale * kLog2OfE;
  float largest = -INFINITY, sum = 0;
#pragma unroll
  for (int j = 0; j < Count; ++j) {
    scores[j] = first_key + lane + j * kGroup < seen ? scores[j] * scale : -INFINITY;
    largest = fmaxf(largest, scores[j]);
  }
  largest = fmaxf(softmax.largest, lane_max<kGroup>(largest));
#pragma unroll
  for (int j = 0; j < Count; ++j) {
    scores[j] = fast_exp2(scores[j] - largest);
    sum += scores[j];
    if (task.threshold > 0 && !draws.keeps(query, first_key + lane + j * kGroup)) scores[j] = 0;
  }
  const float shrink = fast_exp2(softmax.largest - largest);
  softmax = {largest, softmax.sum * shrink + lane_sum<kGroup>(sum)};
  return shrink;
}

/// A block has a tile of queries of a head, whose keys and values stream through one tile of shared memory after one another. Bound by
/// multiplications: 4 D flops a score, where memory is read once a block [Dao et al. 2022, algorithm 1].
template <class Tiles, class T>
__global__ void __launch_bounds__(Tiles::kThreads, Tiles::kChannels == 128 ? 2 : 3)
    forward_kernel(AttentionTask task, AttentionArrays<T> arrays) {
  const int tiles = ceil_div(task.queries, Tiles::kRows);
  const AttentionPlace place = attention_place(task.heads, tiles);
  const int key_head = place.head / (task.heads / task.key_heads);
  const int first_query = (tiles - 1 - place.tile) * Tiles::kRows;  // those that see most keys begin first
  float* query = dynamic_shared<float>();
  float* columns = query + Tiles::kRows * Tiles::kStride;
  float* own_factors = columns + Tiles::kColumns * Tiles::kStride + own_row<Tiles>() * Tiles::kScoreStride;
  const float* own = query + own_row<Tiles>() * Tiles::kStride;
  const HeadRows<const T> keys = key_rows(task, arrays.key, place.sample, key_head, task.key_channels);
  const HeadRows<const T> values = key_rows(task, arrays.value, place.sample, key_head, task.value_channels);
  load_rows<Tiles>(query, query_rows(task, arrays.query, place.sample, place.head, task.key_channels), first_query, Tiles::kRows,
                   task.vectors);
  const int own_query = first_query + own_row<Tiles>(), block_sees = keys_seen(task, first_query + Tiles::kRows - 1);
  const SoftmaxDraws draws(task, place.sample, place.head);
  RowSums<Tiles> output;
  RunningSoftmax softmax[Tiles::kRowsEach];
  for (int first = 0; first < block_sees; first += Tiles::kColumns) {
    float scores[Tiles::kRowsEach][Tiles::kColumnsEach];
    __syncthreads();  // all have read the values before
    load_rows<Tiles>(columns, keys, first, Tiles::kColumns, task.vectors);
    __syncthreads();
    multiply_columns<Tiles>(scores, own, columns, task.key_channels);
    __syncthreads();
    load_rows<Tiles>(columns, values, first, Tiles::kColumns, task.vectors);
#pragma unroll
    for (int r = 0; r < Tiles::kRowsEach; ++r) {
      const float shrink = online_softmax(task, draws, own_query + r, first, scores[r], softmax[r]);
#pragma unroll
      for (int n = 0; n < Tiles::kVectorsEach; ++n)
        for (float& sum : output.at[r][n].element) sum *= shrink;
    }
    __syncthreads();
    add_columns(output, scores, own_factors, columns);
  }
  const HeadRows<T> to = query_rows(task, arrays.written_output, place.sample, place.head, task.value_channels);
  float* statistics = arrays.statistics + first_statistic(task, place.sample, place.head);
#pragma unroll
  for (int r = 0; r < Tiles::kRowsEach; ++r) {
    const int at = own_query + r;
    if (at < task.queries && threadIdx.x % kGroup == 0) statistics[at] = kLn2 * (softmax[r].largest + log2f(softmax[r].sum));
    write_row(output, r, task.kept_scale / softmax[r].sum, to, at, task.vectors);
  }
}

template <class Tiles, class T>
void launch_forward(const AttentionTask& task, const AttentionArrays<T>& arrays, cudaStream_t stream) {
  const int blocks = attention_blocks(task, task.heads, ceil_div(task.queries, Tiles::kRows));
  launch("attention forward", forward_kernel<Tiles, T>, blocks, Tiles::kThreads, kSharedBytes<Tiles>, stream, task, arrays);
}

}  // namespace

template <class T>
void attention_forward(const AttentionTask& task, const AttentionArrays<T>& arrays, cudaStream_t stream) {
  const int channels = task.key_channels > task.value_channels ? task.key_channels : task.value_channels;
  if (channels <= 64) return launch_forward<SimtTiles<64, 64, 64, 8>>(task, arrays, stream);
  if (channels <= 128) return launch_forward<SimtTiles<128, 64, 32, 8>>(task, arrays, stream);
  launch_forward<SimtTiles<256, 16, 32, 2>>(task, arrays, stream);
}

template void attention_forward(const AttentionTask&, const AttentionArrays<float>&, cudaStream_t);
template void attention_forward(const AttentionTask&, const AttentionArrays<__nv_bfloat16>&, cudaStream_t);

}  // namespace forerun::cuda
