#include "costs/gpu/streaming.hpp"

#include <catch2/catch.hpp>

#include "tests/costs/gpu/support.hpp"

using namespace forerun;
using forerun::test::elementwise;
using forerun::test::on_gpu;

namespace {

constexpr std::int64_t kChannels = 512;
constexpr std::int64_t kTokens = 64;
constexpr double kElements = 3.0 * kChannels * kTokens;

/// Bytes an element of the layer's input, over 3 samples in fp16.
double bytes_each(LayerKind kind, Pass pass, int operands = 1, Precision precision = Precision::fp16) {
  GpuModel model = forerun::test::gpu("a100-80gb");
  return streaming_bytes(model, on_gpu(elementwise(kind, kChannels, kTokens, operands), pass, 3, precision)).value() / kElements;
}

}  // namespace

TEST_CASE("elementwise layers move the bytes that papers count in 16 bits", "[paper]") {
  // Korthikanti et al. 2022, sec. 4.1; norms also their scale and shift.
  CHECK(bytes_each(LayerKind::layer_norm, Pass::forward) == Approx(4).epsilon(0.02));
  CHECK(bytes_each(LayerKind::layer_norm, Pass::backward_data) == Approx(6).epsilon(0.02));
  CHECK(bytes_each(LayerKind::layer_norm, Pass::backward_weights) == Approx(4).epsilon(0.02));
  CHECK(bytes_each(LayerKind::gelu, Pass::forward) == 4);
  CHECK(bytes_each(LayerKind::gelu, Pass::backward_data) == 6);
  CHECK(bytes_each(LayerKind::add, Pass::forward, 2) == 6);
  CHECK(bytes_each(LayerKind::add, Pass::backward_data, 2) == 6);
  CHECK(bytes_each(LayerKind::dropout, Pass::backward_data) == 5);
}

TEST_CASE("a dropout and the addition after it move seven bytes together where they are one kernel") {
  CHECK(bytes_each(LayerKind::dropout, Pass::forward) + bytes_each(LayerKind::add, Pass::forward, 2) == 7);
  GpuModel apart = forerun::test::gpu("a100-80gb");
  apart.dropout_fusion = 0;
  const Kernel dropout = on_gpu(elementwise(LayerKind::dropout, kChannels, kTokens), Pass::forward, 3);
  CHECK(streaming_bytes(apart, dropout).value() == 5 * kElements);
}

TEST_CASE("a loss in float32 moves sixty bytes a logit of 16 bits, and of float32 what it must") {
  const LayerKind loss = LayerKind::softmax_cross_entropy;
  CHECK(bytes_each(loss, Pass::forward) + bytes_each(loss, Pass::backward_data) == Approx(60));
  CHECK(bytes_each(loss, Pass::forward, 1, Precision::fp32) == Approx(8).epsilon(0.01));
}

TEST_CASE("batch normalization reads its input twice, and a concatenation's gradients are copied") {
  CHECK(bytes_each(LayerKind::batch_norm, Pass::forward) == Approx(6).epsilon(0.02));
  CHECK(bytes_each(LayerKind::concat, Pass::backward_data) == 4);
}

TEST_CASE("adam in mixed precision moves fifty bytes a parameter, in float32 twenty-eight") {
  const GpuModel model = forerun::test::gpu("a100-80gb");
  const LayerShape layer = forerun::test::dense_layer(100, 200, 1);
  const auto each = [&](Precision precision) {
    return streaming_bytes(model, on_gpu(layer, Pass::update, 1, precision)).value() / static_cast<double>(parameters(layer));
  };
  CHECK(each(Precision::fp16) == 50);
  CHECK(each(Precision::fp8) == 50);
  CHECK(each(Precision::fp32) == 28);
}

TEST_CASE("a streaming kernel takes its fixed time and its bytes over the share of the bandwidth that it reaches") {
  const GpuModel model = forerun::test::gpu("a100-80gb");
  const Kernel large = on_gpu(elementwise(LayerKind::gelu, 1 << 14, 1 << 12), Pass::forward, 1);
  CHECK(streaming_time(model, large).value() == Approx(3e-6 + 4.0 * (1 << 26) / (0.75 * 2.039e12)));
  GpuModel slow = model;
  slow.vector_peak = FlopsPerSecond(1e9);
  CHECK(streaming_time(slow, large).value() == Approx(3e-6 + 8.0 * (1 << 26) / 1e9));
}

TEST_CASE("an update pays no fixed time, because one kernel serves many layers") {
  GpuModel model = forerun::test::gpu("a100-80gb");
  const Kernel update = on_gpu(forerun::test::dense_layer(100, 200, 1), Pass::update, 1);
  const Seconds before = streaming_time(model, update);
  model.kernel_fixed = Seconds(1);
  CHECK(streaming_time(model, update) == before);
  CHECK(before > Seconds(0));
}
