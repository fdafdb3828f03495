#include "kernels/cuda/common/map.cuh"
#include "kernels/cuda/elementwise.hpp"

namespace forerun::cuda {

namespace {

constexpr float kRootHalf = 0.707106781186547524F;
constexpr float kDensityAtZero = 0.398942280401432678F;  // 1 / sqrt(2 pi)

/// The share of a normal distribution below x. By erfc, so that it keeps its digits where it is small.
__device__ __forceinline__ float below(float x) { return 0.5F * erfcf(-kRootHalf * x); }

struct Forward {
  __device__ float operator()(const float (&x)[1]) const { return x[0] * below(x[0]); }
};

struct Backward {
  __device__ float operator()(const float (&x_and_dy)[2]) const {
    const float x = x_and_dy[0];
    return x_and_dy[1] * (below(x) + kDensityAtZero * x * expf(-0.5F * x * x));
  }
};

}  // namespace

void gelu_forward(Precision precision, const void* x, void* y, std::int64_t count, cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    map("gelu forward", Forward{}, count, stream, static_cast<T*>(y), static_cast<const T*>(x));
  });
}

void gelu_backward(Precision precision, const void* x, const void* dy, void* dx, std::int64_t count, cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    map("gelu backward data", Backward{}, count, stream, static_cast<T*>(dx), static_cast<const T*>(x), static_cast<const T*>(dy));
  });
}

}  // namespace forerun::cuda
