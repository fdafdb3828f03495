#include "kernels/cuda/attention/steps.cuh"
#include "kernels/cuda/attention/tensor.cuh"

namespace forerun::cuda {

namespace {

using Element = __nv_bfloat16;

template <int RowTiles>
constexpr int kRows = kTensorWarps* RowTiles* kTile;
constexpr int kColumns = 32;
constexpr int kColumnTiles = kColumns / kTile;

/// Arrays of a block in shared memory. The second of a pair is what the output's gradient is multiplied with, or itself.
template <int D, int RowTiles>
struct Tiles {
  static constexpr int kRowElements = kRows<RowTiles> * kTensorStride<D>;
  static constexpr int kColumnElements = kColumns * kTensorStride<D>;
  static constexpr std::size_t kBytes = (2 * kRowElements + 4 * kColumnElements) * sizeof(Element) + 2 * kColumns * sizeof(QueryFacts);

  __device__ explicit Tiles(Element* memory)
      : rows{memory, memory + kRowElements},
        columns(memory + 2 * kRowElements),
        facts(reinterpret_cast<QueryFacts*>(columns + 4 * kColumnElements)) {}

  __device__ Element* column_tile(int step, int second) const { return columns + (step % 2 * 2 + second) * kColumnElements; }
  __device__ QueryFacts* column_facts(int step) const { return facts + step % 2 * kColumns; }

  Element* rows[2];
  Element* columns;
  QueryFacts* facts;  // of columns that are queries
};

/// Starts to bring the tile of columns of a step.
template <RowsAre Rows, int D, int RowTiles>
__device__ __forceinline__ void start_columns(const AttentionTask& task, const AttentionArrays<Element>& arrays,
                                              const Tiles<D, RowTiles>& tiles, int sample, const Step& step, int number) {
  constexpr RowsAre kWhat = Rows == RowsAre::queries ? RowsAre::keys : RowsAre::queries;
  const bool keys = kWhat == RowsAre::keys;
  const RowPair<Element> pair = pair_of<kWhat>(task, arrays, sample, keys ? step.head / (task.heads / task.key_heads) : step.head);
  const int first = keys ? step.first_key : step.first_query;
  start_rows<D>(tiles.column_tile(number, 0), pair.first, first, kColumns, task.vectors);
  start_rows<D>(tiles.column_tile(number, 1), pair.second, first, kColumns, task.vectors);
  const int column = static_cast<int>(threadIdx.x);
  if (!keys && column < kColumns)
    tiles.column_facts(number)[column] = query_facts(task, arrays, first_statistic(task, sample, step.head), first + column);
}

/// gradient += factor columns of a warp's rows.
template <int D, int RowTiles>
__device__ __forceinline__ void add_columns(TileSum (&gradient)[RowTiles][D / kTile], const TileSum (&factor)[RowTiles][kColumnTiles],
                                            const Element* columns) {
  constexpr int kStride = kTensorStride<D>;
#pragma unroll
  for (int j = 0; j < kColumnTiles; ++j) {
    LeftTile left[RowTiles];
#pragma unroll
    for (int m = 0; m < RowTiles; ++m) left[m] = as_left(factor[m][j]);
#pragma unroll
    for (int n = 0; n < D / kTile; ++n) {
      const RightTile right = load_right(columns + j * kTile * kStride + n * kTile, kStride);
#pragma unroll
      for (int m = 0; m < RowTiles; ++m) multiply_add(gradient[m][n], left[m], right);
    }
  }
}

/// Scores of a warp's 16 rows to their softmax after dropout, without its scale, and the softmax's gradient to that of scores, without
/// theirs:  S = P ((dY V^T) D - rowsum(dY Y)).  `facts` are of the lane's two rows, or of the tile's columns.
template <RowsAre Rows, bool MayDrop>
__device__ __forceinline__ void softmax_gradient(const AttentionTask& task, int sample, const Step& step, int own_row,
                                                 const QueryFacts* facts, TileSum (&scores)[kColumnTiles],
                                                 TileSum (&slopes)[kColumnTiles]) {
  constexpr bool kQueries = Rows == RowsAre::queries;
  const int first_query = step.first_query + (kQueries ? own_row : 0), first_key = step.first_key + (kQueries ? 0 : own_row);
  const bool masked = first_key + (kQueries ? kColumns : kTile) > keys_seen(task, first_query);
  const float scale = task.scale * kLog2OfE;
#pragma unroll
  for (int j = 0; j < kColumnTiles; ++j) {
    const int query = first_query + (kQueries ? 0 : j * kTile), key = first_key + (kQueries ? j * kTile : 0);
    unsigned kept = 0xffU;
    if (MayDrop && task.threshold > 0) {
      const SoftmaxDraws draws(task, sample, step.head);
      kept = kQueries ? kept_of_query_rows(draws, query, key) : kept_of_key_rows(draws, query, key);
#pragma unroll
      for (int i = 0; i < 8; ++i) slopes[j].at[i] *= (kept >> i & 1U) != 0 ? task.kept_scale : 0.0F;
    }
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      const QueryFacts fact = kQueries ? facts[i / 2 % 2] : facts[j * kTile + tile_column(i)];
      const int of_query = kQueries ? tile_row(i) : tile_column(i), of_key = kQueries ? tile_column(i) : tile_row(i);
      const bool seen = !masked || key + of_key < keys_seen(task, query + of_query);
      scores[j].at[i] = seen ? fast_exp2(scores[j].at[i] * scale - fact.logarithm) : 0.0F;
      slopes[j].at[i] = scores[j].at[i] * (slopes[j].at[i] - fact.delta);
    }
    if (MayDrop && !kQueries && task.threshold > 0) {
#pragma unroll
      for (int i = 0; i < 8; ++i)
        if ((kept >> i & 1U) == 0) scores[j].at[i] = 0;
    }
  }
}

/// A block has RowTiles x 64 rows of a head, queries or keys, a warp RowTiles x 16 of them; columns stream through shared memory, the next
/// tile while one is worked on. Scores and softmaxes are calculated twice, for queries and for keys, 7 products rather than 5, so that
/// every gradient is summed by one warp in one order and none is read back; adding queries' gradients up in memory from blocks of keys
/// [Dao et al. 2022, algorithm 4] is not the same from run to run. Bound by tensor cores where RowTiles is 2, else by what they read of
/// shared memory.
template <int D, int RowTiles, RowsAre Rows>
__global__ void __launch_bounds__(kTensorThreads) backward_kernel(AttentionTask task, AttentionArrays<Element> arrays) {
  constexpr bool kQueries = Rows == RowsAre::queries;
  constexpr int kBlockRows = kRows<RowTiles>, kWarpRows = RowTiles * kTile;
  const AttentionPlace place = backward_place<Rows>(task, kBlockRows);
  const Tiles<D, RowTiles> tiles(dynamic_shared<Element>());
  const Steps<Rows> steps(task, place, kBlockRows, kColumns);
  const int own_row = static_cast<int>(threadIdx.x) / kWarpLanes * kWarpRows, first = place.tile * kBlockRows;
  Element* const own[2] = {tiles.rows[0] + own_row * kTensorStride<D>, tiles.rows[1] + own_row * kTensorStride<D>};
  const RowPair<Element> rows = pair_of<Rows>(task, arrays, place.sample, place.head);
  start_rows<D>(tiles.rows[0], rows.first, first, kBlockRows, task.vectors);
  start_rows<D>(tiles.rows[1], rows.second, first, kBlockRows, task.vectors);
  start_columns<Rows>(task, arrays, tiles, place.sample, steps.at(0), 0);
  QueryFacts row_facts[RowTiles][2] = {};
  if (kQueries)
    for (int m = 0; m < RowTiles; ++m)
      for (int half = 0; half < 2; ++half)
        row_facts[m][half] =
            query_facts(task, arrays, first_statistic(task, place.sample, place.head), first + own_row + m * kTile + tile_row(2 * half));

  TileSum first_gradient[RowTiles][D / kTile];                  // of queries or keys
  TileSum second_gradient[RowTiles][kQueries ? 1 : D / kTile];  // of values
  for (int number = 0; number < steps.count(); ++number) {
    const Step step = steps.at(number);
    wait_for_copies();
    __syncthreads();  // the tile is there, and all have read the one before
    if (number + 1 < steps.count()) start_columns<Rows>(task, arrays, tiles, place.sample, steps.at(number + 1), number + 1);
    const int warp_query = step.first_query + (kQueries ? own_row + kWarpRows : kColumns) - 1;
    if (step.first_key + (kQueries ? 0 : own_row) >= keys_seen(task, warp_query)) continue;  // none of the warp's is seen
    TileSum scores[RowTiles][kColumnTiles], slopes[RowTiles][kColumnTiles];
    multiply_rows<D>(scores, own[0], tiles.column_tile(number, 0));
    multiply_rows<D>(slopes, own[1], tiles.column_tile(number, 1));
#pragma unroll
    for (int m = 0; m < RowTiles; ++m)
      softmax_gradient<Rows, RowTiles == 1>(task, place.sample, step, own_row + m * kTile,
                                            kQueries ? row_facts[m] : tiles.column_facts(number), scores[m], slopes[m]);
    if constexpr (!kQueries) add_columns<D>(second_gradient, scores, tiles.column_tile(number, 1));
    add_columns<D>(first_gradient, slopes, tiles.column_tile(number, 0));
  }

  const HeadRows<Element> to = kQueries ? query_rows(task, arrays.query_gradient, place.sample, place.head, task.key_channels)
                                        : key_rows(task, arrays.key_gradient, place.sample, place.head, task.key_channels);
  const HeadRows<Element> to_values = key_rows(task, arrays.value_gradient, place.sample, place.head, task.value_channels);
#pragma unroll
  for (int m = 0; m < RowTiles; ++m) {
    const int row = first + own_row + m * kTile, at = m * kTile * kTensorStride<D>;
    write_rows<D>(first_gradient[m], task.scale, task.scale, own[0] + at, to, row, task.vectors);
    if constexpr (!kQueries) write_rows<D>(second_gradient[m], task.kept_scale, task.kept_scale, own[1] + at, to_values, row, task.vectors);
  }
}

template <int D, int RowTiles, RowsAre Rows>
void launch_backward(const AttentionTask& task, const AttentionArrays<Element>& arrays, cudaStream_t stream) {
  launch(Rows == RowsAre::keys ? "attention backward of keys" : "attention backward of queries", backward_kernel<D, RowTiles, Rows>,
         backward_blocks<Rows>(task, kRows<RowTiles>), kTensorThreads, Tiles<D, RowTiles>::kBytes, stream, task, arrays);
}

/// Larger tiles where two blocks of them have room beside one another, and where there are enough of them for all multiprocessors. Beside
/// their sums there are no registers left for a dropout's draws.
template <int D, RowsAre Rows>
void launch_backward(const AttentionTask& task, const AttentionArrays<Element>& arrays, const AttentionDevice& device,
                     cudaStream_t stream) {
  const int positions = Rows == RowsAre::queries ? task.queries : task.keys;
  const bool large = 2 * Tiles<D, 2>::kBytes <= static_cast<std::size_t>(device.shared_bytes) && task.threshold == 0 &&
                     positions > kRows<1> && backward_blocks<Rows>(task, kRows<2>) >= device.multiprocessors;
  large ? launch_backward<D, 2, Rows>(task, arrays, stream) : launch_backward<D, 1, Rows>(task, arrays, stream);
}

}  // namespace

void attention_backward_by_tensor_cores(const AttentionTask& task, const AttentionArrays<Element>& arrays, const AttentionDevice& device,
                                        cudaStream_t stream) {
  if (task.key_channels <= 64 && task.value_channels <= 64) {
    launch_backward<64, RowsAre::keys>(task, arrays, device, stream);
    launch_backward<64, RowsAre::queries>(task, arrays, device, stream);
  } else {
    launch_backward<128, 1, RowsAre::keys>(task, arrays, stream);  // two gradients of twice the rows are more than registers
    launch_backward<128, RowsAre::queries>(task, arrays, device, stream);
  }
}

}  // namespace forerun::cuda
