#include <array>
#include <catch2/catch.hpp>

#include "cuda_compare.hpp"
#include "device_data.hpp"
#include "kernels/cuda/update.hpp"
#include "kernels/reference/reference.hpp"
#include "layer_data.hpp"

using namespace forerun;

namespace {

constexpr std::array kOptimizers = {Optimizer::sgd, Optimizer::sgd_momentum, Optimizer::adam, Optimizer::adamw};
const UpdateRule kRule{0.1F, 0.7F, 0.95F, 1e-6F, 0.3F, 0.25F};

}  // namespace

TEST_CASE("updates by every optimizer on a GPU agree with the reference, with rounded weights and without", "[gpu]") {
  if (!has_device()) return;
  for (const LayerShape& shape : {layer(LayerKind::dense, {37, 1, 1}, 129), layer(LayerKind::conv2d, {3, 5, 5}, 7, 3),
                                  layer(LayerKind::layer_norm, {.channels = 19})})
    for (const Optimizer optimizer : kOptimizers)
      for (const Precision precision : {Precision::fp32, Precision::bf16})
        compare({shape, Pass::update, 1, {}, precision, optimizer}, {.rule = kRule});
}

TEST_CASE("updates on a GPU agree with the reference at the first steps and late ones", "[gpu]") {
  if (!has_device()) return;
  const LayerShape shape = layer(LayerKind::dense, {11, 1, 1}, 5);
  for (const Optimizer optimizer : {Optimizer::adam, Optimizer::adamw})
    for (const std::int64_t step : {1, 2, 7, 100000}) {
      std::mt19937 random(Catch::rngSeed());
      LayerData actual(shape, 1, random);
      actual.step = step;
      LayerData expected = actual;
      const Kernel kernel{shape, Pass::update, 1, {}, Precision::fp32, optimizer};
      run_on_device(kernel, actual, {.rule = kRule});
      run_reference(kernel, expected.buffers(), {.rule = kRule});
      CHECK(relative_difference(actual.weights, expected.weights) < 1e-5);
      CHECK(relative_difference(actual.velocity, expected.velocity) < 1e-5);
      CHECK(relative_difference(actual.second_moment, expected.second_moment) < 1e-5);
    }
}

TEST_CASE("an update on a GPU of more parameters than a grid has threads reaches all of them", "[gpu]") {
  if (!has_device()) return;
  compare(layer(LayerKind::dense, {1100, 1, 1}, 4000), 1, Pass::update);
}

TEST_CASE("one launch updates arrays at any address, and leaves the zeros between layers", "[gpu]") {
  if (!has_device()) return;
  const LayerShape shape = layer(LayerKind::dense, {20, 1, 1}, 5);
  constexpr std::size_t kGapFirst = 40, kGapEnd = 48;
  for (const Optimizer optimizer : kOptimizers)
    for (const std::size_t skipped : {0, 3}) {
      std::mt19937 random(Catch::rngSeed());
      LayerData data(shape, 1, random);
      for (std::vector<float>* array : {&data.weights, &data.weight_gradient, &data.velocity, &data.second_moment})
        std::fill(array->begin() + kGapFirst, array->begin() + kGapEnd, 0.0F);
      LayerData expected = data;
      const DeviceData device(data, Precision::bf16);
      const LayerBuffers b = device.buffers();
      const cuda::Context context;
      const auto count = static_cast<std::int64_t>(data.weights.size() - skipped);
      cuda::update(kRule, optimizer, data.step,
                   {b.weights + skipped, b.weight_gradient + skipped, b.velocity + skipped, b.second_moment + skipped,
                    static_cast<char*>(b.rounded_weights) + 2 * skipped},
                   count, context.stream());
      context.finish();
      device.download(data);
      const std::vector<float> before(expected.weights.begin(), expected.weights.begin() + static_cast<std::ptrdiff_t>(skipped));
      run_reference({shape, Pass::update, 1, {}, Precision::fp32, optimizer}, expected.buffers(), {.rule = kRule});
      std::copy(before.begin(), before.end(), expected.weights.begin());
      CHECK(relative_difference(data.weights, expected.weights) < 1e-5);
      CHECK(device.rounded_weights() == rounded_to_bf16(data.weights));
      for (std::size_t i = kGapFirst; i < kGapEnd; ++i) CHECK(data.weights[i] == 0);
    }
}
