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
