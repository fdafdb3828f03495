#include <catch2/catch.hpp>

#include "cuda_compare.hpp"
#include "device_data.hpp"
#include "kernels/cuda/elementwise.hpp"
#include "layer_data.hpp"

using namespace forerun;

namespace {

LayerShape addition(TensorShape input, int operands) {
  LayerShape shape = layer(LayerKind::add, input);
  shape.operands = operands;
  return shape;
}

}  // namespace

TEST_CASE("relu operators on a GPU agree with the reference", "[gpu]") {
  compare_all({layer(LayerKind::relu, {129, 1, 1}), layer(LayerKind::relu, {3, 5, 7}), layer(LayerKind::relu, {16, 4, 1})}, {1, 33});
}

TEST_CASE("gelu operators on a GPU agree with the reference", "[gpu]") {
  compare_all({layer(LayerKind::gelu, {129, 1, 1}), layer(LayerKind::gelu, {.channels = 24, .width = 5})}, {1, 33});
}

TEST_CASE("additions on a GPU agree with the reference, of any number of arrays", "[gpu]") {
  compare_all({addition({5, 3, 7}, 3), addition({.channels = 33, .width = 4}, 2), addition({8, 2, 1}, 5), addition({7, 1, 1}, 1)}, {1, 9});
  for (const int operands : {4, 6, 7, 8, 9, 17}) compare_all({addition({3, 5, 1}, operands)}, {2});
}

TEST_CASE("an addition on a GPU leaves the gradient of its output where an input's is the same array or nobody's", "[gpu]") {
  if (!has_device()) return;
  const LayerShape shape = addition({6, 5, 1}, 3);
  std::mt19937 random(Catch::rngSeed());
  LayerData data(shape, 2, random);
  const LayerData before = data;
  const DeviceData device(data, Precision::fp32);
  LayerBuffers buffers = device.buffers();
  buffers.input_gradient = const_cast<float*>(buffers.output_gradient);
  buffers.further_input_gradients[0] = nullptr;
  run_on_device({shape, Pass::backward_data, 2, {}}, buffers);
  device.download(data);
  CHECK(data.output_gradient == before.output_gradient);
  CHECK(data.input_gradient == before.input_gradient);
  CHECK(data.further_input_gradients[0] == before.further_input_gradients[0]);
  CHECK(data.further_input_gradients[1] == before.output_gradient);
}

TEST_CASE("dropouts on a GPU agree with the reference, in what they drop too", "[gpu]") {
  compare_all({layer(LayerKind::dropout, {1, 1, 1}), layer(LayerKind::dropout, {129, 1, 1}), layer(LayerKind::dropout, {3, 25, 31}),
               layer(LayerKind::dropout, {64, 4, 1})},
              {1, 5});
  compare_all({layer(LayerKind::dropout, {8, 1, 1})}, {70});  // several samples to a block
}

TEST_CASE("a dropout on a GPU drops what the CPU drops, bit by bit", "[gpu]") {
  if (!has_device()) return;
  for (const float share : {0.0F, 0.1F, 0.5F}) {
    const LayerShape shape = layer(LayerKind::dropout, {67, 33, 35});  // so many that draws at the threshold are among them
    std::mt19937 random(Catch::rngSeed());
    LayerData host(shape, 3, random);
    host.first_sample = (std::int64_t{1} << 40) + 5;
    LayerData gpu = host;
    gpu.poison(shape, Pass::forward);
    run_on_device({shape, Pass::forward, 3, {}}, gpu, {.dropped_share = share});
    run(shape, Pass::forward, 3, cpu::Library::eigen, host, {.dropped_share = share});
    CHECK(gpu.mask == host.mask);
    CHECK(gpu.output == host.output);
  }
}

TEST_CASE("gradients on a GPU are added up and scaled in either precision, at any address", "[gpu]") {
  if (!has_device()) return;
  std::mt19937 random(Catch::rngSeed());
  const LayerShape shape = layer(LayerKind::relu, {37, 1, 1});
  for (const Precision precision : {Precision::fp32, Precision::bf16})
    for (const std::int64_t from : {0, 1}) {
      CAPTURE(to_string(precision), from);
      LayerData data(shape, 3, random);
      if (precision == Precision::bf16) data.input = rounded_to_bf16(data.input), data.output = rounded_to_bf16(data.output);
      std::vector<float> sum = data.output;
      for (std::size_t i = static_cast<std::size_t>(from); i < sum.size(); ++i) sum[i] = 0.25F * (data.input[i] + sum[i]);
      if (precision == Precision::bf16) sum = rounded_to_bf16(sum);
      const DeviceData device(data, precision);
      const LayerBuffers b = device.buffers();
      const std::int64_t skipped = from * (precision == Precision::bf16 ? 2 : 4), count = std::ssize(sum) - from;
      char* to = reinterpret_cast<char*>(b.output) + skipped;
      const cuda::Context context;
      cuda::add_gradient(precision, reinterpret_cast<const char*>(b.input) + skipped, count, to, context.stream());
      cuda::scale(precision, 0.25F, count, to, context.stream());
      context.finish();
      device.download(data);
      CHECK(relative_difference(data.output, sum) < (precision == Precision::bf16 ? 1.0 / 256 : 1e-6));
    }
}

TEST_CASE("numbers on a GPU are rounded to bf16 and back as on the host", "[gpu]") {
  if (!has_device()) return;
  std::mt19937 random(Catch::rngSeed());
  LayerData data(layer(LayerKind::relu, {37, 1, 1}), 3, random);
  const std::vector<float> rounded = rounded_to_bf16(data.input);
  const DeviceData device(data, Precision::fp32);
  const LayerBuffers b = device.buffers();
  const cuda::Context context;
  cuda::round_to_bf16(b.input, std::ssize(rounded), b.output, context.stream());
  cuda::widen_bf16(b.output, std::ssize(rounded), b.input_gradient, context.stream());
  context.finish();
  device.download(data);
  CHECK(data.input_gradient == rounded);
}
