#include "kernels/cuda/attention/simt.cuh"
#include "kernels/cuda/attention/steps.cuh"

namespace forerun::cuda {

namespace {

template <class Tiles>
constexpr std::size_t kSharedBytes =
    (2 * (Tiles::kRows + Tiles::kColumns) * Tiles::kStride + Tiles::kRows * Tiles::kScoreStride) * sizeof(float) + Tiles::kColumns *
                                                                                                                       sizeof(QueryFacts);

/// A lane's part of scores of its group's rows and a tile of columns, and of the gradient of their softmax after dropout.
template <class Tiles>
struct Scores {
  float softmax[Tiles::kRowsEach][Tiles::kColumnsEach];
  float slopes[Tiles::kRowsEach][Tiles::kColumnsEach];
};

/// Scores to their softmax after dropout, without its scale, and the softmax's gradient to that of scores, without theirs:
///   S = P ((dY V^T) D - rowsum(dY Y))
/// `facts` are of the group's rows, or of the tile's columns.
template <RowsAre Rows, class Tiles>
__device__ __forceinline__ void softmax_gradient(const AttentionTask& task, const SoftmaxDraws& draws, const Step& step,
                                                 const QueryFacts* facts, Scores<Tiles>& scores) {
  constexpr bool kQueries = Rows == RowsAre::queries;
  const int lane = static_cast<int>(threadIdx.x) % kGroup;
  const float scale = task.scale * kLog2OfE;
#pragma unroll
  for (int r = 0; r < Tiles::kRowsEach; ++r)
#pragma unroll
    for (int j = 0; j < Tiles::kColumnsEach; ++j) {
      const int row = own_row<Tiles>() + r, column = lane + j * kGroup;
      const int query = step.first_query + (kQueries ? row : column), key = step.first_key + (kQueries ? column : row);
      const QueryFacts fact = facts[kQueries ? r : column];
      float& softmax = scores.softmax[r][j];
      softmax = key < keys_seen(task, query) ? fast_exp2(softmax * scale - fact.logarithm) : 0.0F;
      const bool kept = task.threshold == 0 || draws.keeps(query, key);
      scores.slopes[r][j] = softmax * ((kept ? scores.slopes[r][j] * task.kept_scale : 0.0F) - fact.delta);
      if (!kept) softmax = 0;
    }
}

/// As by tensor cores (attention/tensor_backward.cu), with a group of lanes in the place of a warp, and one tile of columns at a time.
/// Bound by multiplications.
template <RowsAre Rows, class Tiles, class T>
__global__ void __launch_bounds__(Tiles::kThreads) backward_kernel(AttentionTask task, AttentionArrays<T> arrays) {
  constexpr bool kQueries = Rows == RowsAre::queries;
  constexpr RowsAre kColumnsAre = kQueries ? RowsAre::keys : RowsAre::queries;
  const AttentionPlace place = backward_place<Rows>(task, Tiles::kRows);
  const Steps<Rows> steps(task, place, Tiles::kRows, Tiles::kColumns);
  const int own = own_row<Tiles>(), first = place.tile * Tiles::kRows;
  float* const rows[2] = {dynamic_shared<float>(), dynamic_shared<float>() + Tiles::kRows * Tiles::kStride};
  float* const columns[2] = {rows[1] + Tiles::kRows * Tiles::kStride, rows[1] + (Tiles::kRows + Tiles::kColumns) * Tiles::kStride};
  float* const factors = columns[1] + Tiles::kColumns * Tiles::kStride;
  QueryFacts* const column_facts = reinterpret_cast<QueryFacts*>(factors + Tiles::kRows * Tiles::kScoreStride);
  const RowPair<T> row_pair = pair_of<Rows>(task, arrays, place.sample, place.head);
  load_rows<Tiles>(rows[0], row_pair.first, first, Tiles::kRows, task.vectors);
  load_rows<Tiles>(rows[1], row_pair.second, first, Tiles::kRows, task.vectors);
  QueryFacts row_facts[Tiles::kRowsEach];
  if (kQueries)
    for (int r = 0; r < Tiles::kRowsEach; ++r)
      row_facts[r] = query_facts(task, arrays, first_statistic(task, place.sample, place.head), first + own + r);

  RowSums<Tiles> first_gradient, second_gradient;  // of queries or keys, and of values
  for (int number = 0; number < steps.count(); ++number) {
    const Step step = steps.at(number);
    const int head = kQueries ? step.head / (task.heads / task.key_heads) : step.head;
    const int column = kQueries ? step.first_key : step.first_query, thread = static_cast<int>(threadIdx.x);
    const RowPair<T> pair = pair_of<kColumnsAre>(task, arrays, place.sample, head);
    __syncthreads();  // all have read the tile before
    load_rows<Tiles>(columns[0], pair.first, column, Tiles::kColumns, task.vectors);
    load_rows<Tiles>(columns[1], pair.second, column, Tiles::kColumns, task.vectors);
    if (!kQueries && thread < Tiles::kColumns)
      column_facts[thread] = query_facts(task, arrays, first_statistic(task, place.sample, head), column + thread);
    __syncthreads();
    Scores<Tiles> scores;
    multiply_columns<Tiles>(scores.softmax, rows[0] + own * Tiles::kStride, columns[0], task.key_channels);
    multiply_columns<Tiles>(scores.slopes, rows[1] + own * Tiles::kStride, columns[1], task.value_channels);
    const SoftmaxDraws draws(task, place.sample, step.head);
    softmax_gradient<Rows>(task, draws, step, kQueries ? row_facts : column_facts, scores);
    if constexpr (!kQueries) add_columns(second_gradient, scores.softmax, factors + own * Tiles::kScoreStride, columns[1]);
    add_columns(first_gradient, scores.slopes, factors + own * Tiles::kScoreStride, columns[0]);
  }
  const HeadRows<T> to = kQueries ? query_rows(task, arrays.query_gradient, place.sample, place.head, task.key_channels)
                                  : key_rows(task, arrays.key_gradient, place.sample, place.head, task.key_channels);
#pragma unroll
  for (int r = 0; r < Tiles::kRowsEach; ++r) {
    write_row(first_gradient, r, task.scale, to, first + own + r, task.vectors);
    if constexpr (!kQueries)
      write_row(second_gradient, r, task.kept_scale, key_rows(task, arrays.value_gradient, place.sample, place.head, task.value_channels),
                first + own + r, task.vectors);
  }
}

template <class Tiles, class T>
void launch_backward(const AttentionTask& task, const AttentionArrays<T>& arrays, cudaStream_t stream) {
  launch("attention backward of keys", backward_kernel<RowsAre::keys, Tiles, T>, backward_blocks<RowsAre::keys>(task, Tiles::kRows),
         Tiles::kThreads, kSharedBytes<Tiles>, stream, task, arrays);
  launch("attention backward of queries", backward_kernel<RowsAre::queries, Tiles, T>,
         backward_blocks<RowsAre::queries>(task, Tiles::kRows), Tiles::kThreads, kSharedBytes<Tiles>, stream, task, arrays);
}

}  // namespace

template <class T>
void attention_backward(const AttentionTask& task, const AttentionArrays<T>& arrays, int shared_bytes, cudaStream_t stream) {
  using Large = SimtTiles<128, 64, 32, 4>;
  const int channels = task.key_channels > task.value_channels ? task.key_channels : task.value_channels;
  if (channels <= 64) return launch_backward<SimtTiles<64, 64, 32, 4>>(task, arrays, stream);
  if (channels <= 128 && static_cast<int>(kSharedBytes<Large>) <= shared_bytes) return launch_backward<Large>(task, arrays, stream);
  if (channels <= 128) return launch_backward<SimtTiles<128, 32, 16, 4>>(task, arrays, stream);
  launch_backward<SimtTiles<256, 8, 16, 1>>(task, arrays, stream);
}

template void attention_backward(const AttentionTask&, const AttentionArrays<float>&, int, cudaStream_t);
template void attention_backward(const AttentionTask&, const AttentionArrays<__nv_bfloat16>&, int, cudaStream_t);

}  // namespace forerun::cuda
