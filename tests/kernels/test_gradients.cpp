#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "kernels/reference/reference.hpp"
#include "layer_data.hpp"
#include "workloads/shapes.hpp"

using namespace forerun;
using cpu::Library;

namespace {

std::vector<float> moved(const std::vector<float>& from, const std::vector<float>& direction, double distance) {
  std::vector<float> to(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i] + static_cast<float>(distance) * direction[i];
  return to;
}

/// What the gradients are of: the loss layer's loss, else the products of the outputs with fixed output gradients.
double objective(const LayerShape& shape, std::int64_t batch, LayerData data) {
  run_reference({shape, Pass::forward, batch, {}}, data.buffers());
  return shape.kind == LayerKind::softmax_cross_entropy ? data.loss : dot(data.output, data.output_gradient);
}

/// Central difference of the objective along `direction` of one of the data's arrays.
double slope(const LayerShape& shape, std::int64_t batch, const LayerData& at, std::vector<float> LayerData::*array,
             const std::vector<float>& direction, double distance) {
  LayerData ahead = at, behind = at;
  ahead.*array = moved(at.*array, direction, distance);
  behind.*array = moved(at.*array, direction, -distance);
  return (objective(shape, batch, ahead) - objective(shape, batch, behind)) / (2 * distance);
}

/// Values 0.05 apart in random order and never near zero: no step of less than 0.02 crosses a kink of relu or max-pool.
void keep_off_kinks(std::vector<float>& values, std::mt19937& random) {
  const auto half = static_cast<double>(values.size()) / 2;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(0.05 * (static_cast<double>(i) - half + 0.5));
  std::shuffle(values.begin(), values.end(), random);
}

LayerShape sum_of(int operands, TensorShape input) {
  LayerShape shape = layer(LayerKind::add, input);
  shape.operands = operands;
  return shape;
}

struct Slope {
  LayerShape shape;
  double distance;  // products are linear in each array: any distance will do, a large one rounds least
};

std::vector<Slope> layers_with_slopes() {
  return {{layer(LayerKind::dense, {7, 1, 1}, 5), 0.5},
          {infer_shape({.channels = 6, .width = 5}, {.outputs = 4, .bias = false}), 0.5},
          {layer(LayerKind::conv2d, {3, 7, 6}, 4, 3, 2, 1), 0.5},
          {infer_shape({4, 7, 6},
                       {.kind = LayerKind::conv2d, .outputs = 6, .window = {3, 2}, .stride = {2, 1}, .padding = {0, 1}, .groups = 2}),
           0.5},
          {layer(LayerKind::max_pool, {3, 5, 6}, 1, 3, 2, 1), 0.015},
          {infer_shape({3, 5, 6}, {.kind = LayerKind::average_pool, .window = {3, 2}, .stride = {2, 1}, .padding = {1, 0}}), 0.5},
          {layer(LayerKind::relu, {3, 4, 2}), 0.015},
          {layer(LayerKind::gelu, {3, 4, 2}), 0.015},
          {layer(LayerKind::dropout, {3, 40, 2}), 0.5},
          {layer(LayerKind::batch_norm, {4, 3, 2}), 0.006},
          {layer(LayerKind::layer_norm, {.channels = 9, .width = 2}), 0.006},
          {sum_of(3, {3, 4, 2}), 0.5},
          {layer(LayerKind::softmax_cross_entropy, {10, 1, 1}), 0.015},
          {infer_shape({.channels = 7, .width = 4}, {.kind = LayerKind::softmax_cross_entropy}), 0.015}};
}

}  // namespace

TEST_CASE("the reference's gradients are its finite differences") {
  constexpr std::int64_t kBatch = 3;
  std::mt19937 random(Catch::rngSeed());
  for (const auto& [shape, distance] : layers_with_slopes()) {
    CAPTURE(to_string(shape.kind));
    LayerData data(shape, kBatch, random);
    if (shape.kind == LayerKind::relu || shape.kind == LayerKind::max_pool) keep_off_kinks(data.input, random);
    run_reference({shape, Pass::forward, kBatch, {}}, data.buffers());
    run_reference({shape, Pass::backward_data, kBatch, {}}, data.buffers());
    for (int repeat = 0; repeat < 3; ++repeat) {
      const std::vector<float> direction = random_values(random, static_cast<std::int64_t>(data.input.size()));
      CHECK(slope(shape, kBatch, data, &LayerData::input, direction, distance) ==
            Approx(dot(data.input_gradient, direction)).epsilon(1e-3).margin(1e-4));
    }
    if (data.weights.empty()) continue;
    run_reference({shape, Pass::backward_weights, kBatch, {}}, data.buffers());
    for (int repeat = 0; repeat < 3; ++repeat) {
      const std::vector<float> direction = random_values(random, static_cast<std::int64_t>(data.weights.size()));
      CHECK(slope(shape, kBatch, data, &LayerData::weights, direction, distance) ==
            Approx(dot(data.weight_gradient, direction)).epsilon(1e-3).margin(1e-4));
    }
  }
}

namespace {

/// A small network of every layer, run by one library where it can.
class Chain {
 public:
  Chain(Library library, std::int64_t batch, std::mt19937& random) : library_(library), batch_(batch) {
    const LayerShape conv = layer(LayerKind::conv2d, {2, 8, 8}, 4, 3, 1, 1), relu = layer(LayerKind::relu, conv.output);
    const LayerShape pool = layer(LayerKind::max_pool, relu.output, 1, 2, 2), dense = layer(LayerKind::dense, pool.output, 10);
    shapes_ = {conv, relu, pool, dense, layer(LayerKind::softmax_cross_entropy, dense.output)};
    for (const LayerShape& shape : shapes_) data_.emplace_back(shape, batch, random);
  }

  double loss() {
    for (std::size_t i = 0; i < shapes_.size(); ++i) {
      if (i > 0) data_[i].input = data_[i - 1].output;
      pass(i, Pass::forward);
    }
    return data_.back().loss;
  }

  void backward() {
    for (std::size_t i = shapes_.size(); i-- > 0;) {
      if (i + 1 < shapes_.size()) data_[i].output_gradient = data_[i + 1].input_gradient;
      if (!data_[i].weights.empty()) pass(i, Pass::backward_weights);
      pass(i, Pass::backward_data);
    }
  }

  LayerData& data(std::size_t index) { return data_[index]; }

 private:
  void pass(std::size_t index, Pass which) {
    const bool has = cpu::offers(library_, {shapes_[index], which, batch_, {}});
    run(shapes_[index], which, batch_, has ? library_ : Library::eigen, data_[index]);
  }

  Library library_;
  std::int64_t batch_;
  std::vector<LayerShape> shapes_;
  std::vector<LayerData> data_;
};

}  // namespace

TEST_CASE("a network's gradients are the finite differences of its loss") {
  for (const Library library : {Library::eigen, Library::onednn}) {
    CAPTURE(to_string(library));
    std::mt19937 random(Catch::rngSeed());
    Chain chain(library, 4, random);
    chain.loss();
    chain.backward();
    for (const std::size_t index : {std::size_t{0}, std::size_t{3}}) {
      CAPTURE(index);
      const std::vector<float> weights = chain.data(index).weights, gradient = chain.data(index).weight_gradient;
      // Half along the gradient, so that the slope is well above the rounding of the loss.
      const std::vector<float> random_part = random_values(random, static_cast<std::int64_t>(gradient.size()));
      const double length = std::sqrt(dot(gradient, gradient)), random_length = std::sqrt(dot(random_part, random_part));
      std::vector<float> direction = moved(std::vector<float>(gradient.size()), gradient, 1 / length);
      direction = moved(direction, random_part, 1 / random_length);
      constexpr double kDistance = 2e-3;
      chain.data(index).weights = moved(weights, direction, kDistance);
      const double ahead = chain.loss();
      chain.data(index).weights = moved(weights, direction, -kDistance);
      const double behind = chain.loss();
      chain.data(index).weights = weights;
      CHECK((ahead - behind) / (2 * kDistance) == Approx(dot(gradient, direction)).epsilon(0.01));
    }
  }
}
