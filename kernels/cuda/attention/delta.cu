#include "kernels/cuda/attention/tiles.cuh"
#include "kernels/cuda/common/vectors.cuh"

namespace forerun::cuda {

namespace {

constexpr int kEach = 4;  // elements that a lane reads at once

/// A warp has a row of a head. Bound by memory: y and its gradient are read once, along rows.
template <class T>
__global__ void deltas_kernel(AttentionTask task, AttentionArrays<T> arrays, std::int64_t rows) {
  const std::int64_t row = first_element() / kWarpLanes;
  if (row >= rows) return;
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes;
  const T* y = arrays.output + row * task.value_channels;
  const T* dy = arrays.output_gradient + row * task.value_channels;
  float sum = 0;
  if (task.vectors) {
    for (int c = lane * kEach; c < task.value_channels; c += kWarpLanes * kEach) {
      float a[kEach], b[kEach];
      load_floats(y + c, a), load_floats(dy + c, b);
      for (int e = 0; e < kEach; ++e) sum += a[e] * b[e];
    }
  } else {
    for (int c = lane; c < task.value_channels; c += kWarpLanes) sum += to_float(y[c]) * to_float(dy[c]);
  }
  sum = lane_sum(sum);
  const std::int64_t position = row / task.heads;  // of all samples
  const int sample = static_cast<int>(position / task.queries), query = static_cast<int>(position % task.queries);
  if (lane == 0) arrays.deltas[first_statistic(task, sample, static_cast<int>(row % task.heads)) + query] = sum;
}

}  // namespace

template <class T>
void attention_deltas(const AttentionTask& task, const AttentionArrays<T>& arrays, cudaStream_t stream) {
  const std::int64_t rows = std::int64_t{task.batch} * task.queries * task.heads;
  const auto blocks = static_cast<unsigned>(ceil_div(rows * kWarpLanes, kThreads));
  launch("attention deltas", deltas_kernel<T>, blocks, kThreads, 0, stream, task, arrays, rows);
}

template void attention_deltas(const AttentionTask&, const AttentionArrays<float>&, cudaStream_t);
template void attention_deltas(const AttentionTask&, const AttentionArrays<__nv_bfloat16>&, cudaStream_t);

}  // namespace forerun::cuda
