#include "workloads/shapes.hpp"

#include <catch2/catch.hpp>

#include "tests/support/message.hpp"

namespace forerun {
namespace {

const Text kWhere{.value = "", .file = "n.yaml", .line = 4, .column = 5, .key = "layers"};

LayerShape slide(std::int64_t height, std::int64_t width, int window, int stride, int padding, LayerKind kind = LayerKind::conv2d) {
  return infer_shape({3, height, width},
                     {.kind = kind, .outputs = 8, .window = window, .stride = stride, .padding = padding, .where = kWhere});
}

}  // namespace

TEST_CASE("a window slides over the padded input in whole strides", "[unit]") {
  CHECK(slide(28, 20, 3, 1, 0).output == TensorShape{8, 26, 18});
  CHECK(slide(32, 32, 3, 1, 1).output == TensorShape{8, 32, 32});
  CHECK(slide(224, 224, 11, 4, 2).output == TensorShape{8, 55, 55});
  CHECK(slide(13, 14, 3, 2, 0).output == TensorShape{8, 6, 6});
}

TEST_CASE("a pool keeps its channels", "[unit]") { CHECK(slide(26, 27, 2, 2, 0, LayerKind::max_pool).output == TensorShape{3, 13, 13}); }

TEST_CASE("a dense layer works on the channels of each position, a relu and a loss change no shape", "[unit]") {
  CHECK(infer_shape({3, 4, 5}, {.kind = LayerKind::dense, .outputs = 7, .where = kWhere}).output == TensorShape{7, 4, 5});
  CHECK(infer_shape({3, 4, 5}, {.kind = LayerKind::relu, .where = kWhere}).output == TensorShape{3, 4, 5});
  CHECK(infer_shape({3, 4, 5}, {.kind = LayerKind::softmax_cross_entropy, .where = kWhere}).output == TensorShape{3, 4, 5});
  CHECK(flattened({3, 4, 5}) == TensorShape{60, 1, 1});
}

TEST_CASE("a window may fill its padded input but not exceed it", "[limit]") {
  CHECK(slide(5, 6, 5, 1, 0).output == TensorShape{8, 1, 2});
  CHECK(message_of([] { slide(5, 9, 6, 1, 0); }) ==
        "n.yaml:4:5: layers: the window is larger than the layer's input (got 6, allowed at most the height of 5)");
  CHECK(message_of([] { slide(9, 5, 8, 1, 1); }) ==
        "n.yaml:4:5: layers: the window is larger than the layer's input (got 8, allowed at most the width of 7)");
}

TEST_CASE("padding stays smaller than the window", "[unit]") {
  CHECK_NOTHROW(slide(8, 8, 3, 1, 2));
  CHECK(message_of([] { slide(8, 8, 3, 1, 3); }) ==
        "n.yaml:4:5: layers: the padding is not smaller than the window (got 3, allowed 0 to 2)");
}

TEST_CASE("a dilated window reaches over its gaps", "[unit]") {
  LayerDescription layer{.kind = LayerKind::conv2d, .outputs = 4, .window = 3, .stride = 1, .dilation = 2, .where = kWhere};
  CHECK(infer_shape({3, 9, 7}, layer).output == TensorShape{4, 5, 3});
  layer.padding = 2;
  CHECK(infer_shape({3, 9, 7}, layer).output == TensorShape{4, 9, 7});
  layer.padding = 0;
  CHECK(message_of([&] {
          infer_shape({3, 9, 4}, layer);
        }) == "n.yaml:4:5: layers: the window is larger than the layer's input (got 5, allowed at most the width of 4)");
}

TEST_CASE("a last step counts where it is rounded up, but not where it starts behind the input", "[unit]") {
  LayerDescription pool{.kind = LayerKind::max_pool, .window = 3, .stride = 2, .round_up = true, .where = kWhere};
  CHECK(infer_shape({3, 112, 111}, pool).output == TensorShape{3, 56, 55});
  pool.window = 2;
  pool.stride = 3;
  pool.padding = 1;
  CHECK(infer_shape({3, 7, 6}, pool).output == TensorShape{3, 3, 3});
  pool.window = 1;
  pool.padding = 0;
  pool.stride = 2;
  CHECK(infer_shape({3, 6, 7}, pool).output == TensorShape{3, 3, 4});
}

TEST_CASE("a transposed convolution undoes the edges of a convolution", "[unit]") {
  LayerDescription up{.kind = LayerKind::transposed_conv2d, .outputs = 4, .window = 2, .stride = 2, .where = kWhere};
  CHECK(infer_shape({8, 28, 20}, up).output == TensorShape{4, 56, 40});
  up.window = 4;
  up.padding = 1;
  CHECK(infer_shape({8, 28, 20}, up).output == TensorShape{4, 56, 40});
  up.dilation = 2;
  CHECK(infer_shape({8, 28, 20}, up).output == TensorShape{4, 59, 43});
  up.groups = 8;
  CHECK(message_of([&] { infer_shape({8, 28, 20}, up); }).find("the groups do not divide the channels (got 8") != std::string::npos);
  const LayerDescription none{.kind = LayerKind::transposed_conv2d, .outputs = 4, .window = 3, .padding = 2, .where = kWhere};
  CHECK(message_of([&] { infer_shape({8, 1, 1}, none); }).find("the padding leaves nothing of the output") != std::string::npos);
}

TEST_CASE("a window slides over depth as over height and width", "[unit]") {
  LayerDescription conv{.kind = LayerKind::conv3d, .outputs = 4, .window = {3, 4, 5}, .stride = {1, 2, 1}, .where = kWhere};
  CHECK(infer_shape({3, 9, 10, 11}, conv).output == TensorShape{4, 7, 4, 7});
  CHECK(infer_shape({3, 9, 10, 11}, conv).window.volume() == 60);
  conv = {.kind = LayerKind::conv3d, .outputs = 4, .window = {2, 2, 2}, .uneven = {1, 1, 1}, .where = kWhere};
  CHECK(infer_shape({3, 9, 10, 11}, conv).output == TensorShape{4, 9, 10, 11});
  conv.uneven = {1, 1, 2};
  CHECK(message_of([&] {
          infer_shape({3, 9, 10, 11}, conv);
        }) == "n.yaml:4:5: layers: the padding is not smaller than the window (got 2, allowed 0 to 1)");
}

TEST_CASE("groups divide the channels on both sides", "[unit]") {
  LayerDescription conv{.kind = LayerKind::conv2d, .outputs = 12, .window = 1, .groups = 3, .where = kWhere};
  CHECK(infer_shape({6, 4, 4}, conv).groups == 3);
  conv.groups = 4;
  CHECK(message_of([&] {
          infer_shape({6, 4, 4}, conv);
        }) == "n.yaml:4:5: layers: the groups do not divide the channels (got 4, allowed a divisor of 6 and 12)");
  conv.groups = 0;
  CHECK(message_of([&] { infer_shape({6, 4, 4}, conv); }).find("the groups do not divide the channels (got 0") != std::string::npos);
}

TEST_CASE("a loss needs two classes", "[limit]") {
  const LayerDescription loss{.kind = LayerKind::softmax_cross_entropy, .where = kWhere};
  CHECK_NOTHROW(infer_shape({2, 1, 1}, loss));
  CHECK(message_of([&] { infer_shape({1, 1, 1}, loss); }) == "n.yaml:4:5: layers: the loss has fewer than two classes");
}

TEST_CASE("sizes that do not fit are refused", "[limit]") {
  const std::int64_t big = std::int64_t{1} << 30;
  CHECK(message_of([&] {
          check_elements({big, big, 1}, kWhere);
        }) == "n.yaml:4:5: layers: the tensor is too large (allowed at most 2^53 elements)");
  CHECK(message_of([&] { check_elements({big, big, big}, kWhere); }).find("the tensor is too large") != std::string::npos);
  CHECK_NOTHROW(check_elements({big, 1 << 23, 1}, kWhere));
  CHECK(message_of([&] {
          infer_shape({big, 1, 1}, {.kind = LayerKind::dense, .outputs = big, .where = kWhere});
        }) == "n.yaml:4:5: layers: the layer is too large (allowed at most 2^53 elements)");
  const LayerDescription wide{.kind = LayerKind::conv2d, .outputs = 1 << 21, .window = 1 << 16, .stride = 1, .padding = 0, .where = kWhere};
  CHECK(message_of([&] { infer_shape({1, 1 << 16, 1 << 16}, wide); }).find("the layer is too large") != std::string::npos);
}

}  // namespace forerun
