#include "costs/gpu/kernel_time.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/error.hpp"
#include "tests/costs/gpu/support.hpp"

using namespace forerun;
using forerun::test::gpu;
using forerun::test::on_gpu;

namespace {

/// Some layer of each kind.
LayerShape some(LayerKind kind) {
  LayerShape shape = forerun::test::elementwise(kind, 64, 16, 2);
  switch (kind) {
    case LayerKind::conv2d:
    case LayerKind::conv3d:
    case LayerKind::transposed_conv2d:
    case LayerKind::max_pool:
    case LayerKind::average_pool:
      shape.input = shape.output = {.channels = 64, .height = 8, .width = 8};
      shape.window = 3;
      break;
    case LayerKind::attention: return forerun::test::attention_layer(64, 4, 16, AttentionMethod::flash, false);
    case LayerKind::embedding:
      shape.input.channels = 1;
      shape.rows = 1000;
      break;
    case LayerKind::reshape: shape.output.width = 8; break;
    case LayerKind::interaction: shape.output = {.channels = 120}; break;
    case LayerKind::product: shape.rows = 64; break;
    case LayerKind::nearest_center:
    case LayerKind::least_squares: shape.rows = 10; break;
    default: break;
  }
  return shape;
}

}  // namespace

TEST_CASE("every kind of layer has a positive finite price on every device, or a name for why not") {
  for (const char* name : forerun::test::kPublished) {
    const GpuModel model = gpu(name);
    for (int kind = 0; kind < kLayerKinds; ++kind)
      for (const Pass pass : passes(static_cast<LayerKind>(kind), LayerPosition::later)) {
        const Kernel kernel = on_gpu(some(static_cast<LayerKind>(kind)), pass, 4, Precision::fp32);
        CAPTURE(name, to_string(static_cast<LayerKind>(kind)), to_string(pass));
        if (kernel.shape.kind == LayerKind::nearest_center || kernel.shape.kind == LayerKind::least_squares) {
          CHECK_THROWS_WITH(gpu_kernel_time(model, kernel), Catch::Contains(std::string(to_string(kernel.shape.kind))));
          continue;
        }
        const double time = gpu_kernel_time(model, kernel).value();
        CHECK(time > 0);
        CHECK(time < 1e-2);
        CHECK(gpu_launches(kernel) >= (pass == Pass::update ? 0 : 1));
      }
  }
}

TEST_CASE("a view costs nothing, nor does a pass that a layer has not") {
  const GpuModel model = gpu("h100");
  LayerShape view = forerun::test::elementwise(LayerKind::reshape, 64, 16);
  CHECK(gpu_kernel_time(model, on_gpu(view, Pass::forward, 4)) == Seconds(0));
  CHECK(gpu_launches(on_gpu(view, Pass::forward, 4)) == 0);
  const Kernel none = on_gpu(forerun::test::elementwise(LayerKind::relu, 64, 16), Pass::backward_weights, 4);
  CHECK(gpu_kernel_time(model, none) == Seconds(0));
  CHECK(gpu_launches(none) == 0);
}

TEST_CASE("a device prices no precision that it has not") {
  const Kernel kernel = on_gpu(forerun::test::dense_layer(64, 64, 1), Pass::forward, 4, Precision::fp8);
  CHECK_THROWS_WITH(gpu_kernel_time(gpu("a100-80gb"), kernel), Catch::Contains("fp8"));
  CHECK_THROWS_AS(gpu_kernel_time(gpu("k80"), on_gpu(kernel.shape, Pass::forward, 4, Precision::fp16)), MissingCapability);
  CHECK(gpu_kernel_time(gpu("h100"), kernel) > Seconds(0));
}

TEST_CASE("no kernel takes longer on a device with more bandwidth or a higher rate") {
  for (const char* name : forerun::test::kPublished) {
    const GpuModel model = gpu(name);
    GpuModel wide = model;
    wide.bandwidth *= 2;
    GpuModel fast = model;
    fast.vector_peak *= 2;
    for (FlopsPerSecond& peak : fast.peak.items) peak *= 2;
    for (int kind = 0; kind < static_cast<int>(LayerKind::nearest_center); ++kind)
      for (const Pass pass : passes(static_cast<LayerKind>(kind), LayerPosition::later)) {
        const Kernel kernel = on_gpu(some(static_cast<LayerKind>(kind)), pass, 512, Precision::fp32);
        CAPTURE(name, to_string(static_cast<LayerKind>(kind)), to_string(pass));
        CHECK(gpu_kernel_time(wide, kernel) <= gpu_kernel_time(model, kernel));
        CHECK(gpu_kernel_time(fast, kernel) <= gpu_kernel_time(model, kernel));
        CHECK(gpu_kernel_time(model, on_gpu(kernel.shape, pass, 1024, Precision::fp32)) >= gpu_kernel_time(model, kernel) * 0.999999);
      }
  }
}

TEST_CASE("a pass launches as many kernels as a framework does operators") {
  using forerun::test::attention_layer;
  const auto launches = [](const LayerShape& shape, Pass pass) { return gpu_launches(on_gpu(shape, pass, 4)); };
  const LayerShape dense = forerun::test::dense_layer(64, 64, 16);
  CHECK(launches(dense, Pass::forward) == 1);
  CHECK(launches(dense, Pass::backward_weights) == 3);
  CHECK(gpu_launches(on_gpu(dense, Pass::backward_weights, 4, Precision::fp32)) == 2);
  LayerShape experts = dense;
  experts.experts = 8;
  CHECK(launches(experts, Pass::forward) == 8);
  CHECK(launches(attention_layer(64, 4, 16, AttentionMethod::flash, true), Pass::forward) == 1);
  CHECK(launches(attention_layer(64, 4, 16, AttentionMethod::flash, true), Pass::backward_data) == 2);
  CHECK(launches(attention_layer(64, 4, 16, AttentionMethod::fused, true), Pass::forward) == 4);
  CHECK(launches(attention_layer(64, 4, 16, AttentionMethod::fused, true), Pass::backward_data) == 6);
  CHECK(launches(attention_layer(64, 4, 16, AttentionMethod::unfused, false), Pass::forward) == 3);
  CHECK(launches(dense, Pass::update) == 0);
  CHECK(host_issue_time(gpu("h100"), on_gpu(dense, Pass::backward_weights, 4)) == 3 * gpu("h100").host_issue);
}

TEST_CASE("a host issues the further kernels of a softmax that is not fused") {
  using forerun::test::attention_layer;
  GpuModel model = gpu("a100-80gb");
  model.unfused_launches = 7;
  const auto kernels = [&](AttentionMethod method, Pass pass) {
    return host_issue_time(model, on_gpu(attention_layer(64, 4, 16, method, false), pass, 4)) / model.host_issue;
  };
  CHECK(kernels(AttentionMethod::fused, Pass::forward) == Approx(3));
  CHECK(kernels(AttentionMethod::unfused, Pass::forward) == Approx(3 + 7));
  CHECK(kernels(AttentionMethod::unfused, Pass::backward_data) == Approx(5 + 7));
  CHECK(kernels(AttentionMethod::flash, Pass::backward_data) == Approx(2));
}

TEST_CASE("energy is idle power for all of the time and the rest of the peak while the device computes") {
  const GpuModel model = gpu("a100-80gb");
  CHECK(gpu_energy(model, Seconds(10), Seconds(0)).value() == Approx(10 * model.idle_watts));
  CHECK(gpu_energy(model, Seconds(10), Seconds(10)).value() == Approx(4000));
  CHECK(gpu_energy(model, Seconds(10), Seconds(5)).value() == Approx(2000 + 5 * model.idle_watts));
}

TEST_CASE("an update takes the host's time for each parameter tensor beside its bytes, and other passes take none") {
  GpuModel model = gpu("t4");
  const auto time = [&](LayerKind kind, Pass pass, bool bias = true) {
    LayerShape shape = some(kind);
    shape.bias = bias;
    return gpu_kernel_time(model, {.shape = shape, .pass = pass, .batch = 8}).value();
  };
  struct Of {
    LayerKind kind;
    bool bias;
    int tensors;
  };
  for (const auto& [kind, bias, tensors] :
       {Of{LayerKind::dense, true, 2}, Of{LayerKind::conv2d, false, 1}, Of{LayerKind::layer_norm, true, 2},
        Of{LayerKind::embedding, true, 1}, Of{LayerKind::lstm, true, 4}}) {
    INFO(to_string(kind));
    model.tensor_update = Seconds(0);
    const double update = time(kind, Pass::update, bias), forward = time(kind, Pass::forward, bias);
    model.tensor_update = Seconds(1e-3);
    CHECK(time(kind, Pass::update, bias) - update == Approx(tensors * 1e-3));
    CHECK(time(kind, Pass::forward, bias) == forward);
  }
}
