#pragma once

#include "kernels/cuda/attention/draws.cuh"
#include "kernels/cuda/attention/tiles.cuh"
#include "kernels/cuda/common/vectors.cuh"

/// What both passes of an attention share whose products threads calculate in float32, whatever the elements in memory are. A group of 16
/// lanes has RowsEach rows of a block's; a lane has every 16th column of scores, and of channels four after one another every 64.
namespace forerun::cuda {

inline constexpr int kGroup = 16;

/// Sizes of a block's tiles for heads of up to D channels.
template <int D, int Rows, int Columns, int RowsEach>
struct SimtTiles {
  static constexpr int kChannels = D, kRows = Rows, kColumns = Columns, kRowsEach = RowsEach;
  static constexpr int kColumnsEach = Columns / kGroup, kVectorsEach = D / (4 * kGroup);
  static constexpr int kThreads = Rows / RowsEach * kGroup;
  static constexpr int kStride = D + 4;             // 16 bytes more, so that rows start in different banks
  static constexpr int kScoreStride = Columns + 4;  // the same of softmaxes in shared memory
  static_assert(Columns % kGroup == 0 && D % (4 * kGroup) == 0 && kThreads % kWarpLanes == 0);
};

using Four = Vector<float, 4>;

template <class T>
__device__ __forceinline__ Four load_four(const T* from) {
  Four four;
  load_floats(from, four.element);
  return four;
}

/// Rows from position `first` on to shared memory, with zeros for channels and positions that are not there.
template <class Tiles, class T>
__device__ __forceinline__ void load_rows(float* shared, const HeadRows<const T>& from, int first, int count, bool vectors) {
  constexpr int kFours = Tiles::kChannels / 4, kStep = Tiles::kThreads / kFours;  // a thread has four channels of every kStep-th row
  static_assert(Tiles::kThreads % kFours == 0);
  const int own = static_cast<int>(threadIdx.x) / kFours, channel = static_cast<int>(threadIdx.x) % kFours * 4;
  const int rows = channel < from.channels ? from.rows - first : 0;
  const T* source = from.row(first + own) + channel;
#pragma unroll 2  // more at once would take registers from the sums
  for (int row = own; row < count; row += kStep) {
    Four four = {};
    if (row < rows && vectors) {
      four = load_four(source);
    } else if (row < rows) {
      for (int e = 0; e < 4 && channel + e < from.channels; ++e) four.element[e] = to_float(source[e]);
    }
    store(shared + row * Tiles::kStride + channel, four);
    source += static_cast<std::int64_t>(kStep) * from.stride;
  }
}

/// sums = rows columns^T, of a lane's rows and columns. `channels` that are summed over; those up to a multiple of four are zeros.
template <class Tiles>
__device__ __forceinline__ void multiply_columns(float (&sums)[Tiles::kRowsEach][Tiles::kColumnsEach], const float* own_rows,
                                                 const float* columns, int channels) {
  const int lane = static_cast<int>(threadIdx.x) % kGroup;
#pragma unroll
  for (int r = 0; r < Tiles::kRowsEach; ++r)
#pragma unroll
    for (int j = 0; j < Tiles::kColumnsEach; ++j) sums[r][j] = 0;
#pragma unroll 1
  for (int c = 0; c < channels; c += 4) {
    Four left[Tiles::kRowsEach];
#pragma unroll
    for (int r = 0; r < Tiles::kRowsEach; ++r) left[r] = load_four(own_rows + r * Tiles::kStride + c);
#pragma unroll
    for (int j = 0; j < Tiles::kColumnsEach; ++j) {
      const Four right = load_four(columns + (lane + j * kGroup) * Tiles::kStride + c);
#pragma unroll
      for (int r = 0; r < Tiles::kRowsEach; ++r)
#pragma unroll
        for (int e = 0; e < 4; ++e) sums[r][j] += left[r].element[e] * right.element[e];
    }
  }
}

/// A lane's channels of its rows.
template <class Tiles>
struct RowSums {
  Four at[Tiles::kRowsEach][Tiles::kVectorsEach] = {};
};

/// sums += factor columns, where each lane brings its rows' and columns' part of the factor, which its group shares in `memory`.
template <class Tiles>
__device__ __forceinline__ void add_columns(RowSums<Tiles>& sums, const float (&factor)[Tiles::kRowsEach][Tiles::kColumnsEach],
                                            float* memory, const float* columns) {
  const int lane = static_cast<int>(threadIdx.x) % kGroup;
  __syncwarp();  // all have read what was there
#pragma unroll
  for (int r = 0; r < Tiles::kRowsEach; ++r)
#pragma unroll
    for (int j = 0; j < Tiles::kColumnsEach; ++j) memory[r * Tiles::kScoreStride + lane + j * kGroup] = factor[r][j];
  __syncwarp();
#pragma unroll 1
  for (int k = 0; k < Tiles::kColumns; k += 4) {
    Four left[Tiles::kRowsEach];
#pragma unroll
    for (int r = 0; r < Tiles::kRowsEach; ++r) left[r] = load_four(memory + r * Tiles::kScoreStride + k);
#pragma unroll
    for (int e = 0; e < 4; ++e)
#pragma unroll
      for (int n = 0; n < Tiles::kVectorsEach; ++n) {
        const Four right = load_four(columns + (k + e) * Tiles::kStride + (n * kGroup + lane) * 4);
#pragma unroll
        for (int r = 0; r < Tiles::kRowsEach; ++r)
#pragma unroll
          for (int i = 0; i < 4; ++i) sums.at[r][n].element[i] += left[r].element[e] * right.element[i];
      }
  }
}

/// A lane's part of row `r` of its group, times a factor, to memory.
template <class Tiles, class T>
__device__ __forceinline__ void write_row(const RowSums<Tiles>& sums, int r, float factor, const HeadRows<T>& to, int position,
                                          bool vectors) {
  if (position >= to.rows) return;
  const int lane = static_cast<int>(threadIdx.x) % kGroup;
#pragma unroll
  for (int n = 0; n < Tiles::kVectorsEach; ++n) {
    const int channel = (n * kGroup + lane) * 4;
    Four four = sums.at[r][n];
    for (float& value : four.element) value *= factor;
    if (channel >= to.channels) continue;
    if (vectors) {
      store_floats(to.row(position) + channel, four.element);
    } else {
      for (int e = 0; e < 4 && channel + e < to.channels; ++e) to.row(position)[channel + e] = from_float<T>(four.element[e]);
    }
  }
}

/// The calling lane's group: its first row in the block.
template <class Tiles>
__device__ __forceinline__ int own_row() {
  return static_cast<int>(threadIdx.x) / kGroup * Tiles::kRowsEach;
}

}  // namespace forerun::cuda
