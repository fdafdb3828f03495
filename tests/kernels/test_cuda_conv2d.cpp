#include <catch2/catch.hpp>

#include "cuda_compare.hpp"
#include "device_data.hpp"
#include "kernels/cuda/operator.hpp"
#include "layer_data.hpp"
#include "workloads/shapes.hpp"

using namespace forerun;

namespace {

LayerShape conv(TensorShape input, const LayerDescription& description) {
  LayerDescription d = description;
  d.kind = LayerKind::conv2d;
  return infer_shape(input, d);
}

}  // namespace

TEST_CASE("convolutions on a GPU agree with the reference", "[gpu]") {
  compare_all(
      {conv({1, 12, 12}, {.outputs = 32, .window = 3}), conv({3, 9, 7}, {.outputs = 5, .window = 3, .padding = 1}),
       conv({16, 8, 8}, {.outputs = 32, .window = 3, .padding = 1}),
       conv({4, 11, 6}, {.outputs = 10, .window = 5, .stride = 2, .padding = 2}), conv({2, 8, 8}, {.outputs = 6, .window = 3, .stride = 3}),
       conv({16, 2, 2}, {.outputs = 16, .window = 3, .padding = 1}), conv({8, 6, 6}, {.outputs = 4, .window = 1, .stride = 2})},
      {1, 5});
}

TEST_CASE("convolutions of single pixels on a GPU agree with the reference", "[gpu]") {
  compare_all({conv({7, 5, 5}, {.outputs = 3, .window = 1}), conv({16, 4, 3}, {.outputs = 8, .window = 1, .bias = false}),
               conv({8, 4, 4}, {.outputs = 6, .window = 1, .groups = 2})},
              {1, 5});
}

TEST_CASE("convolutions in groups, of rectangles and without biases on a GPU agree with the reference", "[gpu]") {
  compare_all({conv({6, 7, 9}, {.outputs = 4, .window = 3, .padding = 1, .groups = 2}),
               conv({16, 8, 8}, {.outputs = 32, .window = 3, .stride = 2, .padding = 1, .groups = 4, .bias = false}),
               conv({9, 6, 5}, {.outputs = 9, .window = 3, .padding = 1, .groups = 9}),  // depthwise
               conv({5, 6, 5}, {.outputs = 10, .window = 3, .padding = 1, .groups = 5, .bias = false}),
               conv({3, 8, 11}, {.outputs = 7, .window = {1, 7}, .padding = {0, 3}}),
               conv({4, 11, 6}, {.outputs = 6, .window = {5, 2}, .stride = {2, 1}, .padding = {2, 1}, .bias = false}),
               conv({4, 5, 10}, {.outputs = 6, .window = {3, 4}, .stride = {1, 2}, .groups = 2})},
              {1, 3});
}

TEST_CASE("a convolution on a GPU gives the same twice", "[gpu]") {
  if (!has_device()) return;
  const LayerShape shape = conv({16, 6, 6}, {.outputs = 16, .window = 3, .padding = 1});
  for (const Precision precision : {Precision::fp32, Precision::bf16})
    for (const Pass pass : {Pass::forward, Pass::backward_weights, Pass::backward_data}) {
      std::mt19937 random(Catch::rngSeed());
      LayerData data(shape, 3, random);
      const DeviceData device(data, precision);
      const auto context = std::make_shared<cuda::Context>();
      const auto convolution = cuda::make_operator({shape, pass, 3, {}, precision}, context);
      convolution->run(device.buffers());
      context->finish();
      device.download(data);
      const LayerData once = data;
      convolution->run(device.buffers());
      context->finish();
      device.download(data);
      CHECK(data.output == once.output);
      CHECK(data.weight_gradient == once.weight_gradient);
      CHECK(data.input_gradient == once.input_gradient);
    }
}

TEST_CASE("the arrays of a convolution may lie anywhere", "[gpu]") {
  if (!has_device()) return;
  const LayerShape shape = conv({4, 6, 6}, {.outputs = 8, .window = 3, .padding = 1});
  std::mt19937 random(Catch::rngSeed());
  const LayerData data(shape, 2, random);
  for (const Precision precision : {Precision::fp32, Precision::bf16})
    for (const Pass pass : {Pass::forward, Pass::backward_weights, Pass::backward_data}) {
      CAPTURE(to_string(precision), to_string(pass));
      const auto context = std::make_shared<cuda::Context>();
      const auto convolution = cuda::make_operator({shape, pass, 2, {}, precision}, context);
      LayerData straight = data, shifted = data;
      for (LayerData* to : {&straight, &shifted}) {
        const DeviceData device(*to, precision, to == &shifted ? 4 : 0);
        convolution->run(device.buffers());
        context->finish();
        device.download(*to);
      }
      CHECK(shifted.output == straight.output);
      CHECK(shifted.input_gradient == straight.input_gradient);
      CHECK(relative_difference(shifted.weight_gradient, straight.weight_gradient) < 1e-6);  // sums of biases go by other vectors
    }
}

TEST_CASE("a convolution of more elements than cuDNN counts is refused") {
  const LayerShape shape = conv({1024, 64, 64}, {.outputs = 8, .window = 3});
  for (const Pass pass : {Pass::forward, Pass::backward_weights, Pass::backward_data})
    CHECK_THROWS_WITH(cuda::make_operator({shape, pass, 512, {}}, nullptr), "a convolution of more than 2^31 - 1 elements on a GPU");
}
