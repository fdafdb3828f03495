#pragma once

#include "kernels/cuda/common/vectors.cuh"

namespace forerun::cuda {

template <class T, int Count>
struct Inputs {
  const T* array[Count];
};

/// to[i] = function(x), x the i-th elements of all inputs as float32. Vectors first, then what is left of them, element by element.
template <class To, class From, int Count, int Width, class Function>
__global__ void __launch_bounds__(kThreads)
    map_kernel(Inputs<From, Count> inputs, To* to, std::int64_t count, std::int64_t vectors, Function function) {
  for (std::int64_t v = first_element(); v < vectors; v += element_stride()) {
    float x[Count][Width], y[Width];
    for (int i = 0; i < Count; ++i) load_floats(inputs.array[i] + v * Width, x[i]);
    for (int e = 0; e < Width; ++e) {
      float of_one[Count];
      for (int i = 0; i < Count; ++i) of_one[i] = x[i][e];
      y[e] = function(of_one);
    }
    store_floats(to + v * Width, y);
  }
  for (std::int64_t at = vectors * Width + first_element(); at < count; at += element_stride()) {
    float of_one[Count];
    for (int i = 0; i < Count; ++i) of_one[i] = to_float(inputs.array[i][at]);
    to[at] = from_float<To>(function(of_one));
  }
}

/// Launches it. `function` is a struct whose operator() takes `const float (&x)[Count]`; `to` may be one of the inputs.
/// Bound by memory: each byte once.
template <class Function, class To, class From, class... Others>
void map(const char* what, Function function, std::int64_t count, cudaStream_t stream, To* to, const From* first,
         const Others*... further) {
  constexpr int kInputs = 1 + sizeof...(Others);
  constexpr int kWidth = kVectorWidth<To> < kVectorWidth<From> ? kVectorWidth<To> : kVectorWidth<From>;
  const std::int64_t vectors = aligned(to, first, further...) ? count / kWidth : 0;
  const Inputs<From, kInputs> inputs{{first, further...}};
  launch(what, map_kernel<To, From, kInputs, kWidth, Function>, blocks_for(vectors > 0 ? vectors : count), kThreads, 0, stream, inputs, to,
         count, vectors, function);
}

}  // namespace forerun::cuda
