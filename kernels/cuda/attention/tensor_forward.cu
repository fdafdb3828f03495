#include "kernels/cuda/attention/tensor.cuh"

namespace forerun::cuda {

namespace {

using Element = __nv_bfloat16;

constexpr int kColumns = 64;  // keys whose scores a warp has at once
constexpr int kColumnTiles = kColumns / kTile;
constexpr int kQuad = 4;  // lanes that have a row of scores among them

template <int RowTiles>
constexpr int kRows = kTensorWarps* RowTiles* kTile;

template <int D, int RowTiles>
constexpr std::size_t kSharedBytes = static_cast<std::size_t>(kRows<RowTiles> + 2 * kColumns) * kTensorStride<D> * sizeof(Element);

/// Whether there is a kernel for dropout: registers for its draws are left but where a warp has 32 rows of 128 channels.
template <int D, int RowTiles>
constexpr bool kMayDrop = D* RowTiles < 256;

/// The softmax of a lane's two rows so far: exponents are to base 2, the sum is of the lane's own columns.
struct RunningSoftmax {
  float largest[2] = {-INFINITY, -INFINITY};
  float sum[2] = {};
};

__device__ __forceinline__ void mask_scores(const AttentionTask& task, TileSum (&scores)[kColumnTiles], int first_query, int first_key) {
  const int seen[2] = {keys_seen(task, first_query + tile_row(0)), keys_seen(task, first_query + tile_row(2))};
#pragma unroll
  for (int j = 0; j < kColumnTiles; ++j)
#pragma unroll
    for (int i = 0; i < 8; ++i)
      if (first_key + j * kTile + tile_column(i) >= seen[i / 2 % 2]) scores[j].at[i] = -INFINITY;
}

/// Scores to exponentials, and by which factors what was summed before shrinks [Milakov & Gimelshein 2018, algorithm 3].
__device__ __forceinline__ void online_softmax(TileSum (&scores)[kColumnTiles], float scale, RunningSoftmax& softmax, float (&shrink)[2]) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float largest = -INFINITY, sum = 0;
#pragma unroll
    for (int j = 0; j < kColumnTiles; ++j)
#pragma unroll
      for (int i = 0; i < 8; ++i)
        if (i / 2 % 2 == half) largest = fmaxf(largest, scores[j].at[i]);
    largest = fmaxf(softmax.largest[half], lane_max<kQuad>(largest) * scale);
#pragma unroll
    for (int j = 0; j < kColumnTiles; ++j)
#pragma unroll
      for (int i = 0; i < 8; ++i)
        if (i / 2 % 2 == half) sum += scores[j].at[i] = fast_exp2(scores[j].at[i] * scale - largest);
    shrink[half] = fast_exp2(softmax.largest[half] - largest);
    softmax.sum[half] = softmax.sum[half] * shrink[half] + sum;
    softmax.largest[half] = largest;
  }
}

/// output += P V of the warp's rows.
template <int D, int RowTiles>
__device__ __forceinline__ void add_values(TileSum (&output)[RowTiles][D / kTile], const LeftTile (&softmax)[RowTiles][kColumnTiles],
                                           const Element* value) {
  constexpr int kStride = kTensorStride<D>;
#pragma unroll
  for (int j = 0; j < kColumnTiles; ++j)
#pragma unroll
    for (int n = 0; n < D / kTile; ++n) {
      const RightTile right = load_right(value + j * kTile * kStride + n * kTile, kStride);
#pragma unroll
      for (int m = 0; m < RowTiles; ++m) multiply_add(output[m][n], softmax[m][j], right);
    }
}

/// The scores of a warp's 16 queries and a tile of keys as a factor of values; what was summed before shrinks.
template <int D, bool MayDrop>
__device__ __forceinline__ void masked_softmax(const AttentionTask& task, const AttentionPlace& place, int first_query, int first_key,
                                               TileSum (&scores)[kColumnTiles], RunningSoftmax& softmax, TileSum (&output)[D / kTile],
                                               LeftTile (&factor)[kColumnTiles]) {
  if (first_key + kColumns > keys_seen(task, first_query)) mask_scores(task, scores, first_query, first_key);
  float shrink[2];
  online_softmax(scores, task.scale * kLog2OfE, softmax, shrink);
#pragma unroll
  for (int n = 0; n < D / kTile; ++n)
#pragma unroll
    for (int i = 0; i < 8; ++i) output[n].at[i] *= shrink[i / 2 % 2];
  if (MayDrop && task.threshold > 0) {
    const SoftmaxDraws draws(task, place.sample, place.head);
#pragma unroll
    for (int j = 0; j < kColumnTiles; ++j) {
      const unsigned kept = kept_of_query_rows(draws, first_query, first_key + j * kTile);
#pragma unroll
      for (int i = 0; i < 8; ++i)
        if ((kept >> i & 1U) == 0) scores[j].at[i] = 0;
    }
  }
#pragma unroll
  for (int j = 0; j < kColumnTiles; ++j) factor[j] = as_left(scores[j]);
}

/// Outputs and statistics of a warp's 16 queries.
template <int D>
__device__ __forceinline__ void write_output(const AttentionTask& task, const AttentionArrays<Element>& arrays, const AttentionPlace& place,
                                             int first_query, const RunningSoftmax& softmax, const TileSum (&output)[D / kTile],
                                             Element* own) {
  float* statistics = arrays.statistics + first_statistic(task, place.sample, place.head);
  float factor[2];
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const float sum = lane_sum<kQuad>(softmax.sum[half]);
    const int query = first_query + tile_row(2 * half);
    factor[half] = task.kept_scale / sum;
    if (query < task.queries && threadIdx.x % 4 == 0) statistics[query] = kLn2 * (softmax.largest[half] + log2f(sum));
  }
  const HeadRows<Element> to = query_rows(task, arrays.written_output, place.sample, place.head, task.value_channels);
  write_rows<D>(output, factor[0], factor[1], own, to, first_query, task.vectors);
}

/// A block has RowTiles x 64 queries of a head, whose keys and values stream through shared memory; a warp has RowTiles x 16 of them.
/// Values arrive while scores are calculated, keys while values are summed. Bound by tensor cores: 4 D flops a score, where memory is
/// read once a block [Dao et al. 2022; Dao 2023].
template <int D, int RowTiles>
__global__ void __launch_bounds__(kTensorThreads) forward_kernel(AttentionTask task, AttentionArrays<Element> arrays) {
  constexpr int kStride = kTensorStride<D>, kBlockRows = kRows<RowTiles>;
  const int tiles = ceil_div(task.queries, kBlockRows);
  const AttentionPlace place = attention_place(task.heads, tiles);
  const int key_head = place.head / (task.heads / task.key_heads);
  const int first_query = (tiles - 1 - place.tile) * kBlockRows;  // those that see most keys begin first
  Element* query = dynamic_shared<Element>();
  Element* key = query + kBlockRows * kStride;
  Element* value = key + kColumns * kStride;
  const HeadRows<const Element> keys = key_rows(task, arrays.key, place.sample, key_head, task.key_channels);
  const HeadRows<const Element> values = key_rows(task, arrays.value, place.sample, key_head, task.value_channels);
  start_rows<D>(query, query_rows(task, arrays.query, place.sample, place.head, task.key_channels), first_query, kBlockRows, task.vectors);
  start_rows<D>(key, keys, 0, kColumns, task.vectors);

  const int own_row = static_cast<int>(threadIdx.x) / kWarpLanes * RowTiles * kTile, own_query = first_query + own_row;
  Element* own = query + own_row * kStride;
  const int block_sees = keys_seen(task, first_query + kBlockRows - 1), warp_sees = keys_seen(task, own_query + RowTiles * kTile - 1);
  TileSum output[RowTiles][D / kTile];
  RunningSoftmax softmax[RowTiles];
  for (int first = 0; first < block_sees; first += kColumns) {
    wait_for_copies();
    __syncthreads();  // keys are there, and all have read the values before
    start_rows<D>(value, values, first, kColumns, task.vectors);
    LeftTile factor[RowTiles][kColumnTiles];
    if (first < warp_sees) {
      TileSum scores[RowTiles][kColumnTiles];
      multiply_rows<D>(scores, own, key);
#pragma unroll
      for (int m = 0; m < RowTiles; ++m)
        masked_softmax<D, kMayDrop<D, RowTiles>>(task, place, own_query + m * kTile, first, scores[m], softmax[m], output[m], factor[m]);
    }
    wait_for_copies();
    __syncthreads();  // values are there, and all have read the keys
    if (first + kColumns < block_sees) start_rows<D>(key, keys, first + kColumns, kColumns, task.vectors);
    if (first < warp_sees) add_values<D>(output, factor, value);
  }
#pragma unroll
  for (int m = 0; m < RowTiles; ++m)
    write_output<D>(task, arrays, place, own_query + m * kTile, softmax[m], output[m], own + m * kTile * kStride);
}

template <int D, int RowTiles>
void launch_forward(const AttentionTask& task, const AttentionArrays<Element>& arrays, cudaStream_t stream) {
  const int blocks = attention_blocks(task, task.heads, ceil_div(task.queries, kRows<RowTiles>));
  launch("attention forward", forward_kernel<D, RowTiles>, blocks, kTensorThreads, kSharedBytes<D, RowTiles>, stream, task, arrays);
}

template <int D>
void launch_forward(const AttentionTask& task, const AttentionArrays<Element>& arrays, const AttentionDevice& device, cudaStream_t stream) {
  const int large_blocks = attention_blocks(task, task.heads, ceil_div(task.queries, kRows<2>));
  const bool small = task.queries <= kRows<1> || large_blocks < device.multiprocessors || (task.threshold > 0 && !kMayDrop<D, 2>);
  small ? launch_forward<D, 1>(task, arrays, stream) : launch_forward<D, 2>(task, arrays, stream);
}

}  // namespace

void attention_forward_by_tensor_cores(const AttentionTask& task, const AttentionArrays<Element>& arrays, const AttentionDevice& device,
                                       cudaStream_t stream) {
  const bool narrow = task.key_channels <= 64 && task.value_channels <= 64;
  narrow ? launch_forward<64>(task, arrays, device, stream) : launch_forward<128>(task, arrays, device, stream);
}

}  // namespace forerun::cuda
