#include <algorithm>

#include "kernels/cuda/common/vectors.cuh"
#include "kernels/cuda/elementwise.hpp"

namespace forerun::cuda {

namespace {

constexpr int kHashesPerThread = 4;  // at least, of a long sample: the sample's key costs two hashes by itself
constexpr unsigned kMostRows = 65535;

struct Batch {
  std::int64_t samples;
  std::int64_t elements;
  std::uint64_t step_key;
  std::int64_t first_sample;
};

/// A thread takes the four elements of a hash at a time: x and y are read and written once, and a byte of the mask an element written.
/// Along y the samples, so that nothing is divided by their size. `whole`: every hash has four elements, at addresses for vectors.
template <class T>
__global__ void __launch_bounds__(kThreads) forward_kernel(const T* __restrict__ x, T* __restrict__ y, std::uint8_t* __restrict__ mask,
                                                           Batch batch, std::uint32_t threshold, float scale, bool whole) {
  const std::int64_t hashes = ceil_div(batch.elements, kDrawsPerHash);
  for (std::int64_t n = blockIdx.y * blockDim.y + threadIdx.y; n < batch.samples; n += gridDim.y * blockDim.y) {
    // sample_key(), whose first part is one for all samples.
    const std::uint64_t key = stream_key(batch.step_key, static_cast<std::uint64_t>(batch.first_sample + n));
    for (std::int64_t hash = first_element(); hash < hashes; hash += element_stride()) {
      const std::uint64_t draws = four_draws(key, hash);
      const std::int64_t in_sample = hash * kDrawsPerHash, at = n * batch.elements + in_sample;
      const auto stays = [&](int e) { return draw_of(draws, e) >= threshold; };
      if (whole) {
        float values[kDrawsPerHash];
        Vector<std::uint8_t, kDrawsPerHash> stayed;
        load_floats(x + at, values);
        for (int e = 0; e < kDrawsPerHash; ++e) {
          stayed.element[e] = stays(e) ? 1 : 0;
          values[e] = stays(e) ? scale * values[e] : 0.0F;
        }
        store_global(mask + at, stayed);
        store_floats(y + at, values);
      } else {
        for (int e = 0; e < kDrawsPerHash && in_sample + e < batch.elements; ++e) {
          mask[at + e] = stays(e) ? 1 : 0;
          y[at + e] = from_float<T>(stays(e) ? scale * to_float(x[at + e]) : 0.0F);
        }
      }
    }
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads) backward_kernel(const T* __restrict__ dy, const std::uint8_t* __restrict__ mask,
                                                            T* __restrict__ dx, std::int64_t count, std::int64_t vectors, float scale) {
  constexpr int kWidth = kVectorWidth<T>;
  for (std::int64_t v = first_element(); v < vectors; v += element_stride()) {
    float values[kWidth];
    load_floats(dy + v * kWidth, values);
    const Vector<std::uint8_t, kWidth> stayed = load<kWidth>(mask + v * kWidth);
    for (int e = 0; e < kWidth; ++e) values[e] = stayed.element[e] != 0 ? scale * values[e] : 0.0F;
    store_floats(dx + v * kWidth, values);
  }
  for (std::int64_t at = vectors * kWidth + first_element(); at < count; at += element_stride())
    dx[at] = from_float<T>(mask[at] != 0 ? scale * to_float(dy[at]) : 0.0F);
}

}  // namespace

void dropout_forward(Precision precision, const void* x, void* y, std::uint8_t* mask, std::int64_t batch, std::int64_t elements,
                     const DropoutDraws& draws, cudaStream_t stream) {
  const std::uint64_t step_key = stream_key(draws.layer_key, static_cast<std::uint64_t>(draws.step));
  const Batch samples{batch, elements, step_key, draws.first_sample};
  const std::int64_t hashes = ceil_div(elements, kDrawsPerHash);
  unsigned along = kWarpLanes;  // threads along a sample; the others of a block take further samples
  while (along < kThreads && along < hashes) along *= 2;
  const unsigned rows = kThreads / along;
  const dim3 blocks(blocks_for(hashes, static_cast<int>(along) * kHashesPerThread),
                    static_cast<unsigned>(std::min<std::int64_t>(ceil_div(batch, rows), kMostRows)));
  const bool whole = elements % kDrawsPerHash == 0 && aligned(x, y, mask);
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    launch("dropout forward", forward_kernel<T>, blocks, dim3(along, rows), 0, stream, static_cast<const T*>(x), static_cast<T*>(y), mask,
           samples, draws.rate.threshold, draws.rate.scale, whole);
  });
}

void dropout_backward(Precision precision, const void* dy, const std::uint8_t* mask, void* dx, std::int64_t count, float scale,
                      cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    const std::int64_t vectors = aligned(dy, mask, dx) ? count / kVectorWidth<T> : 0;
    launch("dropout backward data", backward_kernel<T>, blocks_for(vectors > 0 ? vectors : count), kThreads, 0, stream,
           static_cast<const T*>(dy), mask, static_cast<T*>(dx), count, vectors, scale);
  });
}

}  // namespace forerun::cuda
