#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "kernels/cuda/operator.hpp"
#include "layer_data.hpp"

using namespace forerun;

TEST_CASE("a kernel that CUDA does not have is refused, with or without a GPU") {
  const LayerShape relu = layer(LayerKind::relu, {8, 1, 1});
  CHECK_THROWS_AS(cuda::make_operator({relu, Pass::update, 1, {}}, nullptr), MissingCapability);
  CHECK_THROWS_AS(cuda::make_operator({layer(LayerKind::dense, {8, 1, 1}, 2), Pass::forward, std::int64_t{1} << 31, {}}, nullptr),
                  MissingCapability);
}

TEST_CASE("a shape, a precision or an optimizer that CUDA's kernels would get wrong is refused") {
  const LayerShape dense = layer(LayerKind::dense, {8, 1, 1}, 2);
  CHECK(cuda::offers({dense, Pass::forward, 4, {}}));
  CHECK(cuda::offers({dense, Pass::update, 4, {}}));
  CHECK(cuda::offers({dense, Pass::forward, 4, {}, Precision::bf16}));
  CHECK_FALSE(cuda::offers({dense, Pass::forward, 4, {}, Precision::fp16}));
  CHECK_FALSE(cuda::offers({dense, Pass::update, 4, {}, Precision::fp32, Optimizer::lbfgs}));
  LayerShape experts = dense;
  experts.experts = 4;
  for (const Pass pass : {Pass::forward, Pass::backward_weights, Pass::backward_data, Pass::update})
    CHECK_FALSE(cuda::offers({experts, pass, 4, {}}));
  CHECK_THROWS_WITH(cuda::make_operator({experts, Pass::forward, 4, {}}, nullptr), "there is no forward of dense of this shape for CUDA");
  CHECK_THROWS_WITH(cuda::make_operator({dense, Pass::forward, 4, {}, Precision::fp16}, nullptr),
                    "there is no forward of dense in fp16 for CUDA");
}

TEST_CASE("errors of CUDA, cuBLAS and cuDNN are thrown with their words") {
  CHECK_NOTHROW(cuda::check(cudaSuccess, "call"));
  CHECK_THROWS_WITH(cuda::check(cudaErrorInvalidValue, "call"), "call: invalid argument");
  CHECK_THROWS_WITH(cuda::check(CUBLAS_STATUS_NOT_INITIALIZED, "call"), Catch::StartsWith("call: "));
  CHECK_NOTHROW(cuda::check(CUDNN_STATUS_SUCCESS, "call"));
  CHECK_THROWS_WITH(cuda::check(CUDNN_STATUS_NOT_SUPPORTED, "call"), "call: CUDNN_STATUS_NOT_SUPPORTED");
}
