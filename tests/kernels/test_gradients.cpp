#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "kernels/reference/reference.hpp"
#include "layer_data.hpp"
#include "workloads/formulas.hpp"
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

/// What the objective has gradients of, by number: weights, input and further inputs.
std::vector<float>& array_of(LayerData& data, std::size_t which) {
  if (which == 0) return data.weights;
  return which == 1 ? data.input : data.further_inputs[which - 2];
}

const std::vector<float>& gradient_of(const LayerData& data, std::size_t which) {
  if (which == 0) return data.weight_gradient;
  return which == 1 ? data.input_gradient : data.further_input_gradients[which - 2];
}

std::vector<std::size_t> differentiable(const LayerShape& shape, const LayerData& data) {
  std::vector<std::size_t> all;
  if (!data.weights.empty()) all.push_back(0);
  for (std::size_t i = 0; i <= data.further_inputs.size() && passes_gradient(shape.kind); ++i) all.push_back(1 + i);
  return all;
}

/// Central difference of the objective along `direction` of one of the data's arrays.
double central_difference(const LayerShape& shape, std::int64_t batch, const LayerData& at, std::size_t which,
                          const std::vector<float>& direction, double distance) {
  LayerData ahead = at, behind = at;
  array_of(ahead, which) = moved(array_of(ahead, which), direction, distance);
  array_of(behind, which) = moved(array_of(behind, which), direction, -distance);
  return (objective(shape, batch, ahead) - objective(shape, batch, behind)) / (2 * distance);
}

/// Of the objective along an array. A curved one needs differences of higher order; on a straight one those would only round more.
enum class Line { straight, curved };

/// A central difference, or two put together so that what the third derivative does to them cancels [Richardson 1911].
double slope(const LayerShape& shape, std::int64_t batch, const LayerData& at, std::size_t which, const std::vector<float>& direction,
             double distance, Line line) {
  const auto difference = [&](double far) { return central_difference(shape, batch, at, which, direction, far); };
  if (line == Line::straight) return difference(distance);
  return (4 * difference(distance / 2) - difference(distance)) / 3;
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
  Line line = Line::straight;
};

std::vector<Slope> layers_with_slopes() {
  return {
      {layer(LayerKind::dense, {7, 1, 1}, 5), 0.5},
      {infer_shape({.channels = 6, .width = 5}, {.outputs = 4, .bias = false}), 0.5},
      {layer(LayerKind::conv2d, {3, 7, 6}, 4, 3, 2, 1), 0.5},
      {infer_shape({4, 7, 6},
                   {.kind = LayerKind::conv2d, .outputs = 6, .window = {3, 2}, .stride = {2, 1}, .padding = {0, 1}, .groups = 2}),
       0.5},
      {layer(LayerKind::max_pool, {3, 5, 6}, 1, 3, 2, 1), 0.015},
      {infer_shape({3, 5, 6}, {.kind = LayerKind::average_pool, .window = {3, 2}, .stride = {2, 1}, .padding = {1, 0}}), 0.5},
      {layer(LayerKind::relu, {3, 4, 2}), 0.015},
      {layer(LayerKind::gelu, {3, 4, 2}), 0.015, Line::curved},
      {layer(LayerKind::dropout, {3, 40, 2}), 0.5},
      {layer(LayerKind::batch_norm, {4, 3, 2}), 0.015, Line::curved},
      {layer(LayerKind::layer_norm, {.channels = 9, .width = 2}), 0.015, Line::curved},
      {sum_of(3, {3, 4, 2}), 0.5},
      {embedding(6, 4, 5), 0.5},
      {attention(5, {.heads = 4, .key_heads = 2, .key_channels = 3, .value_channels = 2, .keys = 5}), 0.015, Line::curved},
      {attention(4, {.heads = 2, .key_heads = 1, .key_channels = 4, .value_channels = 3, .keys = 7, .dropout = true}), 0.015, Line::curved},
      {layer(LayerKind::softmax_cross_entropy, {10, 1, 1}), 0.015, Line::curved},
      {infer_shape({.channels = 7, .width = 4}, {.kind = LayerKind::softmax_cross_entropy}), 0.015, Line::curved}};
}

}  // namespace

TEST_CASE("the reference's gradients are its finite differences") {
  constexpr std::int64_t kBatch = 3;
  std::mt19937 random(Catch::rngSeed());
  for (const auto& [shape, distance, line] : layers_with_slopes()) {
    CAPTURE(to_string(shape.kind));
    LayerData data(shape, kBatch, random);
    if (shape.kind == LayerKind::relu || shape.kind == LayerKind::max_pool) keep_off_kinks(data.input, random);
    for (const Pass pass : passes(shape.kind, LayerPosition::later))
      if (pass != Pass::update) run_reference({shape, pass, kBatch, {}}, data.buffers());
    for (const std::size_t which : differentiable(shape, data))
      for (int repeat = 0; repeat < 3; ++repeat) {
        const std::vector<float>& gradient = gradient_of(data, which);
        const std::vector<float> direction = random_values(random, static_cast<std::int64_t>(gradient.size()));
        CHECK(slope(shape, kBatch, data, which, direction, distance, line) == Approx(dot(gradient, direction)).epsilon(1e-3).margin(1e-4));
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
