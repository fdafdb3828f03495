#include <cuda_runtime_api.h>

#include <array>
#include <catch2/catch.hpp>

#include "cuda_compare.hpp"
#include "device_data.hpp"
#include "kernels/cuda/attention.hpp"
#include "kernels/cuda/operator.hpp"
#include "kernels/reference/reference.hpp"
#include "layer_data.hpp"

using namespace forerun;

namespace {

constexpr std::array kMasks = {AttentionMask::none, AttentionMask::causal};

OperatorOptions masked(AttentionMask mask) {
  OperatorOptions options = kCudaOptions;
  options.mask = mask;
  return options;
}

void compare_masks(const std::vector<LayerShape>& shapes, const std::vector<std::int64_t>& batches) {
  for (const AttentionMask mask : kMasks) compare_all(shapes, batches, masked(mask));
}

LayerShape square(std::int64_t positions, std::int64_t heads, std::int64_t key_heads, std::int64_t channels, bool dropout = false) {
  return attention(positions, {.heads = heads,
                               .key_heads = key_heads,
                               .key_channels = channels,
                               .value_channels = channels,
                               .keys = positions,
                               .dropout = dropout});
}

/// Both passes for a device, whatever the one that runs them is.
void run_for(const cuda::AttentionDevice& device, const Kernel& forward, const OperatorOptions& options, const LayerBuffers& buffers) {
  const auto context = std::make_shared<cuda::Context>();
  Kernel backward = forward;
  backward.pass = Pass::backward_data;
  cuda::attention_for(device, forward, context, options)->run(buffers);
  cuda::attention_for(device, backward, context, options)->run(buffers);
  context->finish();
}

void check_gradients(const LayerData& actual, const LayerData& expected, double tolerance) {
  CHECK(relative_difference(actual.output, expected.output) < tolerance);
  CHECK(relative_difference(actual.statistics, expected.statistics) < tolerance);
  CHECK(relative_difference(actual.input_gradient, expected.input_gradient) < tolerance);
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(relative_difference(actual.further_input_gradients[i], expected.further_input_gradients[i]) < tolerance);
}

void compare_for(const cuda::AttentionDevice& device, const LayerShape& shape, Precision precision) {
  CAPTURE(shape.attention.key_channels, to_string(precision));
  std::mt19937 random(Catch::rngSeed());
  LayerData actual(shape, 1, random);
  if (precision == Precision::bf16)
    for (std::vector<float>* values : {&actual.input, &actual.output_gradient, &actual.further_inputs[0], &actual.further_inputs[1]})
      *values = rounded_to_bf16(*values);
  LayerData expected = actual;
  const DeviceData on_device(actual, precision);
  run_for(device, {shape, Pass::forward, 1, {}, precision}, kCudaOptions, on_device.buffers());
  on_device.download(actual);
  for (const Pass pass : {Pass::forward, Pass::backward_data}) run_reference({shape, pass, 1, {}}, expected.buffers(), kCudaOptions);
  check_gradients(actual, expected, precision == Precision::bf16 ? 1.0 / 128 : 1e-5);
}

}  // namespace

TEST_CASE("attention on a GPU agrees with the reference, causal and not, with shared keys and with dropout", "[gpu]") {
  compare_masks({attention(1, {.heads = 2, .key_heads = 2, .key_channels = 3, .value_channels = 5, .keys = 2}), square(9, 4, 2, 8),
                 attention(17, {.heads = 3, .key_heads = 1, .key_channels = 16, .value_channels = 4, .keys = 17, .dropout = true}),
                 attention(6, {.heads = 2, .key_heads = 2, .key_channels = 5, .value_channels = 7, .keys = 11, .dropout = true})},
                {1, 3});
}

TEST_CASE("attention on a GPU agrees with the reference over several tiles of queries and keys", "[gpu]") {
  compare_masks({square(131, 2, 1, 8, true), square(128, 1, 1, 8),
                 attention(70, {.heads = 2, .key_heads = 2, .key_channels = 7, .value_channels = 24, .keys = 150, .dropout = true})},
                {1});
}

TEST_CASE("attention on a GPU agrees with the reference for heads of 64 and 128 channels", "[gpu]") {
  compare_masks({square(67, 1, 1, 64, true), square(131, 2, 1, 64), square(67, 2, 1, 128, true)}, {1});
  compare_all({square(130, 1, 1, 128), attention(33, {.heads = 2, .key_heads = 2, .key_channels = 96, .value_channels = 80, .keys = 70}),
               attention(129, {.heads = 1, .key_heads = 1, .key_channels = 100, .value_channels = 36, .keys = 129})},
              {1}, masked(AttentionMask::causal));
}

TEST_CASE("attention on a GPU agrees with the reference for heads of up to 256 channels", "[gpu]") {
  compare_masks({attention(21, {.heads = 2, .key_heads = 1, .key_channels = 192, .value_channels = 128, .keys = 40, .dropout = true}),
                 attention(3, {.heads = 1, .key_heads = 1, .key_channels = 129, .value_channels = 256, .keys = 5})},
                {1});
}

TEST_CASE("attention agrees with the reference as GPUs with less shared memory and no tensor cores for bf16 calculate it", "[gpu]") {
  if (!has_device()) return;
  const cuda::AttentionDevice turing{.tensor_cores = false, .shared_bytes = 64 << 10, .multiprocessors = 40};
  for (const Precision precision : {Precision::fp32, Precision::bf16})
    for (const LayerShape& shape : {square(67, 2, 1, 64, true), square(67, 1, 1, 128), square(35, 1, 1, 20)})
      compare_for(turing, shape, precision);
}

TEST_CASE("an attention takes arrays that start anywhere", "[gpu]") {
  if (!has_device()) return;
  const LayerShape shape = square(20, 2, 2, 16);
  for (const Precision precision : {Precision::fp32, Precision::bf16}) {
    std::mt19937 random(Catch::rngSeed());
    LayerData data(shape, 1, random), expected = data;
    const DeviceData device(data, precision);
    const std::size_t element = precision == Precision::bf16 ? 2 : 4, bytes = data.output.size() * element;
    const cuda::DeviceMemory memory(bytes + element);
    LayerBuffers moved = device.buffers();
    moved.output = reinterpret_cast<float*>(static_cast<std::byte*>(memory.data()) + element);
    run_for(cuda::attention_device(), {shape, Pass::forward, 1, {}, precision}, kCudaOptions, device.buffers());
    device.download(expected);
    run_for(cuda::attention_device(), {shape, Pass::forward, 1, {}, precision}, kCudaOptions, moved);
    cuda::check(cudaMemcpy(device.buffers().output, moved.output, bytes, cudaMemcpyDeviceToDevice), "cudaMemcpy");
    device.download(data);
    check_gradients(data, expected, 1e-6);
  }
}

TEST_CASE("an attention run twice gives the same twice, gradients of shared keys too", "[gpu]") {
  if (!has_device()) return;
  const LayerShape shape = square(70, 4, 1, 16, true);
  for (const Precision precision : {Precision::fp32, Precision::bf16}) {
    std::mt19937 random(Catch::rngSeed());
    LayerData once(shape, 1, random), twice = once;
    const DeviceData device(once, precision);
    for (LayerData* data : {&once, &twice}) {
      run_for(cuda::attention_device(), {shape, Pass::forward, 1, {}, precision}, kCudaOptions, device.buffers());
      device.download(*data);
    }
    CHECK(twice.output == once.output);
    CHECK(twice.input_gradient == once.input_gradient);
    CHECK(twice.further_input_gradients == once.further_input_gradients);
  }
}

TEST_CASE("an attention that CUDA does not have is refused") {
  const LayerShape wide = square(4, 1, 1, 257), backwards = attention(4, {.keys = 3});
  CHECK_FALSE(cuda::offers({wide, Pass::forward, 1, {}}));
  CHECK_THROWS_WITH(cuda::make_operator({wide, Pass::forward, 1, {}}, nullptr),
                    "there is no forward of attention of heads of more than 256 channels for CUDA");
  CHECK_THROWS_WITH(cuda::make_operator({backwards, Pass::forward, 1, {}}, nullptr),
                    "a causal attention of fewer keys than queries: the first queries would see none");
  CHECK_THROWS_WITH(cuda::make_operator({square(1 << 20, 1, 1, 8), Pass::forward, 1 << 11, {}}, nullptr),
                    "an attention of more than 2^31 - 1 rows on a GPU");
}
