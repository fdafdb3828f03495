#include <catch2/catch.hpp>

#include "cuda_compare.hpp"
#include "device_data.hpp"
#include "kernels/cuda/operator.hpp"
#include "kernels/reference/reference.hpp"
#include "layer_data.hpp"

using namespace forerun;

namespace {

void run_on_device(const Kernel& kernel, LayerData& data, const OperatorOptions& options = {}) {
  const DeviceData device(data, kernel.precision);
  const auto context = std::make_shared<cuda::Context>();
  cuda::make_operator(kernel, context, options)->run(device.buffers());
  context->finish();
  device.download(data);
}

}  // namespace

TEST_CASE("embeddings on a GPU agree with the reference", "[gpu]") {
  compare_all({embedding(5, 33, 20), embedding(97, 8, 7), embedding(1, 1, 1), embedding(40, 1100, 3)}, {1, 4});
}

TEST_CASE("an embedding's gradient on a GPU agrees with the reference where rows are picked by many blocks of positions", "[gpu]") {
  compare_all({embedding(3, 16, 1300), embedding(1, 4, 700), embedding(1500, 12, 1030)}, {2});
}

TEST_CASE("an embedding on a GPU adds its gradient to that of a layer with the same weights", "[gpu]") {
  if (!has_device()) return;
  for (const Precision precision : {Precision::fp32, Precision::bf16})
    for (const std::int64_t rows : {2, 11, 300}) {
      const LayerShape shape = embedding(rows, 8, 90);
      std::mt19937 random(Catch::rngSeed());
      LayerData actual(shape, 2, random);
      if (precision == Precision::bf16) actual.output_gradient = rounded_to_bf16(actual.output_gradient);
      LayerData expected = actual;
      run_on_device({shape, Pass::backward_weights, 2, {}, precision}, actual, {.adds_gradient = true});
      run_reference({shape, Pass::backward_weights, 2, {}}, expected.buffers(), {.adds_gradient = true});
      CHECK(relative_difference(actual.weight_gradient, expected.weight_gradient) < 1e-5);
    }
}

TEST_CASE("an embedding in bf16 without rounded weights hands out what rounding leaves of the others", "[gpu]") {
  if (!has_device()) return;
  for (const std::int64_t channels : {7, 24}) {
    const LayerShape shape = embedding(13, channels, 9);
    std::mt19937 random(Catch::rngSeed());
    LayerData data(shape, 3, random);
    LayerData expected = data;
    const DeviceData device(data, Precision::bf16);
    LayerBuffers buffers = device.buffers();
    buffers.rounded_weights = nullptr;
    const auto context = std::make_shared<cuda::Context>();
    cuda::make_operator({shape, Pass::forward, 3, {}, Precision::bf16}, context)->run(buffers);
    context->finish();
    device.download(data);
    run_reference({shape, Pass::forward, 3, {}}, expected.buffers());
    CHECK(data.output == rounded_to_bf16(expected.output));
  }
}

TEST_CASE("an embedding's gradient on a GPU has the same bits twice", "[gpu]") {
  if (!has_device()) return;
  const LayerShape shape = embedding(7, 5, 400);
  std::mt19937 random(Catch::rngSeed());
  LayerData once(shape, 3, random);
  LayerData twice = once;
  run_on_device({shape, Pass::backward_weights, 3, {}}, once);
  run_on_device({shape, Pass::backward_weights, 3, {}}, twice);
  CHECK(once.weight_gradient == twice.weight_gradient);
}
