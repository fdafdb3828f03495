#include <catch2/catch.hpp>

#include "cuda_compare.hpp"
#include "device_data.hpp"
#include "kernels/reference/reference.hpp"

using namespace forerun;

namespace {

LayerShape norm(LayerKind kind, TensorShape input, bool bias = true) {
  LayerShape shape = layer(kind, input);
  shape.bias = bias;
  return shape;
}

}  // namespace

TEST_CASE("norms on a GPU agree with the reference, with and without shifts", "[gpu]") {
  for (const bool bias : {true, false})
    for (const LayerKind kind : {LayerKind::batch_norm, LayerKind::layer_norm})
      compare_all({norm(kind, {5, 3, 2}, bias), norm(kind, {64, 7, 3}, bias), norm(kind, {.channels = 33, .width = 21}, bias),
                   norm(kind, {130, 4, 1}, bias)},
                  {2, 7});
  for (const LayerKind kind : {LayerKind::batch_norm, LayerKind::layer_norm}) compare_all({norm(kind, {16, 9, 30})}, {1});
}

TEST_CASE("layer norms on a GPU agree with the reference where a block has a row, and where it cannot hold it", "[gpu]") {
  for (const Precision precision : {Precision::fp32, Precision::bf16})
    for (const std::int64_t channels : {16640, 2051})  // by vectors, and element by element; first, to leave what others must not read
      for (const Pass pass : {Pass::forward, Pass::backward_data})
        if (has_device()) compare(norm(LayerKind::layer_norm, {.channels = channels, .width = 2}), 1, pass, kCudaOptions, precision);
  compare_all({norm(LayerKind::layer_norm, {.channels = 1501, .width = 2}), norm(LayerKind::layer_norm, {.channels = 768, .width = 2})},
              {1});
}

TEST_CASE("batch norms on a GPU agree with the reference over many chunks of rows, and of a single row", "[gpu]") {
  compare_all({norm(LayerKind::batch_norm, {3, 40, 41}), norm(LayerKind::batch_norm, {264, 9, 9})}, {3});
  for (const Precision precision : {Precision::fp32, Precision::bf16})
    if (has_device()) compare(norm(LayerKind::batch_norm, {8, 1, 1}), 1, Pass::forward, kCudaOptions, precision);
}

TEST_CASE("variances on a GPU keep their digits where the mean is large", "[gpu]") {
  if (!has_device()) return;
  for (const LayerKind kind : {LayerKind::batch_norm, LayerKind::layer_norm}) {
    const LayerShape shape = norm(kind, {64, 8, 8});
    std::mt19937 random(Catch::rngSeed());
    LayerData actual(shape, 4, random);
    for (float& x : actual.input) x += 300;
    LayerData expected = actual;
    const Kernel kernel{shape, Pass::forward, 4, {}};
    run_on_device(kernel, actual);
    run_reference(kernel, expected.buffers());
    CHECK(relative_difference(actual.statistics, expected.statistics) < 1e-5);
    CHECK(relative_difference(actual.output, expected.output) < 1e-3);  // a mean off by half an ulp of 300 is 1.5e-5 of x
    for (std::size_t i = expected.statistics.size() / 2; i < expected.statistics.size(); ++i)
      CHECK(actual.statistics[i] == Approx(expected.statistics[i]).epsilon(1e-4));
  }
}

TEST_CASE("a batch norm on a GPU keeps no running averages where it has no array for them", "[gpu]") {
  if (!has_device()) return;
  const LayerShape shape = norm(LayerKind::batch_norm, {12, 3, 3});
  std::mt19937 random(Catch::rngSeed());
  LayerData data(shape, 2, random);
  LayerData expected = data;
  const DeviceData device(data, Precision::fp32);
  LayerBuffers buffers = device.buffers();
  buffers.running = nullptr;
  run_on_device({shape, Pass::forward, 2, {}}, buffers);
  device.download(data);
  CHECK(data.running == expected.running);
  run_reference({shape, Pass::forward, 2, {}}, expected.buffers());
  CHECK(relative_difference(data.output, expected.output) < 1e-5);
}

TEST_CASE("norms on a GPU give the same bits twice", "[gpu]") {
  if (!has_device()) return;
  for (const LayerKind kind : {LayerKind::batch_norm, LayerKind::layer_norm})
    for (const Pass pass : {Pass::forward, Pass::backward_weights, Pass::backward_data}) {
      const LayerShape shape = norm(kind, {24, 13, 11});
      std::mt19937 random(Catch::rngSeed());
      LayerData once(shape, 3, random);
      run_on_device({shape, Pass::forward, 3, {}}, once);
      LayerData twice = once;
      run_on_device({shape, pass, 3, {}}, once);
      run_on_device({shape, pass, 3, {}}, twice);
      CHECK(once.output == twice.output);
      CHECK(once.weight_gradient == twice.weight_gradient);
      CHECK(once.input_gradient == twice.input_gradient);
    }
}
