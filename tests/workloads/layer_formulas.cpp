#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "workloads/formulas.hpp"

namespace forerun {
namespace {

constexpr std::int64_t kBatch = 7;

/// What one layer costs, worked out by hand: flops on one sample, elements of four bytes that a batch of 7 moves.
struct Expected {
  LayerShape shape;
  std::int64_t parameters = 0;
  double matrix = 0, forward = 0, backward_weights = 0, backward_data = 0;
  double forward_moves = 0, backward_weights_moves = 0, backward_data_moves = 0;
};

double flop(const LayerShape& shape, Pass pass) {
  return flops({.shape = shape, .pass = pass, .batch = kBatch, .footprint = {}}).value() / kBatch;
}

double moved(const LayerShape& shape, Pass pass) {
  return bytes_moved({.shape = shape, .pass = pass, .batch = kBatch, .footprint = {}}).value() / 4;
}

void check(const std::vector<Expected>& layers) {
  for (const Expected& e : layers) {
    CAPTURE(to_string(e.shape.kind));
    CHECK(parameters(e.shape) == e.parameters);
    CHECK(matrix_flops_per_sample(e.shape).value() == Approx(e.matrix).epsilon(1e-15));
    CHECK(forward_flops_per_sample(e.shape).value() == Approx(e.forward).epsilon(1e-15));
    CHECK(flop(e.shape, Pass::forward) == Approx(e.forward).epsilon(1e-15));
    CHECK(flop(e.shape, Pass::backward_weights) == e.backward_weights);
    CHECK(flop(e.shape, Pass::backward_data) == e.backward_data);
    CHECK(moved(e.shape, Pass::forward) == e.forward_moves);
    CHECK(moved(e.shape, Pass::backward_weights) == e.backward_weights_moves);
    CHECK(moved(e.shape, Pass::backward_data) == e.backward_data_moves);
  }
}

constexpr TensorShape kTokens{.channels = 6, .width = 5};  ///< 30 elements

LayerShape same(LayerKind kind) { return {.kind = kind, .input = kTokens, .output = kTokens}; }

/// Norms and elementwise layers on 30 elements: forward and backward-data flops an element.
Expected elementwise(LayerKind kind, double forward, double backward, double backward_reads) {
  return {.shape = same(kind),
          .forward = 30 * forward,
          .backward_data = 30 * backward,
          .forward_moves = 7 * (30 + 30),
          .backward_data_moves = 7 * (30 + 30 + 30 * backward_reads)};
}

Expected norm(LayerKind kind, std::int64_t parameters, double per_element) {
  Expected e = elementwise(kind, per_element, per_element, 1);
  e.parameters = parameters;
  e.backward_weights = 2 * 30;
  e.forward_moves += static_cast<double>(parameters);
  e.backward_weights_moves = 7 * (30 + 30) + static_cast<double>(parameters);
  e.backward_data_moves += 6;  // the scale, not the shift
  return e;
}

}  // namespace

TEST_CASE("layers with matrices count them on every position, and biases as parameters alone", "[unit]") {
  LayerShape dense{.kind = LayerKind::dense, .input = kTokens, .output = {.channels = 4, .width = 5}};
  LayerShape experts = dense;
  experts.experts = 3;
  LayerShape plain = dense;
  plain.bias = false;
  const double m = 2 * 5 * 6 * 4;
  check({{dense, 28, m, m, m, m, 7 * (30 + 20) + 28, 7 * (30 + 20) + 28, 7 * (20 + 30) + 24},
         {experts, 84, m, m, m, m, 7 * (30 + 20) + 84, 7 * (30 + 20) + 84, 7 * (20 + 30) + 72},
         {plain, 24, m, m, m, m, 7 * (30 + 20) + 24, 7 * (30 + 20) + 24, 7 * (20 + 30) + 24}});
}

TEST_CASE("convolutions count their window, in groups and in three dimensions too", "[unit]") {
  // 4 x 5 x 6 to 6 x 4 x 4 through 2 x 3, in two groups; 2 x (3, 4, 5) to 3 x (2, 3, 4) through 2 x 2 x 2; 4 x 3 x 3 to 2 x 6 x 6.
  const LayerShape grouped{.kind = LayerKind::conv2d, .input = {4, 5, 6}, .output = {6, 4, 4}, .window = {2, 3}, .groups = 2};
  const LayerShape cube{.kind = LayerKind::conv3d, .input = {2, 3, 4, 5}, .output = {3, 2, 3, 4}, .window = {2, 2, 2}};
  const LayerShape up{.kind = LayerKind::transposed_conv2d, .input = {4, 3, 3}, .output = {2, 6, 6}, .window = 2, .stride = 2};
  const double g = 2 * 96 * 2 * 6, c = 2 * 72 * 2 * 8, u = 2 * 36 * 2 * 4;
  check({{grouped, 78, g, g, g, g, 7 * (120 + 96) + 78, 7 * (120 + 96) + 78, 7 * (120 + 96) + 72},
         {cube, 51, c, c, c, c, 7 * (120 + 72) + 51, 7 * (120 + 72) + 51, 7 * (120 + 72) + 48},
         {up, 34, u, u, u, u, 7 * (36 + 72) + 34, 7 * (36 + 72) + 34, 7 * (36 + 72) + 32}});
}

TEST_CASE("pools count their window, a maximum its index", "[unit]") {
  // 2 x 6 x 9 to 2 x 2 x 3 through 3 x 3.
  LayerShape pool{.kind = LayerKind::max_pool, .input = {2, 6, 9}, .output = {2, 2, 3}, .window = 3, .stride = 3};
  const Expected most{pool, 0, 0, 108, 0, 12, 7 * (108 + 12 + 12), 0, 7 * (12 + 12 + 108)};
  pool.kind = LayerKind::average_pool;
  check({most, {pool, 0, 0, 108, 0, 108, 7 * (108 + 12), 0, 7 * (12 + 108)}});
}

TEST_CASE("an embedding moves the rows that were picked, and forms the gradient of the whole table unless it is sparse", "[unit]") {
  LayerShape table{.kind = LayerKind::embedding, .input = {.width = 5}, .output = {.channels = 4, .width = 5}, .bias = false, .rows = 100};
  const Expected whole{table, 400, 0, 0, 20, 0, 7 * (5 + 20 + 20), 7 * (5 + 20) + 400, 0};
  CHECK(flop(table, Pass::update) * kBatch == 4 * 400);
  table.sparse = true;
  check({whole, {table, 400, 0, 0, 20, 0, 7 * (5 + 20 + 20), 7 * (5 + 20 + 20), 0}});
  CHECK(flop(table, Pass::update) * kBatch == 4 * 7 * 20);
  CHECK(moved(table, Pass::update) == 5 * 7 * 20);
  CHECK(updated_parameters(table, 1000) == 400);
}

TEST_CASE("an lstm meets both its matrices at every position and sweeps back through them", "[unit]") {
  const LayerShape lstm{.kind = LayerKind::lstm, .input = kTokens, .output = {.channels = 4, .width = 5}};
  const double input = 8 * 5 * 4 * 6, recurrent = 8 * 5 * 4 * 4, sweep = 8 * 4 * 4 * 4;
  const std::int64_t weights = 4 * 4 * (6 + 4 + 2);
  check({{lstm, weights, input + recurrent, input + recurrent + 26 * 20, input + recurrent + sweep + 21 * 20, input,
          7 * (30 + 6 * 20) + 192, 7 * (30 + 11 * 20) + 2 * 192, 7 * (4 * 20 + 30) + 4 * 4 * 6}});
}

TEST_CASE("attention multiplies scores twice, and computes them again going back", "[unit]") {
  // 3 query heads of 2 and 5 channels over 1 head of keys, 4 queries over 5 keys: 60 scores.
  const LayerShape attention{.kind = LayerKind::attention,
                             .input = {.channels = 6, .width = 4},
                             .output = {.channels = 15, .width = 4},
                             .attention = {.heads = 3, .key_heads = 1, .key_channels = 2, .value_channels = 5, .keys = 5}};
  const double m = 2 * 60 * 2 + 2 * 60 * 5;
  const double operands = 4 * 6 + 5 * 2 + 5 * 5;
  CHECK(operand_elements(attention) == operands);
  check({{attention, 0, m, m + 5 * 60, 0, 2 * m + 2 * 60 * 2 + 5 * 60, 7 * (operands + 60), 0, 2 * 7 * (operands + 60)}});
}

TEST_CASE("attention that writes its scores moves and keeps them", "[unit]") {
  // 2 heads of 3 channels, 4 queries and keys: 32 scores.
  LayerShape attention{.kind = LayerKind::attention,
                       .input = {.channels = 6, .width = 4},
                       .output = {.channels = 6, .width = 4},
                       .attention = {.heads = 2, .key_heads = 2, .key_channels = 3, .value_channels = 3, .keys = 4}};
  const double m = 4 * 32 * 3;
  const double s = 32;
  const auto with = [&](AttentionMethod method, bool dropout) {
    attention.attention.method = method;
    attention.attention.dropout = dropout;
    return attention;
  };
  const auto expected = [&](const LayerShape& shape, double forward, double backward) {
    return Expected{shape, 0, m, m + 5 * s, 0, 2 * m + 5 * s, 7 * (96 + forward * s), 0, 7 * (2 * 96 + backward * s)};
  };
  check({expected(with(AttentionMethod::fused, false), 4, 7), expected(with(AttentionMethod::fused, true), 6.25, 9.25),
         expected(with(AttentionMethod::unfused, false), 8, 9), expected(with(AttentionMethod::unfused, true), 10.25, 11.25)});
  CHECK(kept_bytes(attention, Precision::fp16) == Bytes(2 * 24 + 5 * s));
  CHECK(kept_bytes(with(AttentionMethod::fused, false), Precision::fp16) == Bytes(2 * 24 + 2 * s));
  CHECK(kept_bytes(with(AttentionMethod::flash, true), Precision::fp16) == Bytes(2 * 24));
}

TEST_CASE("products of activations have a gradient for each of the two", "[unit]") {
  // 5 x 6 times 6 x 4; five vectors of 6 with one another.
  const LayerShape product{.kind = LayerKind::product, .input = kTokens, .output = {.channels = 4, .width = 5}, .rows = 6};
  const LayerShape pairs{.kind = LayerKind::interaction, .input = kTokens, .output = {.channels = 10}};
  check({{product, 0, 240, 240, 0, 480, 7 * (30 + 24 + 20), 0, 7 * (20 + 2 * 54)},
         {pairs, 0, 300, 300, 0, 600, 7 * (30 + 10), 0, 7 * (10 + 2 * 30)}});
}

TEST_CASE("norms read their input going forward and back", "[unit]") {
  check({norm(LayerKind::batch_norm, 12, 8), norm(LayerKind::layer_norm, 12, 8), norm(LayerKind::rms_norm, 6, 4)});
}

TEST_CASE("elementwise layers cost their function and its derivative", "[unit]") {
  check({elementwise(LayerKind::relu, 1, 1, 1), elementwise(LayerKind::gelu, 8, 14, 1), elementwise(LayerKind::silu, 5, 9, 1),
         elementwise(LayerKind::sigmoid, 4, 3, 1), elementwise(LayerKind::tanh, 5, 3, 1), elementwise(LayerKind::softmax, 5, 4, 1),
         elementwise(LayerKind::rotary, 3, 3, 0)});
  Expected dropout = elementwise(LayerKind::dropout, 2, 1, 0.25);
  dropout.forward_moves += 7 * 7.5;
  check({dropout});
}

TEST_CASE("joins read every operand, and a concat costs nothing going back", "[unit]") {
  LayerShape add = same(LayerKind::add);
  add.operands = 3;
  LayerShape multiply = same(LayerKind::multiply);
  multiply.operands = 2;
  LayerShape concat{.kind = LayerKind::concat, .input = kTokens, .output = {.channels = 10, .width = 5}, .operands = 2};
  const LayerShape combine{.kind = LayerKind::combine, .input = {.channels = 6, .width = 10}, .output = kTokens};
  check({{add, 0, 0, 60, 0, 60, 7 * (90 + 30), 0, 7 * (30 + 90)},
         {multiply, 0, 0, 30, 0, 60, 7 * (60 + 30), 0, 7 * (30 + 2 * 60)},
         {concat, 0, 0, 0, 0, 0, 7 * (50 + 50), 0, 0},
         {combine, 0, 0, 120, 0, 180, 7 * (60 + 30), 0, 7 * (30 + 2 * 60)}});
}

TEST_CASE("a reshape costs what it copies: nothing, a slice, or more than it had", "[unit]") {
  const auto reshape = [](const TensorShape& to) { return LayerShape{.kind = LayerKind::reshape, .input = kTokens, .output = to}; };
  check({{reshape({.channels = 30}), 0, 0, 0, 0, 0, 0, 0, 0},
         {reshape({.channels = 6}), 0, 0, 0, 0, 0, 7 * (6 + 6), 0, 7 * (6 + 30)},
         {reshape({.channels = 6, .width = 20}), 0, 0, 0, 0, 120, 7 * (30 + 120), 0, 7 * (120 + 30)}});
}

TEST_CASE("losses compare with a label a position, or a target an element", "[unit]") {
  check({{same(LayerKind::softmax_cross_entropy), 0, 0, 150, 0, 60, 7 * (30 + 30 + 5), 0, 7 * (30 + 30 + 5)},
         {same(LayerKind::squared_error), 0, 0, 90, 0, 60, 7 * (30 + 30 + 30), 0, 7 * (30 + 30 + 30)},
         {same(LayerKind::binary_cross_entropy), 0, 0, 180, 0, 60, 7 * (30 + 30 + 30), 0, 7 * (30 + 30 + 30)}});
}

TEST_CASE("k-means compares each row with each center and adds it to one", "[unit]") {
  const LayerShape centers{.kind = LayerKind::nearest_center, .input = {.channels = 6}, .rows = 4};
  check({{centers, 24, 2 * 6 * 4, 2 * 6 * 4 + 5 * 4, 2 * 6, 0, 7 * (6 + 1) + 24, 7 * (6 + 1) + 24, 0}});
  CHECK(flop(centers, Pass::update) * kBatch == 24);
  CHECK(moved(centers, Pass::update) == 2 * 24);
}

TEST_CASE("least squares adds up the ratings of a block and solves its rows", "[unit]") {
  // 12 rows of rank 3 in 4 blocks, 50 ratings each.
  LayerShape factors{.kind = LayerKind::least_squares, .input = {.channels = 2, .width = 50}, .output = {.channels = 3, .width = 3}};
  factors.rows = 12;
  factors.groups = 4;
  const double m = 50 * (9 + 9) + 3 * (9 + 18);
  check({{factors, 36, m, m, 0, 0, 7 * (100 + 150 + 9), 0, 0}});
}

TEST_CASE("every kind of layer has a name of its own", "[unit]") {
  std::vector<std::string_view> names;
  for (int kind = 0; kind < kLayerKinds; ++kind) {
    const std::string_view name = to_string(static_cast<LayerKind>(kind));
    CHECK(!name.empty());
    CHECK(std::find(names.begin(), names.end(), name) == names.end());
    names.push_back(name);
  }
}

}  // namespace forerun
