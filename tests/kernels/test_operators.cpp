#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <filesystem>

#include "core/error.hpp"
#include "kernels/cpu/best_library.hpp"
#include "kernels/reference/reference.hpp"
#include "layer_data.hpp"
#include "workloads/formulas.hpp"
#include "workloads/shapes.hpp"

using namespace forerun;
using cpu::Library;

namespace {

constexpr std::array kLibraries = {Library::eigen, Library::onednn};
constexpr std::array kPasses = {Pass::forward, Pass::backward_weights, Pass::backward_data, Pass::update};

/// Eigen has every pass that a layer has, oneDNN those of some layers, and no update.
bool is_expected(Library library, LayerKind kind, Pass pass) {
  if (!has_parameters(kind) && (pass == Pass::backward_weights || pass == Pass::update)) return false;
  if (kind == LayerKind::embedding && pass == Pass::backward_data) return false;
  if (library == Library::eigen) return true;
  constexpr std::array kOnednn = {LayerKind::attention,    LayerKind::dense, LayerKind::conv2d, LayerKind::max_pool,
                                  LayerKind::average_pool, LayerKind::relu,  LayerKind::gelu};
  return pass != Pass::update && std::ranges::find(kOnednn, kind) != kOnednn.end();
}

/// A pass of the library and of the reference on the same data; every array must agree, touched or not.
void compare(const LayerShape& shape, std::int64_t batch, Pass pass, Library library, const OperatorOptions& options) {
  const Kernel kernel{shape, pass, batch, {}};
  CAPTURE(to_string(library), to_string(shape.kind), to_string(pass), batch, shape.input.channels, shape.input.height, shape.input.width,
          shape.output.channels, shape.window.height, shape.window.width, shape.stride.height, shape.stride.width, shape.padding.height,
          shape.padding.width, shape.groups, shape.bias);
  const bool offered = cpu::offers(library, kernel);
  CHECK(offered == is_expected(library, shape.kind, pass));
  if (!offered) return;
  const std::uint32_t seed = Catch::rngSeed() + static_cast<std::uint32_t>(batch * 97 + shape.input.elements());
  std::mt19937 random(seed), same(seed);
  LayerData actual(shape, batch, random), expected(shape, batch, same);
  if (pass == Pass::backward_data || pass == Pass::backward_weights) {  // reads what forward left, indices of the library's own kind
    const Kernel forward{shape, Pass::forward, batch, {}};
    run_reference(forward, expected.buffers(), options);
    run(shape, Pass::forward, batch, cpu::offers(library, forward) ? library : Library::eigen, actual, options);
  }
  actual.poison(shape, pass);
  run_reference(kernel, expected.buffers(), options);
  run(shape, pass, batch, library, actual, options);
  constexpr double kTolerance = 1e-5;
  CHECK(relative_difference(actual.input, expected.input) == 0);
  CHECK(relative_difference(actual.output, expected.output) < kTolerance);
  CHECK(relative_difference(actual.output_gradient, expected.output_gradient) == 0);
  CHECK(relative_difference(actual.input_gradient, expected.input_gradient) < kTolerance);
  CHECK(relative_difference(actual.weights, expected.weights) < kTolerance);
  CHECK(relative_difference(actual.weight_gradient, expected.weight_gradient) < kTolerance);
  CHECK(relative_difference(actual.velocity, expected.velocity) < kTolerance);
  CHECK(relative_difference(actual.statistics, expected.statistics) < kTolerance);
  CHECK(relative_difference(actual.running, expected.running) < kTolerance);
  for (std::size_t i = 0; i < expected.further_input_gradients.size(); ++i)
    CHECK(relative_difference(actual.further_input_gradients[i], expected.further_input_gradients[i]) < kTolerance);
  CHECK(std::ranges::equal(actual.mask, expected.mask));
  CHECK(actual.loss == Approx(expected.loss).epsilon(kTolerance));
}

const OperatorOptions kOptions{.rule = {0.1F, 0.7F}, .dropped_share = 0.3F};

void compare_all(const std::vector<LayerShape>& shapes, const std::vector<std::int64_t>& batches,
                 const OperatorOptions& options = kOptions) {
  for (const LayerShape& shape : shapes)
    for (const std::int64_t batch : batches)
      for (const Pass pass : kPasses)
        for (const Library library : kLibraries) compare(shape, batch, pass, library, options);
}

}  // namespace

TEST_CASE("dense operators agree with the reference") {
  compare_all({layer(LayerKind::dense, {10, 1, 1}, 1), layer(LayerKind::dense, {784, 1, 1}, 10), layer(LayerKind::dense, {37, 1, 1}, 129),
               layer(LayerKind::dense, {5, 3, 2}, 10), layer(LayerKind::dense, {1, 1, 1}, 3)},
              {1, 7, 64});
}

TEST_CASE("dense operators agree with the reference on each token, and without biases") {
  compare_all({infer_shape({.channels = 24, .width = 9}, {.outputs = 31}),
               infer_shape({.channels = 5, .height = 3, .width = 2}, {.outputs = 64, .bias = false}),
               infer_shape({.channels = 130}, {.outputs = 7, .bias = false})},
              {1, 6});
}

TEST_CASE("convolutions agree with the reference") {
  const auto conv = [](TensorShape input, std::int64_t outputs, int window, int stride, int padding) {
    return layer(LayerKind::conv2d, input, outputs, window, stride, padding);
  };
  compare_all({conv({1, 28, 28}, 32, 3, 1, 0), conv({3, 9, 7}, 5, 3, 1, 1), conv({16, 8, 8}, 32, 3, 1, 1), conv({4, 11, 6}, 10, 5, 2, 2),
               conv({7, 5, 5}, 3, 1, 1, 0), conv({2, 8, 8}, 6, 3, 3, 0), conv({16, 2, 2}, 16, 3, 1, 1)},
              {1, 5});
  compare_all({conv({3, 47, 39}, 8, 11, 4, 2)}, {2});
}

TEST_CASE("a convolution of many chunks agrees with the reference") {
  compare_all({layer(LayerKind::conv2d, {24, 31, 33}, 5, 3, 1, 1)}, {4});
}

TEST_CASE("convolutions in groups, of rectangles and without biases agree with the reference") {
  const auto conv = [](TensorShape input, const LayerDescription& description) {
    LayerDescription d = description;
    d.kind = LayerKind::conv2d;
    return infer_shape(input, d);
  };
  compare_all({conv({6, 7, 9}, {.outputs = 4, .window = 3, .padding = 1, .groups = 2}),
               conv({16, 8, 8}, {.outputs = 32, .window = 3, .stride = 2, .padding = 1, .groups = 4, .bias = false}),
               conv({9, 6, 5}, {.outputs = 9, .window = 3, .padding = 1, .groups = 9}),  // depthwise
               conv({5, 6, 5}, {.outputs = 10, .window = 3, .padding = 1, .groups = 5, .bias = false}),
               conv({3, 8, 11}, {.outputs = 7, .window = {1, 7}, .padding = {0, 3}}),
               conv({4, 11, 6}, {.outputs = 6, .window = {5, 2}, .stride = {2, 1}, .padding = {2, 1}, .bias = false}),
               conv({4, 5, 10}, {.outputs = 6, .window = {3, 4}, .stride = {1, 2}, .groups = 2}),
               conv({16, 4, 4}, {.outputs = 16, .window = 3, .padding = 1, .bias = false})},
              {1, 3});
}

TEST_CASE("max pools agree with the reference") {
  const auto pool = [](TensorShape input, int window, int stride, int padding) {
    return layer(LayerKind::max_pool, input, 1, window, stride, padding);
  };
  compare_all(
      {pool({32, 8, 8}, 2, 2, 0), pool({5, 7, 9}, 2, 2, 0), pool({17, 13, 13}, 3, 2, 0), pool({3, 6, 5}, 3, 2, 1), pool({1, 4, 4}, 2, 1, 0),
       infer_shape({6, 7, 9}, {.kind = LayerKind::max_pool, .window = {3, 2}, .stride = {2, 1}, .padding = {1, 0}})},
      {1, 6});
}

TEST_CASE("average pools agree with the reference, of the whole image too") {
  const auto pool = [](TensorShape input, Extent window, Extent stride, Padding padding) {
    return infer_shape(input, {.kind = LayerKind::average_pool, .window = window, .stride = stride, .padding = padding});
  };
  compare_all({pool({32, 8, 8}, 2, 2, 0), pool({5, 7, 9}, 3, 1, 1), pool({17, 13, 13}, 3, 2, 0), pool({3, 6, 5}, {3, 2}, {2, 1}, {1, 0}),
               pool({24, 7, 7}, 7, 1, 0), pool({6, 5, 3}, {5, 3}, 1, 0), pool({1, 4, 4}, 2, 1, 0)},
              {1, 6});
}

TEST_CASE("additions agree with the reference") {
  LayerShape three = layer(LayerKind::add, {5, 3, 7});
  three.operands = 3;
  LayerShape two = layer(LayerKind::add, {.channels = 33, .width = 4});
  two.operands = 2;
  compare_all({two, three}, {1, 9});
}

TEST_CASE("gelu operators agree with the reference") {
  compare_all({layer(LayerKind::gelu, {129, 1, 1}), layer(LayerKind::gelu, {.channels = 24, .width = 5})}, {1, 33});
}

TEST_CASE("norms agree with the reference, with and without shifts") {
  const auto norm = [](LayerKind kind, TensorShape input, bool bias) {
    LayerShape shape = layer(kind, input);
    shape.bias = bias;
    return shape;
  };
  for (const bool bias : {true, false})
    for (const LayerKind kind : {LayerKind::batch_norm, LayerKind::layer_norm})
      compare_all({norm(kind, {5, 3, 2}, bias), norm(kind, {64, 7, 9}, bias), norm(kind, {.channels = 33, .width = 21}, bias),
                   norm(kind, {130, 4, 1}, bias)},
                  {2, 7});
  for (const LayerKind kind : {LayerKind::batch_norm, LayerKind::layer_norm}) compare_all({norm(kind, {16, 20, 30}, true)}, {1});
}

TEST_CASE("embeddings agree with the reference") { compare_all({embedding(5, 33, 20), embedding(97, 8, 7), embedding(1, 1, 1)}, {1, 4}); }

TEST_CASE("an embedding adds its gradient to that of a layer with the same weights") {
  const LayerShape shape = embedding(11, 6, 30);
  std::mt19937 random(Catch::rngSeed());
  LayerData actual(shape, 2, random);
  LayerData expected = actual;
  const Kernel kernel{shape, Pass::backward_weights, 2, {}};
  cpu::make_operator(kernel, Library::eigen, {.adds_gradient = true})->run(actual.buffers());
  run_reference(kernel, expected.buffers(), {.adds_gradient = true});
  CHECK(relative_difference(actual.weight_gradient, expected.weight_gradient) < 1e-5);
}

TEST_CASE("attention agrees with the reference, causal and not, with shared keys, with dropout and in several blocks") {
  const std::vector<LayerShape> shapes = {
      attention(1, {.heads = 2, .key_heads = 2, .key_channels = 3, .value_channels = 5, .keys = 2}),
      attention(9, {.heads = 4, .key_heads = 2, .key_channels = 8, .value_channels = 8, .keys = 9}),
      attention(17, {.heads = 3, .key_heads = 1, .key_channels = 16, .value_channels = 4, .keys = 17, .dropout = true}),
      attention(6, {.heads = 2, .key_heads = 2, .key_channels = 5, .value_channels = 7, .keys = 11, .dropout = true}),
      attention(131, {.heads = 2, .key_heads = 1, .key_channels = 8, .value_channels = 8, .keys = 131, .dropout = true}),
      attention(128, {.heads = 1, .key_heads = 1, .key_channels = 8, .value_channels = 8, .keys = 128})};
  for (const AttentionMask mask : {AttentionMask::none, AttentionMask::causal}) {
    OperatorOptions options = kOptions;
    options.mask = mask;
    compare_all(shapes, {1, 3}, options);
  }
}

TEST_CASE("dropouts agree with the reference") {
  compare_all({layer(LayerKind::dropout, {1, 1, 1}), layer(LayerKind::dropout, {129, 1, 1}), layer(LayerKind::dropout, {3, 25, 31})},
              {1, 5});
}

TEST_CASE("relu operators agree with the reference") {
  compare_all({layer(LayerKind::relu, {129, 1, 1}), layer(LayerKind::relu, {3, 5, 7})}, {1, 33});
}

TEST_CASE("softmax cross-entropy operators agree with the reference") {
  compare_all({layer(LayerKind::softmax_cross_entropy, {10, 1, 1}), layer(LayerKind::softmax_cross_entropy, {2, 1, 1}),
               layer(LayerKind::softmax_cross_entropy, {1000, 1, 1})},
              {1, 77});
  compare_all({infer_shape({.channels = 17, .width = 12}, {.kind = LayerKind::softmax_cross_entropy})}, {1, 5});
}

TEST_CASE("an operator run twice gives the same twice") {
  const LayerShape shape = layer(LayerKind::conv2d, {16, 6, 6}, 16, 3, 1, 1);
  for (const Library library : kLibraries)
    for (const Pass pass : {Pass::forward, Pass::backward_weights, Pass::backward_data}) {
      std::mt19937 random(Catch::rngSeed());
      LayerData data(shape, 3, random);
      const auto convolution = cpu::make_operator({shape, pass, 3, {}}, library);
      convolution->run(data.buffers());
      const LayerData once = data;
      convolution->run(data.buffers());
      CHECK(data.output == once.output);
      CHECK(data.weight_gradient == once.weight_gradient);
      CHECK(data.input_gradient == once.input_gradient);
    }
}

TEST_CASE("an operator starts no thread") {
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
  };
  const auto before = threads();
  const LayerShape shape = layer(LayerKind::conv2d, {32, 16, 16}, 64, 3, 1, 1);
  std::mt19937 random(Catch::rngSeed());
  LayerData data(shape, 32, random);
  for (const Library library : kLibraries) run(shape, Pass::forward, 32, library, data);
  CHECK(threads() == before);
}

TEST_CASE("the best library offers its kernel, and one library pools forward and backward") {
  for (const std::int64_t batch : {1, 8, 64, 512}) {
    for (const LayerShape& shape : {attention(128, {.heads = 4, .key_heads = 4, .key_channels = 32, .value_channels = 32, .keys = 128}),
                                    layer(LayerKind::dense, {784, 1, 1}, 10), layer(LayerKind::conv2d, {3, 32, 32}, 64, 3, 1, 1),
                                    layer(LayerKind::relu, {64, 8, 8}), layer(LayerKind::softmax_cross_entropy, {10, 1, 1})})
      for (const Pass pass : passes(shape.kind, LayerPosition::later)) {
        const Kernel kernel{shape, pass, batch, {}};
        CHECK(cpu::offers(cpu::best_library(kernel), kernel));
      }
    const LayerShape pool = layer(LayerKind::max_pool, {64, 8, 8}, 1, 2, 2);
    CHECK(cpu::best_library({pool, Pass::forward, batch, {}}) == cpu::best_library({pool, Pass::backward_data, batch, {}}));
  }
}
