#include <cmath>

#include "kernels/cuda/pools.hpp"
#include "kernels/cuda/windows.cuh"

namespace forerun::cuda {

namespace {

/// Places, in accesses as wide as there are.
template <int Width, class Place>
__device__ __forceinline__ void load_places(const Place* first, int (&values)[Width]) {
  constexpr int kPiece = Width < kVectorWidth<Place> ? Width : kVectorWidth<Place>;
  for (int at = 0; at < Width; at += kPiece) {
    const Vector<Place, kPiece> piece = load<kPiece>(first + at);
    for (int e = 0; e < kPiece; ++e) values[at + e] = static_cast<int>(piece.element[e]);
  }
}
template <int Width, class Place>
__device__ __forceinline__ void store_places(Place* first, const int (&values)[Width]) {
  constexpr int kPiece = Width < kVectorWidth<Place> ? Width : kVectorWidth<Place>;
  for (int at = 0; at < Width; at += kPiece) {
    Vector<Place, kPiece> piece;
    for (int e = 0; e < kPiece; ++e) piece.element[e] = static_cast<Place>(values[at + e]);
    store<kPiece>(first + at, piece);
  }
}

template <class T, class Place, int Width>
__global__ void forward_kernel(WindowShape s, const T* __restrict__ x, T* __restrict__ y, Place* __restrict__ places) {
  for_each_output<Width>(s, [&](const Pixel& at) {
    float best[Width];
    int best_place[Width];
    for (int e = 0; e < Width; ++e) best[e] = -INFINITY, best_place[e] = -1;
    for_each_place(s, at, [&](int place, std::int64_t element) {
      float values[Width];
      load_floats(x + element, values);
      for (int e = 0; e < Width; ++e)
        if (best_place[e] < 0 || values[e] > best[e]) best[e] = values[e], best_place[e] = place;
    });
    const std::int64_t element = output_element(s, at, at.row, at.column);
    store_floats(y + element, best);
    store_places(places + element, best_place);
  });
}

template <class T, class Place, int Width>
__global__ void backward_kernel(WindowShape s, const T* __restrict__ dy, const Place* __restrict__ places, T* __restrict__ dx) {
  for_each_input<Width>(s, [&](const Pixel& at) {
    float sum[Width] = {};
    for_each_window(s, at, [&](int place, std::int64_t element) {
      float values[Width];
      int best_place[Width];
      load_floats(dy + element, values);
      load_places(places + element, best_place);
      for (int e = 0; e < Width; ++e) sum[e] += best_place[e] == place ? values[e] : 0.0F;
    });
    store_floats(dx + input_element(s, at, at.row, at.column), sum);
  });
}

/// Calls launch(element, place) with elements of the types of activations and of places.
template <class Launch>
void with_types(Precision precision, const WindowShape& shape, Launch launch) {
  with_element(precision, [&](auto element) {
    if (shape.places() <= 256)
      launch(element, std::uint8_t{});
    else
      launch(element, std::int32_t{});
  });
}

}  // namespace

void max_pool_forward(Precision precision, const WindowShape& shape, const void* x, void* y, void* places, cudaStream_t stream) {
  with_types(precision, shape, [&](auto element, auto place) {
    using T = decltype(element);
    using Place = decltype(place);
    constexpr int kWidth = kVectorWidth<T>;
    const bool wide = shape.input_channels % kWidth == 0 && aligned(x, y, places);
    launch_outputs("max_pool forward", wide ? forward_kernel<T, Place, kWidth> : forward_kernel<T, Place, 1>, shape, wide ? kWidth : 1,
                   stream, static_cast<const T*>(x), static_cast<T*>(y), static_cast<Place*>(places));
  });
}

void max_pool_backward(Precision precision, const WindowShape& shape, const void* dy, const void* places, void* dx, cudaStream_t stream) {
  with_types(precision, shape, [&](auto element, auto place) {
    using T = decltype(element);
    using Place = decltype(place);
    constexpr int kWidth = kVectorWidth<T>;
    const bool wide = shape.input_channels % kWidth == 0 && aligned(dy, places, dx);
    launch_inputs("max_pool backward data", wide ? backward_kernel<T, Place, kWidth> : backward_kernel<T, Place, 1>, shape,
                  wide ? kWidth : 1, stream, static_cast<const T*>(dy), static_cast<const Place*>(places), static_cast<T*>(dx));
  });
}

}  // namespace forerun::cuda
