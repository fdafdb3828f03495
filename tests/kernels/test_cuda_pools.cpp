#include <catch2/catch.hpp>

#include "cuda_compare.hpp"
#include "kernels/cuda/operator.hpp"
#include "layer_data.hpp"
#include "workloads/shapes.hpp"

using namespace forerun;

namespace {

LayerShape pool(LayerKind kind, TensorShape input, Extent window, Extent stride, Padding padding) {
  return infer_shape(input, {.kind = kind, .window = window, .stride = stride, .padding = padding});
}

}  // namespace

TEST_CASE("max pools on a GPU agree with the reference", "[gpu]") {
  const auto max_pool = [](TensorShape input, Extent window, Extent stride, Padding padding) {
    return pool(LayerKind::max_pool, input, window, stride, padding);
  };
  compare_all({max_pool({32, 8, 8}, 2, 2, 0), max_pool({5, 7, 9}, 2, 2, 0), max_pool({12, 13, 13}, 3, 2, 0), max_pool({8, 6, 5}, 3, 2, 1),
               max_pool({1, 4, 4}, 2, 1, 0), max_pool({6, 7, 9}, {3, 2}, {2, 1}, {1, 0}), max_pool({8, 3, 4}, {1, 4}, {2, 3}, {0, 2}),
               max_pool({16, 18, 17}, 17, 1, 0), max_pool({3, 19, 20}, {18, 17}, 1, {2, 0})},
              {1, 3});
}

TEST_CASE("average pools on a GPU agree with the reference, of the whole image too", "[gpu]") {
  const auto average_pool = [](TensorShape input, Extent window, Extent stride, Padding padding) {
    return pool(LayerKind::average_pool, input, window, stride, padding);
  };
  compare_all({average_pool({32, 8, 8}, 2, 2, 0), average_pool({5, 7, 9}, 3, 1, 1), average_pool({17, 13, 13}, 3, 2, 0),
               average_pool({8, 6, 5}, {3, 2}, {2, 1}, {1, 0}), average_pool({24, 7, 7}, 7, 1, 0), average_pool({6, 5, 3}, {5, 3}, 1, 0),
               average_pool({1, 4, 4}, 2, 1, 0)},
              {1, 3});
}

TEST_CASE("a max pool's gradient goes to the first of equal values", "[gpu]") {
  if (!has_device()) return;
  const LayerShape shape = pool(LayerKind::max_pool, {1, 2, 4}, 2, 2, 0);
  std::mt19937 random(Catch::rngSeed());
  LayerData data(shape, 1, random);
  data.input = {3, 3, -1, -2, 3, 3, -2, -1};
  data.output_gradient = {5, 7};
  for (const Pass pass : {Pass::forward, Pass::backward_data}) run_on_device({shape, pass, 1, {}}, data);
  CHECK(data.output == std::vector<float>{3, -1});
  CHECK(data.input_gradient == std::vector<float>{5, 0, 7, 0, 0, 0, 0, 0});
}

TEST_CASE("a pool of more elements than its kernels count is refused") {
  const LayerShape shape = pool(LayerKind::average_pool, {1024, 64, 64}, 2, 2, 0);
  CHECK_THROWS_WITH(cuda::make_operator({shape, Pass::forward, 512, {}}, nullptr), "a pool of more than 2^31 - 1 elements on a GPU");
  CHECK_NOTHROW(cuda::make_operator({shape, Pass::forward, 511, {}}, nullptr));
}
