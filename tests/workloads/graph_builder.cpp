#include "workloads/graph_builder.hpp"

#include <catch2/catch.hpp>

#include "tests/support/message.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

GraphBuilder builder(const TensorShape& input) { return {"net", input, Text{.value = "", .file = "net.yaml"}}; }

const Layer& last(GraphBuilder& net) { return net.workload().layers.back(); }

}  // namespace

TEST_CASE("a convolution reads what it is told, and its shape follows", "[unit]") {
  GraphBuilder net = builder({6, 11, 9});
  const int x =
      net.convolution("conv", LayerKind::conv2d, kData, {.outputs = 8, .window = {3, 1}, .stride = 2, .padding = {1, 0}, .groups = 2});
  CHECK(net.shape_of(x) == TensorShape{8, 6, 5});
  CHECK(last(net).inputs == std::vector{kData});
  CHECK(last(net).shape.groups == 2);
  CHECK(parameters(last(net).shape) == 8 * (3 * 3 + 1));
  CHECK(matrix_flops_per_sample(last(net).shape).value() == 2.0 * (8 * 6 * 5) * 3 * 3);
}

TEST_CASE("a transposed convolution enlarges, and computes by its input", "[unit]") {
  GraphBuilder net = builder({8, 5, 7});
  const int x = net.convolution("up", LayerKind::transposed_conv2d, kData, {.outputs = 4, .window = 3, .stride = 2, .padding = 1});
  CHECK(net.shape_of(x) == TensorShape{4, 9, 13});
  CHECK(parameters(last(net).shape) == 8 * 4 * 9 + 4);
  CHECK(matrix_flops_per_sample(last(net).shape).value() == 2.0 * (8 * 5 * 7) * 4 * 9);
}

TEST_CASE("pools keep channels, over all positions or to a size", "[unit]") {
  GraphBuilder net = builder({3, 10, 14, 6});
  CHECK(net.shape_of(net.pool("max", LayerKind::max_pool, kData, {.window = {2, 2, 2}, .stride = {2, 2, 2}})) == TensorShape{3, 5, 7, 3});
  CHECK(net.shape_of(net.global_average_pool("mean", kData)) == TensorShape{3});
  CHECK(forward_flops_per_sample(last(net).shape).value() == 3 * 10 * 14 * 6);
  GraphBuilder flat = builder({3, 10, 14});
  CHECK(flat.shape_of(flat.adaptive_average_pool("fit", kData, 5, 7)) == TensorShape{3, 5, 7});
  CHECK(last(flat).shape.window == Extent(2, 2));
  CHECK(flat.shape_of(flat.adaptive_average_pool("grow", kData, 12, 7)) == TensorShape{3, 12, 7});
  CHECK(last(flat).shape.window == Extent(1, 2));
}

TEST_CASE("branches are concatenated along the channels", "[unit]") {
  GraphBuilder net = builder({2, 4, 4});
  const int left = net.convolution("left", LayerKind::conv2d, kData, {.outputs = 3, .window = 1});
  const int right = net.convolution("right", LayerKind::conv2d, kData, {.outputs = 5, .window = 3, .padding = 1});
  CHECK(net.shape_of(net.concat("both", {left, kData, right})) == TensorShape{10, 4, 4});
  CHECK(last(net).inputs == std::vector{left, kData, right});
  CHECK(last(net).shape.operands == 3);
}

TEST_CASE("names are those of their block, and unique", "[unit]") {
  GraphBuilder net = builder({2, 4, 4});
  for (int i = 0; i < 2; ++i) {
    net.begin_block("block");
    net.elementwise("relu", LayerKind::relu, kData);
    net.elementwise("relu", LayerKind::relu, kData);
    net.end_block();
  }
  net.elementwise("relu", LayerKind::relu, kData);
  std::vector<std::string> names;
  for (const Layer& layer : net.workload().layers) names.push_back(layer.name);
  CHECK(names == std::vector<std::string>{"block-1.relu", "block-1.relu-2", "block-2.relu", "block-2.relu-2", "relu"});
  CHECK(net.workload().layers[2].block == 1);
  CHECK(last(net).block == -1);
}

TEST_CASE("a flatten is a view", "[unit]") {
  GraphBuilder net = builder({3, 4, 5});
  CHECK(net.shape_of(net.flatten("flatten", kData)) == TensorShape{60});
  CHECK(is_view(last(net).shape));
  net.reshape("half", kData, {3, 4, 2});
  CHECK(!is_view(last(net).shape));
}

TEST_CASE("shapes that do not fit together are refused with the layer's name", "[unit]") {
  GraphBuilder net = builder({6, 4, 4});
  const int small = net.convolution("small", LayerKind::conv2d, kData, {.outputs = 6, .window = 3});
  net.begin_block("block");
  CHECK(message_of([&] {
          net.join("sum", LayerKind::add, {kData, small});
        }) == "net.yaml: block-1.sum: its inputs differ in shape: 4x4x6 and 2x2x6");
  CHECK(message_of([&] {
          net.concat("both", {kData, small});
        }) == "net.yaml: block-1.both: its inputs differ in their positions: 4x4x6 and 2x2x6");
  CHECK(message_of([&] { net.convolution("conv", LayerKind::conv2d, kData, {.outputs = 8, .window = 1, .groups = 4}); }) ==
        "net.yaml: block-1.conv: the groups do not divide the channels (got 4, allowed a divisor of 6 and 8)");
  CHECK(message_of([&] { net.convolution("conv", LayerKind::conv2d, kData, {.outputs = 8, .window = 5}); }) ==
        "net.yaml: block-1.conv: the window is larger than the layer's input (got 5, allowed at most the height of 4)");
  CHECK(net.size() == 1);
}

TEST_CASE("a network of more than 2^53 parameters is refused", "[limit]") {
  GraphBuilder net = builder({1 << 26});
  const auto dense = [&] { net.dense("dense", kData, 1 << 26); };
  CHECK_NOTHROW(dense());
  CHECK(message_of([&] {
          dense();
          dense();
        }).find("the network is too large") != std::string::npos);
}

}  // namespace forerun
