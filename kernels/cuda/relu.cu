#include "kernels/cuda/common/map.cuh"
#include "kernels/cuda/elementwise.hpp"

namespace forerun::cuda {

namespace {

struct Forward {
  __device__ float operator()(const float (&x)[1]) const { return x[0] > 0 ? x[0] : 0.0F; }
};

struct Backward {
  __device__ float operator()(const float (&y_and_dy)[2]) const { return y_and_dy[0] > 0 ? y_and_dy[1] : 0.0F; }
};

}  // namespace

void relu_forward(Precision precision, const void* x, void* y, std::int64_t count, cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    map("relu forward", Forward{}, count, stream, static_cast<T*>(y), static_cast<const T*>(x));
  });
}

void relu_backward(Precision precision, const void* y, const void* dy, void* dx, std::int64_t count, cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    map("relu backward data", Backward{}, count, stream, static_cast<T*>(dx), static_cast<const T*>(y), static_cast<const T*>(dy));
  });
}

}  // namespace forerun::cuda
