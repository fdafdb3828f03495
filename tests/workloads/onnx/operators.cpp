#include <catch2/catch.hpp>

#include "tests/workloads/onnx/model.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

using test::Model;

/// 3 x 9 x 7 pictures.
Model picture(const std::string& last = "y") {
  Model m;
  m.input("x", {"batch", 3, 9, 7}).output(last);
  return m;
}

const LayerShape& last(const Workload& workload) { return workload.layers.back().shape; }

}  // namespace

TEST_CASE("convolutions shrink and grow pictures as ONNX says", "[unit]") {
  const Workload plain = picture()
                             .weight("w", {4, 3, 3, 2})
                             .weight("b", {4})
                             .node("Conv", {"x", "w", "b"}, "y", {test::list("strides", {2, 1}), test::list("pads", {1, 0, 1, 1})})
                             .layers();
  CHECK(last(plain).output == TensorShape{4, 5, 7});
  CHECK(last(plain).window == Extent(3, 2));
  CHECK(parameters(plain) == 4 * 3 * 6 + 4);
  CHECK(matrix_flops_per_sample(plain).value() == 2.0 * 4 * 35 * 18);

  test::Message same = test::Message().text(1, "auto_pad").text(4, "SAME_UPPER");
  const Workload kept = picture().weight("w", {4, 3, 4, 4}).node("Conv", {"x", "w"}, "y", {same, test::list("strides", {2, 2})}).layers();
  CHECK(last(kept).output == TensorShape{4, 5, 4});
  CHECK_FALSE(last(kept).bias);

  const Workload wide = picture().weight("w", {4, 3, 3, 3}).node("Conv", {"x", "w"}, "y", {test::list("dilations", {2, 2})}).layers();
  CHECK(last(wide).output == TensorShape{4, 5, 3});

  const Workload apart = picture().weight("w", {6, 1, 3, 3}).node("Conv", {"x", "w"}, "y", {test::whole("group", 3)}).layers();
  CHECK(last(apart).groups == 3);
  CHECK(parameters(apart) == 6 * 9);

  const Workload grown =
      picture().weight("w", {3, 2, 2, 2}).node("ConvTranspose", {"x", "w"}, "y", {test::list("strides", {2, 2})}).layers();
  CHECK(last(grown).kind == LayerKind::transposed_conv2d);
  CHECK(last(grown).output == TensorShape{2, 18, 14});
  CHECK(parameters(grown) == 3 * 2 * 4);
}

TEST_CASE("a convolution of a line and of a volume", "[unit]") {
  Model line;
  line.input("x", {"batch", 3, 20}).output("y").weight("w", {4, 3, 5}).node("Conv", {"x", "w"}, "y");
  CHECK(last(line.layers()).output == TensorShape{4, 1, 16});
  Model volume;
  volume.input("x", {"batch", 3, 5, 6, 7}).output("y").weight("w", {4, 3, 2, 3, 4}).node("Conv", {"x", "w"}, "y");
  CHECK(last(volume.layers()).kind == LayerKind::conv3d);
  CHECK(last(volume.layers()).output == TensorShape{4, 4, 4, 4});
  CHECK(parameters(volume.layers()) == 4 * 3 * 24);
}

TEST_CASE("zeros that are padded before a window are part of it", "[unit]") {
  Model m = picture();
  m.integers("pads", {0, 0, 1, 1, 0, 0, 1, 1}).weight("w", {4, 3, 3, 3}).node("Pad", {"x", "pads"}, "p").node("Conv", {"p", "w"}, "y");
  const Workload workload = m.layers();
  REQUIRE(workload.layers.size() == 1);
  CHECK(workload.layers[0].shape.input == TensorShape{3, 9, 7});
  CHECK(workload.layers[0].shape.output == TensorShape{4, 9, 7});
}

TEST_CASE("pools count as the zoo's do", "[unit]") {
  Model m = picture();
  m.weight("w", {4, 3, 1, 1}).node("Conv", {"x", "w"}, "c");
  Model rounded = m;
  m.node("MaxPool", {"c"}, "y", {test::list("kernel_shape", {2, 2}), test::list("strides", {2, 2})});
  CHECK(last(m.layers()).output == TensorShape{4, 4, 3});
  rounded.node("AveragePool", {"c"}, "y", {test::list("kernel_shape", {2, 2}), test::list("strides", {2, 2}), test::whole("ceil_mode", 1)});
  CHECK(last(rounded.layers()).output == TensorShape{4, 5, 4});
  Model global = picture();
  global.weight("w", {4, 3, 1, 1}).node("Conv", {"x", "w"}, "c").node("GlobalAveragePool", {"c"}, "y");
  CHECK(last(global.layers()).window == Extent(9, 7));
  Model mean = picture();
  mean.weight("w", {4, 3, 1, 1}).node("Conv", {"x", "w"}, "c").node("ReduceMean", {"c"}, "y", {test::list("axes", {2, 3})});
  CHECK(last(mean.layers()) == last(global.layers()));
}

TEST_CASE("running means are no parameters of a batch norm", "[unit]") {
  Model m = picture();
  m.weight("s", {3}).weight("b", {3}).weight("mean", {3}).weight("variance", {3});
  const Workload workload = m.node("BatchNormalization", {"x", "s", "b", "mean", "variance"}, "y").layers();
  CHECK(last(workload).kind == LayerKind::batch_norm);
  CHECK(parameters(workload) == 6);
}

TEST_CASE("a recurrent layer has its directions' weights and two biases", "[unit]") {
  for (const std::int64_t directions : {1, 2}) {
    Model m;
    m.input("x", {7, "batch", 5})
        .output("y")
        .weight("w", {directions, 12, 5})
        .weight("r", {directions, 12, 3})
        .weight("b", {directions, 24});
    const Workload workload = m.node("LSTM", {"x", "w", "r", "b"}, "y", {test::whole("hidden_size", 3)}).layers();
    CHECK(parameters(workload) == directions * 4 * 3 * (5 + 3 + 2));
    CHECK(matrix_flops_per_sample(workload).value() == static_cast<double>(directions) * 8 * 7 * 3 * 8);
    CHECK(last(workload).output == TensorShape{.channels = 3 * directions, .width = 7});
  }
}

TEST_CASE("an Attention with fewer key heads is an attention", "[unit]") {
  Model m;
  m.input("x", {"batch", 6, 8}).output("y").weight("wq", {8, 8}).weight("wk", {8, 4}).weight("wv", {8, 4});
  m.node("MatMul", {"x", "wq"}, "q").node("MatMul", {"x", "wk"}, "k").node("MatMul", {"x", "wv"}, "v");
  m.node("Attention", {"q", "k", "v"}, "y", {test::whole("q_num_heads", 4), test::whole("kv_num_heads", 2)});
  CHECK(last(m.layers()).attention == Attention{.heads = 4, .key_heads = 2, .key_channels = 2, .value_channels = 2, .keys = 6});
}

TEST_CASE("a dropout is a layer only while it trains", "[unit]") {
  const auto layers = [](const std::vector<std::string>& inputs) {
    Model m;
    m.input("image", {"batch", 8}).output("y").weight("w", {8, 8}).node("MatMul", {"image", "w"}, "x").number("ratio", 0.1);
    m.graph().message(5, test::tensor("on", 9, {}).text(9, std::string(1, '\1')));
    m.graph().message(5, test::tensor("off", 9, {}).text(9, std::string(1, '\0')));
    return m.node("Dropout", inputs, "y").layers().layers.size();
  };
  CHECK(layers({"x", "ratio", "on"}) == 2);
  CHECK(layers({"x", "ratio", "off"}) == 1);
  CHECK(layers({"x", "ratio"}) == 1);
}

TEST_CASE("shapes are calculated, not layers", "[unit]") {
  Model m;
  m.input("image", {"batch", 3, 4, 5}).output("y").weight("w", {60, 7}).integers("zero", {0}).integers("minus", {-1});
  m.node("Shape", {"image"}, "shape")
      .node("Gather", {"shape", "zero"}, "n")
      .node("Concat", {"n", "minus"}, "flat", {test::whole("axis", 0)});
  m.node("Reshape", {"image", "flat"}, "x").node("MatMul", {"x", "w"}, "y");
  const Workload workload = m.layers();
  REQUIRE(workload.layers.size() == 1);
  CHECK(workload.layers[0].shape.input == TensorShape{.channels = 60});
  CHECK(workload.layers[0].inputs == std::vector{kData});
}

TEST_CASE("masks and what is calculated from whole numbers alone are no layers", "[unit]") {
  Model m;
  m.input("ids", {"batch", 6}, test::kInt64).input("mask", {"batch", 6}, test::kInt64).output("y").weight("t", {9, 4}).number("far", -1e9);
  m.node("Gather", {"t", "ids"}, "x").node("Cast", {"mask"}, "f", {test::whole("to", 1)}).node("Mul", {"f", "far"}, "g");
  m.integers("two", {2}).node("Unsqueeze", {"g", "two"}, "h").node("Add", {"x", "h"}, "y");
  const Workload workload = m.layers();
  REQUIRE(workload.layers.size() == 2);
  CHECK(workload.layers[1].shape.operands == 1);
  CHECK(workload.input.elements() == 12);
}

}  // namespace forerun
