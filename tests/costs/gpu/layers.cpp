#include "costs/gpu/layers.hpp"

#include <catch2/catch.hpp>

#include "costs/gpu/kernel_time.hpp"
#include "costs/gpu/product.hpp"
#include "costs/gpu/streaming.hpp"
#include "tests/costs/gpu/support.hpp"

using namespace forerun;
using forerun::test::dense_layer;
using forerun::test::gpu;
using forerun::test::on_gpu;

namespace {

LayerShape convolution(std::int64_t in, std::int64_t out, std::int64_t edge, int window, int stride = 1) {
  return {.kind = LayerKind::conv2d,
          .input = {.channels = in, .height = edge, .width = edge},
          .output = {.channels = out, .height = edge / stride, .width = edge / stride},
          .window = window,
          .stride = stride,
          .padding = window / 2,
          .bias = false};
}

double time(const GpuModel& model, const LayerShape& shape, Pass pass, std::int64_t batch = 64, Precision precision = Precision::fp16) {
  return gpu_kernel_time(model, on_gpu(shape, pass, batch, precision)).value();
}

}  // namespace

TEST_CASE("the passes of a dense layer are three products of the same size") {
  const GpuModel model = gpu("a100-80gb");
  LayerShape layer = dense_layer(1024, 4096, 512);
  layer.bias = false;
  const auto product = [&](double rows, double columns, double depth, ProductRole role = ProductRole::activation) {
    return product_time(model, Precision::fp32, {.rows = rows, .columns = columns, .depth = depth}, role).value();
  };
  CHECK(time(model, layer, Pass::forward, 4, Precision::fp32) == product(2048, 4096, 1024));
  CHECK(time(model, layer, Pass::backward_data, 4, Precision::fp32) == product(2048, 1024, 4096));
  CHECK(time(model, layer, Pass::backward_weights, 4, Precision::fp32) == product(4096, 1024, 2048, ProductRole::weight_gradient));
}

TEST_CASE("a bias costs a sum over its gradient, and mixed precision the addition of gradients") {
  const GpuModel model = gpu("a100-80gb");
  const LayerShape with = dense_layer(1024, 4096, 512);
  LayerShape without = with;
  without.bias = false;
  const double bytes_per_second = streaming_bandwidth(model).value();
  CHECK(time(model, with, Pass::backward_weights, 4, Precision::fp32) - time(model, without, Pass::backward_weights, 4, Precision::fp32) ==
        Approx(3e-6 + 4.0 * 2048 * 4096 / bytes_per_second));
  CHECK(time(model, with, Pass::forward, 4) == time(model, without, Pass::forward, 4));
  GpuModel free = model;
  free.gradient_bytes = 0;
  CHECK(time(model, without, Pass::backward_weights, 4) - time(free, without, Pass::backward_weights, 4) ==
        Approx(6.0 * 1024 * 4096 / bytes_per_second));
}

TEST_CASE("a vocabulary of odd size slows its three products") {
  const GpuModel model = gpu("a100-80gb");
  for (const Pass pass : {Pass::forward, Pass::backward_data}) {
    const double aligned = time(model, dense_layer(1024, 50304, 1024), pass, 1);
    CHECK(time(model, dense_layer(1024, 50257, 1024), pass, 1) == Approx(aligned / model.unaligned_share).epsilon(0.02));
  }
  CHECK(time(model, dense_layer(1024, 50257, 1024), Pass::forward, 1, Precision::fp32) ==
        Approx(time(model, dense_layer(1024, 50304, 1024), Pass::forward, 1, Precision::fp32)).epsilon(0.02));
}

TEST_CASE("experts share the tokens and read a matrix each") {
  GpuModel model = gpu("a100-80gb");
  LayerShape experts = dense_layer(4096, 4096, 4096);
  const double one = time(model, experts, Pass::forward, 1);
  experts.experts = 8;
  CHECK(time(model, experts, Pass::forward, 1) ==
        product_time(model, Precision::fp16, {.rows = 512, .columns = 4096, .depth = 4096, .count = 8}).value());
  CHECK(time(model, experts, Pass::forward, 1) >= one);
  experts.experts = 4096;
  CHECK(time(model, experts, Pass::forward, 1) > 4096 * 4096.0 * 4096 * 2 / model.bandwidth.value());
}

TEST_CASE("a convolution with a window of one position is the dense layer of its positions, at the rate of convolutions") {
  GpuModel model = gpu("v100");
  model.convolution = {};
  LayerShape dense = dense_layer(256, 512, 28 * 28);
  dense.bias = false;
  const LayerShape conv = convolution(256, 512, 28, 1);
  for (const Pass pass : {Pass::forward, Pass::backward_data})
    CHECK(time(model, conv, pass) == Approx(time(model, dense, pass)).epsilon(1e-9));
  const double fixed = model.kernel_fixed.value();
  const double forward = time(model, conv, Pass::forward) - fixed;
  model.convolution.forward = 0.5;
  CHECK(time(model, conv, Pass::forward) - fixed == Approx(2 * forward));
  const double backward = time(model, conv, Pass::backward_data) - fixed;
  model.convolution.backward_data = 0.25;
  CHECK(time(model, conv, Pass::backward_data) - fixed == Approx(4 * backward));
  const double weights = time(model, conv, Pass::backward_weights) - fixed;
  model.convolution.backward_weights = 0.2;
  CHECK(time(model, conv, Pass::backward_weights) - fixed == Approx(5 * weights));
}

TEST_CASE("Winograd's convolution serves windows of three by three with stride one in fp32 alone") {
  GpuModel model = gpu("v100");
  GpuModel twice = model;
  twice.convolution.winograd *= 2;
  const auto changes = [&](const LayerShape& shape, Precision precision) {
    return time(model, shape, Pass::forward, 64, precision) != time(twice, shape, Pass::forward, 64, precision);
  };
  CHECK(changes(convolution(256, 256, 28, 3), Precision::fp32));
  CHECK_FALSE(changes(convolution(256, 256, 28, 3), Precision::fp16));
  CHECK_FALSE(changes(convolution(256, 256, 28, 3, 2), Precision::fp32));
  CHECK_FALSE(changes(convolution(256, 256, 28, 5), Precision::fp32));
}

TEST_CASE("Winograd's products are only as deep as there are channels: few channels gain nothing, many up to its saving") {
  const GpuModel model = gpu("p100");
  GpuModel without = model;
  without.convolution_workspace = Bytes(0);
  const auto gain = [&](std::int64_t channels, Pass pass) {
    const LayerShape shape = convolution(channels, channels, 56, 3);
    return time(without, shape, pass, 64, Precision::fp32) / time(model, shape, pass, 64, Precision::fp32);
  };
  CHECK(gain(16, Pass::forward) == 1);
  CHECK(gain(64, Pass::forward) > 1);
  CHECK(gain(512, Pass::forward) > gain(64, Pass::forward));
  // 81 multiplications become 25, each product at its share of the rate; a depth of C costs more than one of 9 C.
  const double saving = 81.0 / 25 * model.convolution.winograd;
  CHECK(gain(512, Pass::forward) < saving / model.convolution.forward);
  CHECK(gain(512, Pass::backward_weights) > 1);
}

TEST_CASE("a convolution is Winograd's only where its scratch memory is allowed") {
  GpuModel model = gpu("v100");
  const LayerShape shape = convolution(256, 256, 28, 3);
  const double fast = time(model, shape, Pass::forward, 64, Precision::fp32);
  const double scratch = 4.0 * 25 * (64 * 10 * 10 * 512.0 + 256 * 256);
  model.convolution_workspace = Bytes(scratch);
  CHECK(time(model, shape, Pass::forward, 64, Precision::fp32) == fast);
  model.convolution_workspace = Bytes(scratch - 1);
  CHECK(time(model, shape, Pass::forward, 64, Precision::fp32) > fast);
}

TEST_CASE("tensor cores have shares of their own, and a device without them one for all precisions") {
  GpuModel v100 = gpu("v100"), p100 = gpu("p100");
  const LayerShape shape = convolution(256, 512, 28, 1);
  const auto twice_as_long = [&](GpuModel& model, double ConvolutionShares::*share, Precision precision) {
    const double before = time(model, shape, Pass::forward, 64, precision) - model.kernel_fixed.value();
    model.convolution.*share /= 100;
    const double after = time(model, shape, Pass::forward, 64, precision) - model.kernel_fixed.value();
    model.convolution.*share *= 100;
    return after > 2 * before;
  };
  CHECK(twice_as_long(v100, &ConvolutionShares::tensor_forward, Precision::fp16));
  CHECK_FALSE(twice_as_long(v100, &ConvolutionShares::forward, Precision::fp16));
  CHECK(twice_as_long(v100, &ConvolutionShares::forward, Precision::fp32));
  CHECK(twice_as_long(v100, &ConvolutionShares::forward, Precision::tf32));
  CHECK(twice_as_long(p100, &ConvolutionShares::forward, Precision::fp16));
}

TEST_CASE("a stride leaves the arithmetic of a convolution's three passes alike") {
  GpuModel model = gpu("a100-80gb");
  model.convolution = {};
  model.weight_gradient_share = 1;
  const LayerShape conv = convolution(512, 512, 56, 3, 2);
  const double forward = time(model, conv, Pass::forward);
  CHECK(time(model, conv, Pass::backward_data) == Approx(forward).epsilon(0.1));
  CHECK(time(model, conv, Pass::backward_weights) == Approx(forward).epsilon(0.3));
}

TEST_CASE("a transposed convolution is a convolution backwards") {
  const GpuModel model = gpu("a100-80gb");
  const LayerShape conv = convolution(256, 512, 64, 2, 2);
  LayerShape transposed = conv;
  transposed.kind = LayerKind::transposed_conv2d;
  std::swap(transposed.input, transposed.output);
  GpuModel even = model;
  even.convolution.backward_data = even.convolution.forward;
  even.convolution.tensor_backward_data = even.convolution.tensor_forward;
  CHECK(time(even, transposed, Pass::forward) == Approx(time(even, conv, Pass::backward_data)).epsilon(0.01));
  CHECK(time(even, transposed, Pass::backward_data) == Approx(time(even, conv, Pass::forward)).epsilon(0.01));
}

TEST_CASE("a convolution of each channel apart streams, and one of few groups multiplies") {
  const GpuModel model = gpu("a100-80gb");
  LayerShape conv = convolution(256, 256, 56, 3);
  conv.groups = 256;
  CHECK(time(model, conv, Pass::forward) == streaming_time(model, on_gpu(conv, Pass::forward, 64)).value());
  conv.groups = 2;
  CHECK(time(model, conv, Pass::forward) > time(model, convolution(128, 128, 56, 3), Pass::forward));
  CHECK(time(model, conv, Pass::forward) < time(model, convolution(256, 256, 56, 3), Pass::forward));
}

TEST_CASE("three dimensions multiply a window by its depth") {
  const GpuModel model = gpu("v100");
  LayerShape flat = convolution(64, 64, 32, 3);
  flat.kind = LayerKind::conv3d;
  flat.input.depth = flat.output.depth = 32;
  LayerShape deep = flat;
  deep.window = {3, 3, 3};
  CHECK(time(model, deep, Pass::forward, 4) > 2.5 * time(model, flat, Pass::forward, 4));
  CHECK(time(model, deep, Pass::forward, 4) < 3.5 * time(model, flat, Pass::forward, 4));
}

TEST_CASE("an lstm walks through its sequence step by step") {
  const GpuModel model = gpu("v100");
  LayerShape lstm = forerun::test::elementwise(LayerKind::lstm, 512, 25);
  const double short_sequence = time(model, lstm, Pass::forward, 32, Precision::fp32);
  lstm.input.width = lstm.output.width = 50;
  CHECK(time(model, lstm, Pass::forward, 32, Precision::fp32) == Approx(2 * short_sequence).epsilon(0.1));
  CHECK(time(model, lstm, Pass::backward_data, 32, Precision::fp32) < 0.2 * time(model, lstm, Pass::forward, 32, Precision::fp32));
  CHECK(gpu_launches(on_gpu(lstm, Pass::forward, 32)) == 101);
}

TEST_CASE("a recurrent layer takes the order of DeepBench's times", "[paper]") {
  // baidu-research/DeepBench, results/train/DeepBench_NV_V100.xlsx, LSTM of 512 units, 25 steps, fp32: 1.14 ms forward, batch 32;
  // 0.94 to 1.10 ms backward. cuDNN's persistent kernels would be faster.
  const LayerShape lstm = forerun::test::elementwise(LayerKind::lstm, 512, 25);
  const double ms = 1e3 * time(gpu("v100"), lstm, Pass::forward, 32, Precision::fp32);
  CHECK(ms > 1.14 / 2);
  CHECK(ms < 1.14 * 2);
}

TEST_CASE("a product of activations has two products as its gradient, an interaction as well") {
  GpuModel model = gpu("a100-80gb");
  LayerShape product{
      .kind = LayerKind::product, .input = forerun::test::tokens(1024, 1024), .output = forerun::test::tokens(1024, 1024), .rows = 1024};
  const double forward = time(model, product, Pass::forward);
  CHECK(forward == product_time(model, Precision::fp16, {.rows = 1024, .columns = 1024, .depth = 1024, .count = 64}).value());
  CHECK(time(model, product, Pass::backward_data) == Approx(2 * forward));
  LayerShape pairs{.kind = LayerKind::interaction, .input = forerun::test::tokens(128, 27), .output = {.channels = 351}};
  CHECK(time(model, pairs, Pass::backward_data) > time(model, pairs, Pass::forward));
}

TEST_CASE("a dense layer in fp8 multiplies faster than in bf16 and pays for its casts") {
  GpuModel model = gpu("h100");
  const LayerShape layer = dense_layer(8192, 8192, 4096);
  const double fp8 = time(model, layer, Pass::forward, 4, Precision::fp8);
  CHECK(fp8 < 0.75 * time(model, layer, Pass::forward, 4, Precision::bf16));
  const double product = product_time(model, Precision::fp8, {.rows = 16384, .columns = 8192, .depth = 8192}).value();
  CHECK(fp8 - product == Approx(4.0 * 16384 * 8192 / streaming_bandwidth(model).value()));
}
