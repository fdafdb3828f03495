#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "layer_data.hpp"
#include "workloads/shapes.hpp"

using namespace forerun;
using cpu::Library;

namespace {

double sum(const std::vector<float>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

}  // namespace

TEST_CASE("a convolution of one pixel is a dense layer for each pixel") {
  constexpr std::int64_t kBatch = 3, kPixels = 5 * 4;
  const LayerShape conv = layer(LayerKind::conv2d, {6, 5, 4}, 9, 1), dense = layer(LayerKind::dense, {6, 1, 1}, 9);
  for (const Library library : {Library::eigen, Library::onednn}) {
    std::mt19937 random(Catch::rngSeed());
    LayerData image(conv, kBatch, random);
    LayerData pixels = image;
    for (const Pass pass : {Pass::forward, Pass::backward_weights, Pass::backward_data}) {
      run(conv, pass, kBatch, library, image);
      run(dense, pass, kBatch * kPixels, library, pixels);
    }
    CHECK(relative_difference(image.output, pixels.output) < 1e-5);
    CHECK(relative_difference(image.weight_gradient, pixels.weight_gradient) < 1e-5);
    CHECK(relative_difference(image.input_gradient, pixels.input_gradient) < 1e-5);
  }
}

TEST_CASE("relu passes the gradient exactly where its output is above zero") {
  const LayerShape shape = layer(LayerKind::relu, {6, 1, 1});
  for (const Library library : {Library::eigen, Library::onednn}) {
    std::mt19937 random(Catch::rngSeed());
    LayerData data(shape, 1, random);
    data.input = {-1, 0, 2, -0.0F, 1e-30F, -1e30F};
    data.output_gradient = {1, 2, 3, 4, 5, 6};
    run(shape, Pass::forward, 1, library, data);
    CHECK(data.output == std::vector<float>{0, 0, 2, 0, 1e-30F, 0});
    std::fill(data.input.begin(), data.input.end(), 1.0F);  // backward reads the output alone
    run(shape, Pass::backward_data, 1, library, data);
    CHECK(data.input_gradient == std::vector<float>{0, 0, 3, 0, 5, 0});
  }
}

TEST_CASE("padding never wins a max pool") {
  const LayerShape shape = layer(LayerKind::max_pool, {4, 3, 3}, 1, 3, 2, 1);
  for (const Library library : {Library::eigen, Library::onednn}) {
    std::mt19937 random(Catch::rngSeed());
    LayerData data(shape, 2, random);
    for (float& x : data.input) x = -2 - x;
    run(shape, Pass::forward, 2, library, data);
    CHECK(*std::max_element(data.output.begin(), data.output.end()) < -0.9F);
  }
}

TEST_CASE("a max pool loses no gradient") {
  for (const auto& [window, stride] : {std::pair{2, 2}, std::pair{3, 2}, std::pair{3, 1}}) {
    const LayerShape shape = layer(LayerKind::max_pool, {5, 9, 7}, 1, window, stride);
    for (const Library library : {Library::eigen, Library::onednn}) {
      std::mt19937 random(Catch::rngSeed());
      LayerData data(shape, 3, random);
      run(shape, Pass::forward, 3, library, data);
      run(shape, Pass::backward_data, 3, library, data);
      CHECK(sum(data.input_gradient) == Approx(sum(data.output_gradient)).margin(1e-4));
    }
  }
}

TEST_CASE("probabilities sum to one and the gradients of a sample's logits to zero") {
  const LayerShape shape = layer(LayerKind::softmax_cross_entropy, {10, 1, 1});
  std::mt19937 random(Catch::rngSeed());
  LayerData data(shape, 8, random);
  run(shape, Pass::forward, 8, Library::eigen, data);
  run(shape, Pass::backward_data, 8, Library::eigen, data);
  for (std::size_t n = 0; n < 8; ++n) {
    const auto row = static_cast<std::ptrdiff_t>(n * 10);
    CHECK(std::accumulate(data.output.begin() + row, data.output.begin() + row + 10, 0.0) == Approx(1));
    CHECK(std::accumulate(data.input_gradient.begin() + row, data.input_gradient.begin() + row + 10, 0.0) == Approx(0).margin(1e-7));
    CHECK(data.input_gradient[static_cast<std::size_t>(row + data.labels[n])] < 0);
  }
}

TEST_CASE("equal logits lose the logarithm of the number of classes, and huge ones stay finite") {
  const LayerShape shape = layer(LayerKind::softmax_cross_entropy, {10, 1, 1});
  std::mt19937 random(Catch::rngSeed());
  LayerData data(shape, 4, random);
  std::fill(data.input.begin(), data.input.end(), 3.0F);
  run(shape, Pass::forward, 4, Library::eigen, data);
  CHECK(data.loss == Approx(std::log(10)));
  for (std::size_t i = 0; i < data.input.size(); ++i) data.input[i] = i % 10 == 0 ? 1e4F : -1e4F;
  data.labels = {0, 0, 1, 1};
  run(shape, Pass::forward, 4, Library::eigen, data);
  CHECK(data.loss == Approx(1e4));
}

TEST_CASE("the gradient of a batch is the mean of its halves' gradients") {
  const LayerShape dense = layer(LayerKind::dense, {12, 1, 1}, 10), loss = layer(LayerKind::softmax_cross_entropy, {10, 1, 1});
  for (const Library library : {Library::eigen, Library::onednn}) {
    std::mt19937 random(Catch::rngSeed());
    LayerData whole(dense, 8, random), whole_loss(loss, 8, random);
    const auto gradient = [&](LayerData data, LayerData head, std::int64_t batch) {
      run(dense, Pass::forward, batch, library, data);
      head.input = data.output;
      run(loss, Pass::forward, batch, Library::eigen, head);
      run(loss, Pass::backward_data, batch, Library::eigen, head);
      data.output_gradient = head.input_gradient;
      run(dense, Pass::backward_weights, batch, library, data);
      return data.weight_gradient;
    };
    LayerData second = whole, second_loss = whole_loss;
    std::copy(whole.input.begin() + 4 * 12, whole.input.end(), second.input.begin());
    std::copy(whole_loss.labels.begin() + 4, whole_loss.labels.end(), second_loss.labels.begin());
    std::vector<float> mean = gradient(whole, whole_loss, 4);
    const std::vector<float> other = gradient(second, second_loss, 4);
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = (mean[i] + other[i]) / 2;
    CHECK(relative_difference(mean, gradient(whole, whole_loss, 8)) < 1e-5);
  }
}

TEST_CASE("a learning rate of zero changes no weight") {
  const LayerShape shape = layer(LayerKind::conv2d, {3, 5, 5}, 4, 3);
  std::mt19937 random(Catch::rngSeed());
  LayerData data(shape, 1, random);
  const LayerData before = data;
  run(shape, Pass::update, 1, Library::eigen, data, {.rule = {0.0F, 0.9F}});
  CHECK(data.weights == before.weights);
  CHECK(data.velocity != before.velocity);
}

TEST_CASE("momentum carries the velocity from step to step, for weights and biases alike") {
  const LayerShape shape = layer(LayerKind::dense, {2, 1, 1}, 2);
  std::mt19937 random(Catch::rngSeed());
  LayerData data(shape, 1, random);
  data.weights = {1, 2, 3, 4, 5, 6};
  data.velocity.assign(6, 0.0F);
  data.weight_gradient = {1, 0, -1, 2, 4, -8};
  run(shape, Pass::update, 1, Library::eigen, data, {.rule = {0.5F, 0.25F}});
  CHECK(data.velocity == std::vector<float>{1, 0, -1, 2, 4, -8});
  CHECK(data.weights == std::vector<float>{0.5F, 2, 3.5F, 3, 3, 10});
  data.weight_gradient.assign(6, 1.0F);
  run(shape, Pass::update, 1, Library::eigen, data, {.rule = {0.5F, 0.25F}});
  CHECK(data.velocity == std::vector<float>{1.25F, 1, 0.75F, 1.5F, 2, -1});
  CHECK(data.weights == std::vector<float>{-0.125F, 1.5F, 3.125F, 2.25F, 2, 10.5F});
}

TEST_CASE("the mean of a constant image is the constant, and a mean spreads its whole gradient") {
  const LayerShape shape = infer_shape({5, 6, 8}, {.kind = LayerKind::average_pool, .window = 2, .stride = 2});
  for (const Library library : {Library::eigen, Library::onednn}) {
    std::mt19937 random(Catch::rngSeed());
    LayerData data(shape, 3, random);
    std::fill(data.input.begin(), data.input.end(), 2.5F);
    run(shape, Pass::forward, 3, library, data);
    CHECK(std::all_of(data.output.begin(), data.output.end(), [](float y) { return y == 2.5F; }));
    run(shape, Pass::backward_data, 3, library, data);
    CHECK(sum(data.input_gradient) == Approx(sum(data.output_gradient)).margin(1e-4));
  }
}

TEST_CASE("gelu is the identity far above zero, zero far below, and finite in between") {
  const LayerShape shape = layer(LayerKind::gelu, {6, 1, 1});
  for (const Library library : {Library::eigen, Library::onednn}) {
    std::mt19937 random(Catch::rngSeed());
    LayerData data(shape, 1, random);
    data.input = {0, 1, -1, 20, -20, 1e10F};
    std::fill(data.output_gradient.begin(), data.output_gradient.end(), 1.0F);
    run(shape, Pass::forward, 1, library, data);
    CHECK(data.output[0] == 0);
    CHECK(data.output[1] == Approx(0.841344746));  // the normal distribution function at 1
    CHECK(data.output[2] == Approx(-0.158655254));
    CHECK(data.output[3] == 20);
    CHECK(data.output[4] == Approx(0).margin(1e-6));
    CHECK(data.output[5] == 1e10F);
    run(shape, Pass::backward_data, 1, library, data);
    CHECK(data.input_gradient[0] == Approx(0.5));
    CHECK(data.input_gradient[3] == Approx(1));
    CHECK(data.input_gradient[4] == Approx(0).margin(1e-6));
  }
}

TEST_CASE("a batch norm's channels and a layer norm's positions have mean zero and variance one") {
  for (const LayerKind kind : {LayerKind::batch_norm, LayerKind::layer_norm}) {
    const LayerShape shape = layer(kind, {.channels = 8, .width = 8});
    std::mt19937 random(Catch::rngSeed());
    LayerData data(shape, 1, random);  // 8 x 8: a channel is every eighth element, a position eight that follow one another
    for (std::size_t i = 0; i < data.input.size(); ++i) data.input[i] = 100 + 7 * data.input[i];
    std::fill(data.weights.begin(), data.weights.begin() + 8, 1.0F);
    std::fill(data.weights.begin() + 8, data.weights.end(), 0.0F);
    run(shape, Pass::forward, 1, Library::eigen, data);
    const std::size_t step = kind == LayerKind::batch_norm ? 8 : 1, next = kind == LayerKind::batch_norm ? 1 : 8;
    for (std::size_t group = 0; group < 8; ++group) {
      double mean = 0, squares = 0;
      for (std::size_t i = 0; i < 8; ++i) {
        const double y = data.output[group * next + i * step];
        mean += y / 8, squares += y * y / 8;
      }
      CHECK(mean == Approx(0).margin(1e-5));
      CHECK(squares == Approx(1).epsilon(1e-4));
    }
  }
}

TEST_CASE("running averages of a batch norm draw near the batch's mean and variance") {
  const LayerShape shape = layer(LayerKind::batch_norm, {2, 3, 4});
  std::mt19937 random(Catch::rngSeed());
  LayerData data(shape, 5, random);
  data.running = {0, 0, 1, 1};
  for (int step = 0; step < 200; ++step) run(shape, Pass::forward, 5, Library::eigen, data);
  for (std::size_t c = 0; c < 2; ++c) {
    double mean = 0, squares = 0;
    for (std::size_t i = c; i < data.input.size(); i += 2) mean += data.input[i] / 60;
    for (std::size_t i = c; i < data.input.size(); i += 2) squares += (data.input[i] - mean) * (data.input[i] - mean) / 59;
    CHECK(data.running[c] == Approx(mean).margin(1e-6));
    CHECK(data.running[2 + c] == Approx(squares));
  }
}
