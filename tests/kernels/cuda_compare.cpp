#include "cuda_compare.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "device_data.hpp"
#include "kernels/cuda/operator.hpp"
#include "kernels/reference/reference.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

constexpr double kFloatTolerance = 1e-5;
constexpr double kBf16Tolerance = 1.0 / 128;  // two roundings to bf16, as of a sum and of what a bias makes of it

constexpr bool reads_forward(LayerKind kind) {
  switch (kind) {
    case LayerKind::max_pool:
    case LayerKind::relu:
    case LayerKind::dropout:
    case LayerKind::attention:
    case LayerKind::batch_norm:
    case LayerKind::layer_norm:
    case LayerKind::softmax_cross_entropy: return true;
    default: return false;
  }
}

constexpr bool multiplies_weights(LayerKind kind) {
  return kind == LayerKind::dense || kind == LayerKind::conv2d || kind == LayerKind::embedding;
}

void round(std::vector<float>& values) { values = rounded_to_bf16(values); }

void round_activations(LayerData& data) {
  round(data.input), round(data.output), round(data.output_gradient), round(data.input_gradient);
  for (std::vector<float>& further : data.further_inputs) round(further);
  for (std::vector<float>& further : data.further_input_gradients) round(further);
}

void check_arrays(const LayerData& actual, const LayerData& expected, double tolerance) {
  CHECK(relative_difference(actual.input, expected.input) == 0);
  CHECK(relative_difference(actual.output_gradient, expected.output_gradient) == 0);
  CHECK(relative_difference(actual.output, expected.output) < tolerance);
  CHECK(relative_difference(actual.input_gradient, expected.input_gradient) < tolerance);
  CHECK(relative_difference(actual.weight_gradient, expected.weight_gradient) < tolerance);
  CHECK(relative_difference(actual.velocity, expected.velocity) < tolerance);
  CHECK(relative_difference(actual.second_moment, expected.second_moment) < tolerance);
  CHECK(relative_difference(actual.statistics, expected.statistics) < tolerance);
  CHECK(relative_difference(actual.running, expected.running) < tolerance);
  for (std::size_t i = 0; i < expected.further_inputs.size(); ++i)
    CHECK(relative_difference(actual.further_inputs[i], expected.further_inputs[i]) == 0);
  for (std::size_t i = 0; i < expected.further_input_gradients.size(); ++i)
    CHECK(relative_difference(actual.further_input_gradients[i], expected.further_input_gradients[i]) < tolerance);
  CHECK(std::ranges::equal(actual.mask, expected.mask));
  CHECK(actual.loss == Approx(expected.loss).epsilon(tolerance));
}

}  // namespace

bool has_device() {
  if (cuda::device_count() > 0) return true;
  std::cout << "skipped: no CUDA device is present\n";
  return false;
}

void run_on_device(const Kernel& kernel, const LayerBuffers& arrays, const OperatorOptions& options) {
  const auto context = std::make_shared<cuda::Context>();
  cuda::make_operator(kernel, context, options)->run(arrays);
  context->finish();
}

std::vector<float> run_on_device(const Kernel& kernel, LayerData& data, const OperatorOptions& options) {
  const DeviceData device(data, kernel.precision);
  run_on_device(kernel, device.buffers(), options);
  device.download(data);
  return device.rounded_weights();
}

void compare(const Kernel& kernel, const OperatorOptions& options) {
  const LayerShape& shape = kernel.shape;
  CAPTURE(to_string(shape.kind), to_string(kernel.pass), to_string(kernel.precision), kernel.batch, shape.input.channels,
          shape.input.height, shape.input.width, shape.output.channels, shape.window.height, shape.window.width, shape.stride.height,
          shape.stride.width, shape.padding.height, shape.padding.width, shape.groups, shape.bias);
  REQUIRE(cuda::offers(kernel));
  const bool bf16 = kernel.precision == Precision::bf16, updates = kernel.pass == Pass::update;
  std::mt19937 random(Catch::rngSeed() + static_cast<std::uint32_t>(kernel.batch * 97 + shape.input.elements()));
  LayerData actual(shape, kernel.batch, random);
  if (bf16) round_activations(actual);
  LayerData expected = actual;
  const std::vector<float> weights = actual.weights;
  if (bf16 && !updates && multiplies_weights(shape.kind)) round(expected.weights);
  Kernel reference = kernel;
  reference.precision = Precision::fp32;
  if (!updates && kernel.pass != Pass::forward && reads_forward(shape.kind)) {
    Kernel forward = kernel, reference_forward = reference;
    forward.pass = reference_forward.pass = Pass::forward;
    run_on_device(forward, actual, options);
    run_reference(reference_forward, expected.buffers(), options);
    if (bf16) expected.output = actual.output;  // a rounding that falls on the other side is the forward pass's matter
  }
  actual.poison(shape, kernel.pass);
  const std::vector<float> rounded_weights = run_on_device(kernel, actual, options);
  run_reference(reference, expected.buffers(), options);
  check_arrays(actual, expected, bf16 ? kBf16Tolerance : kFloatTolerance);
  if (updates) CHECK(relative_difference(actual.weights, expected.weights) < kFloatTolerance);
  if (!updates) CHECK(actual.weights == weights);
  if (bf16) CHECK(rounded_weights == rounded_to_bf16(actual.weights));
}

void compare(const LayerShape& shape, std::int64_t batch, Pass pass, const OperatorOptions& options, Precision precision) {
  compare({shape, pass, batch, {}, precision}, options);
}

void compare_all(const std::vector<LayerShape>& shapes, const std::vector<std::int64_t>& batches, const OperatorOptions& options) {
  if (!has_device()) return;
  for (const LayerShape& shape : shapes)
    for (const std::int64_t batch : batches)
      for (const Precision precision : {Precision::fp32, Precision::bf16})
        for (const Pass pass : passes(shape.kind, LayerPosition::later))
          if (pass != Pass::update) compare(shape, batch, pass, options, precision);
}

}  // namespace forerun
