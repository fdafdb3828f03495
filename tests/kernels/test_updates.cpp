#include <catch2/catch.hpp>
#include <cmath>

#include "kernels/reference/reference.hpp"
#include "layer_data.hpp"

using namespace forerun;
using cpu::Library;

namespace {

constexpr std::array kOptimizers = {Optimizer::sgd, Optimizer::sgd_momentum, Optimizer::adam, Optimizer::adamw};

Kernel update_of(const LayerShape& shape, Optimizer optimizer) { return {shape, Pass::update, 1, {}, Precision::fp32, optimizer}; }

void update(const LayerShape& shape, Optimizer optimizer, LayerData& data, const UpdateRule& rule) {
  cpu::make_operator(update_of(shape, optimizer), Library::eigen, {.rule = rule})->run(data.buffers());
}

}  // namespace

TEST_CASE("updates by every optimizer agree with the reference, at the first steps and late ones") {
  LayerShape scales = layer(LayerKind::layer_norm, {.channels = 19});
  const UpdateRule rule{0.1F, 0.7F, 0.95F, 1e-6F, 0.3F, 0.25F};
  for (const LayerShape& shape : {layer(LayerKind::dense, {37, 1, 1}, 129), layer(LayerKind::conv2d, {3, 5, 5}, 7, 3), scales})
    for (const Optimizer optimizer : kOptimizers)
      for (const std::int64_t step : {1, 2, 7, 100000}) {
        CAPTURE(to_string(shape.kind), to_string(optimizer), step);
        std::mt19937 random(Catch::rngSeed());
        LayerData actual(shape, 1, random);
        actual.step = step;
        LayerData expected = actual;
        update(shape, optimizer, actual, rule);
        run_reference(update_of(shape, optimizer), expected.buffers(), {.rule = rule});
        CHECK(relative_difference(actual.weights, expected.weights) < 1e-5);
        CHECK(relative_difference(actual.velocity, expected.velocity) < 1e-5);
        CHECK(relative_difference(actual.second_moment, expected.second_moment) < 1e-5);
        CHECK(actual.weight_gradient == expected.weight_gradient);
      }
}

TEST_CASE("the first step of Adam is as long as the learning rate, whatever the gradients are") {
  const LayerShape shape = layer(LayerKind::dense, {2, 1, 1}, 1);
  std::mt19937 random(Catch::rngSeed());
  LayerData data(shape, 1, random);
  data.weights = {1, 2, 3};
  data.weight_gradient = {1e-3F, -5, 1000};
  data.velocity.assign(3, 0.0F);
  data.second_moment.assign(3, 0.0F);
  data.step = 1;
  update(shape, Optimizer::adam, data, {.learning_rate = 0.5F});
  CHECK(data.weights[0] == Approx(0.5));
  CHECK(data.weights[1] == Approx(2.5));
  CHECK(data.weights[2] == Approx(2.5));
}

TEST_CASE("weight decay of AdamW shrinks weights by learning rate times decay, apart from the gradient") {
  const LayerShape shape = layer(LayerKind::dense, {2, 1, 1}, 1);
  std::mt19937 random(Catch::rngSeed());
  LayerData decayed(shape, 1, random);
  decayed.weights = {1, -2, 4};
  LayerData plain = decayed;
  const UpdateRule rule{.learning_rate = 0.5F, .weight_decay = 0.5F};
  update(shape, Optimizer::adamw, decayed, rule);
  update(shape, Optimizer::adam, plain, rule);
  const std::vector<float> shrunk{0.25F, -0.5F, 1};
  for (std::size_t i = 0; i < 3; ++i) CHECK(decayed.weights[i] == Approx(plain.weights[i] - shrunk[i]));
}

TEST_CASE("a sum of gradients over ranks and its scale are a mean") {
  const LayerShape shape = layer(LayerKind::dense, {11, 1, 1}, 5);
  for (const Optimizer optimizer : kOptimizers) {
    std::mt19937 random(Catch::rngSeed());
    LayerData mean(shape, 1, random);
    LayerData sum = mean;
    for (float& g : sum.weight_gradient) g *= 4;
    update(shape, optimizer, mean, {});
    update(shape, optimizer, sum, {.gradient_scale = 0.25F});
    CHECK(relative_difference(sum.weights, mean.weights) < 1e-6);
  }
}

TEST_CASE("momentum zero is plain gradient descent") {
  const LayerShape shape = layer(LayerKind::dense, {11, 1, 1}, 5);
  std::mt19937 random(Catch::rngSeed());
  LayerData plain(shape, 1, random);
  LayerData momentum = plain;
  update(shape, Optimizer::sgd, plain, {.learning_rate = 0.1F});
  update(shape, Optimizer::sgd_momentum, momentum, {.learning_rate = 0.1F, .momentum = 0});
  CHECK(relative_difference(momentum.weights, plain.weights) < 1e-6);
}
