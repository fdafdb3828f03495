#include <algorithm>

#include "kernels/cuda/common/map.cuh"
#include "kernels/cuda/elementwise.hpp"

namespace forerun::cuda {

namespace {

constexpr std::size_t kMostAtOnce = 8;  // arrays that one launch adds up

template <int Count>
struct Sum {
  __device__ float operator()(const float (&x)[Count]) const {
    float sum = x[0];
    for (int i = 1; i < Count; ++i) sum += x[i];
    return sum;
  }
};

struct Product {
  float factor;
  __device__ float operator()(const float (&x)[1]) const { return factor * x[0]; }
};

struct Same {
  __device__ float operator()(const float (&x)[1]) const { return x[0]; }
};

/// A launch for so many arrays as there are, so that all loads of a thread are under way at once.
template <class T, std::size_t... Index>
void sum_of(const void* const* arrays, T* y, std::int64_t count, cudaStream_t stream, std::index_sequence<Index...>) {
  map("add forward", Sum<static_cast<int>(sizeof...(Index))>{}, count, stream, y, static_cast<const T*>(arrays[Index])...);
}

template <class T>
void sum_some(const void* const* arrays, std::size_t some, T* y, std::int64_t count, cudaStream_t stream) {
  switch (some) {
    case 1: return sum_of(arrays, y, count, stream, std::make_index_sequence<1>{});
    case 2: return sum_of(arrays, y, count, stream, std::make_index_sequence<2>{});
    case 3: return sum_of(arrays, y, count, stream, std::make_index_sequence<3>{});
    case 4: return sum_of(arrays, y, count, stream, std::make_index_sequence<4>{});
    case 5: return sum_of(arrays, y, count, stream, std::make_index_sequence<5>{});
    case 6: return sum_of(arrays, y, count, stream, std::make_index_sequence<6>{});
    case 7: return sum_of(arrays, y, count, stream, std::make_index_sequence<7>{});
    default: return sum_of(arrays, y, count, stream, std::make_index_sequence<kMostAtOnce>{});
  }
}

}  // namespace

void sum_arrays(Precision precision, const std::vector<const void*>& arrays, void* y, std::int64_t count, cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    std::vector<const void*> left = arrays;
    for (std::size_t first = 0;;) {
      const std::size_t some = std::min(kMostAtOnce, left.size() - first);
      sum_some<T>(left.data() + first, some, static_cast<T*>(y), count, stream);
      first += some;
      if (first == left.size()) return;
      left[--first] = y;  // what there is so far is one of the next
    }
  });
}

void add_gradient(Precision precision, const void* from, std::int64_t count, void* to, cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    map("sum of gradients", Sum<2>{}, count, stream, static_cast<T*>(to), static_cast<const T*>(to), static_cast<const T*>(from));
  });
}

void scale(Precision precision, float factor, std::int64_t count, void* values, cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    map("product with a factor", Product{factor}, count, stream, static_cast<T*>(values), static_cast<const T*>(values));
  });
}

void round_to_bf16(const float* from, std::int64_t count, void* to, cudaStream_t stream) {
  map("rounding to bf16", Same{}, count, stream, static_cast<__nv_bfloat16*>(to), from);
}

void widen_bf16(const void* from, std::int64_t count, float* to, cudaStream_t stream) {
  map("widening of bf16", Same{}, count, stream, to, static_cast<const __nv_bfloat16*>(from));
}

}  // namespace forerun::cuda
