#include <catch2/catch.hpp>

#include "tests/workloads/onnx/model.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

using test::Model;

std::vector<std::string> kinds(const Workload& workload) {
  std::vector<std::string> list;
  for (const Layer& layer : workload.layers) list.emplace_back(to_string(layer.shape.kind));
  return list;
}

using Kinds = std::vector<std::string>;

/// x of 5 positions and 8 channels that a dense layer gave, so that there is something to train.
Model dense() {
  Model m;
  m.input("image", {"batch", 5, 8}).weight("w.weight", {8, 8}).output("y").node("MatMul", {"image", "w.weight"}, "x");
  return m;
}

}  // namespace

TEST_CASE("a product with weights and the sum with its bias are one dense layer", "[unit]") {
  Model m;
  m.input("x", {"batch", 5, 8}).weight("fc.weight", {8, 3}).weight("b", {3}).output("y");
  m.node("MatMul", {"x", "fc.weight"}, "p").node("Add", {"b", "p"}, "y");
  const Workload workload = m.layers();
  REQUIRE(kinds(workload) == Kinds{"dense"});
  CHECK(workload.layers[0].name == "fc");
  CHECK(workload.layers[0].shape.bias);
  CHECK(workload.layers[0].shape.output == TensorShape{.channels = 3, .width = 5});
  CHECK(parameters(workload) == 8 * 3 + 3);
}

TEST_CASE("a product that something else reads keeps its bias apart", "[unit]") {
  Model m;
  m.input("x", {"batch", 5, 8}).weight("w", {8, 3}).weight("b", {3}).output("y").output("p");
  m.node("MatMul", {"x", "w"}, "p").node("Add", {"p", "b"}, "y");
  const Workload workload = m.layers();
  CHECK(kinds(workload) == Kinds{"dense", "embedding", "add"});
  CHECK(parameters(workload) == 8 * 3 + 3);
}

TEST_CASE("gelu is recognised by the error function and by tanh, in either order of its factors", "[unit]") {
  Model erf = dense();
  erf.number("root", 1.41421356).number("one", 1).number("half", 0.5);
  erf.node("Div", {"x", "root"}, "d").node("Erf", {"d"}, "e").node("Add", {"e", "one"}, "s");
  Model other = erf;
  erf.node("Mul", {"x", "s"}, "m").node("Mul", {"m", "half"}, "y");
  CHECK(kinds(erf.layers()) == Kinds{"dense", "gelu"});
  other.node("Mul", {"half", "x"}, "m").node("Mul", {"m", "s"}, "y");
  CHECK(kinds(other.layers()) == Kinds{"dense", "gelu"});

  Model tanh = dense();
  tanh.number("three", 3).number("a", 0.044715).number("b", 0.7978845608).number("one", 1).number("half", 0.5);
  tanh.node("Pow", {"x", "three"}, "cube").node("Mul", {"cube", "a"}, "c").node("Add", {"x", "c"}, "d").node("Mul", {"d", "b"}, "e");
  tanh.node("Tanh", {"e"}, "t").node("Add", {"t", "one"}, "s").node("Mul", {"x", "half"}, "h").node("Mul", {"h", "s"}, "y");
  CHECK(kinds(tanh.layers()) == Kinds{"dense", "gelu"});
}

TEST_CASE("what only looks like gelu is left as it is", "[unit]") {
  Model m = dense();
  m.number("root", 1.41421356).number("two", 2).number("half", 0.5);
  m.node("Div", {"x", "root"}, "d").node("Erf", {"d"}, "e").node("Add", {"e", "two"}, "s");
  m.node("Mul", {"x", "s"}, "p").node("Mul", {"p", "half"}, "y");
  const Kinds found = kinds(m.layers());
  CHECK(std::ranges::find(found, "gelu") == found.end());
  CHECK(std::ranges::find(found, "multiply") != found.end());
}

TEST_CASE("x sigmoid x is silu, and a gate beside it is a product", "[unit]") {
  Model m = dense();
  m.weight("u", {8, 8}).node("MatMul", {"image", "u"}, "up").node("Sigmoid", {"x"}, "s").node("Mul", {"x", "s"}, "g");
  m.node("Mul", {"g", "up"}, "y");
  CHECK(kinds(m.layers()) == Kinds{"dense", "dense", "silu", "multiply"});
}

TEST_CASE("layer norm and RMS norm are recognised where they are spelled out", "[unit]") {
  Model layer = dense();
  layer.number("two", 2).number("eps", 1e-5).weight("g", {8}).weight("b", {8});
  layer.node("ReduceMean", {"x"}, "m", {test::list("axes", {-1})}).node("Sub", {"x", "m"}, "d").node("Pow", {"d", "two"}, "q");
  layer.node("ReduceMean", {"q"}, "v", {test::list("axes", {-1})}).node("Add", {"v", "eps"}, "e").node("Sqrt", {"e"}, "r");
  layer.node("Div", {"d", "r"}, "n").node("Mul", {"n", "g"}, "s").node("Add", {"s", "b"}, "y");
  const Workload normed = layer.layers();
  REQUIRE(kinds(normed) == Kinds{"dense", "layer-norm"});
  CHECK(parameters(normed) == 64 + 16);

  Model rms = dense();
  rms.number("two", 2).number("eps", 1e-5).number("one", 1).weight("g", {8});
  rms.node("Pow", {"x", "two"}, "q").node("ReduceMean", {"q"}, "v", {test::list("axes", {-1})}).node("Add", {"v", "eps"}, "e");
  rms.node("Sqrt", {"e"}, "r").node("Div", {"one", "r"}, "i").node("Mul", {"x", "i"}, "n").node("Mul", {"g", "n"}, "y");
  const Workload scaled = rms.layers();
  REQUIRE(kinds(scaled) == Kinds{"dense", "rms-norm"});
  CHECK(parameters(scaled) == 64 + 8);
}

namespace {

/// Queries, keys and values of 6 positions, 4 heads of 2 channels; keys and values of `key_heads`, repeated to 4.
Model heads(std::int64_t key_heads) {
  Model m;
  m.input("x", {"batch", 6, 8}).output("y").integers("apart", {1, 6, 4, 2}).integers("few", {1, 6, static_cast<double>(key_heads), 2});
  m.integers("five", {1, static_cast<double>(key_heads), 4.0 / static_cast<double>(key_heads), 6, 2}).integers("four", {1, 4, 6, 2});
  m.integers("axis", {2});
  for (const std::string name : {"q", "k", "v"}) {
    const bool query = name == "q";
    m.weight("w" + name, {8, query ? 8 : 2 * key_heads}).node("MatMul", {"x", "w" + name}, name);
    m.node("Reshape", {name, query ? "apart" : "few"}, name + "1")
        .node("Transpose", {name + "1"}, name + "2", {test::list("perm", {0, 2, 1, 3})});
    if (query) continue;
    m.node("Unsqueeze", {name + "2", "axis"}, name + "3").node("Expand", {name + "3", "five"}, name + "4");
    m.node("Reshape", {name + "4", "four"}, name + "5");
  }
  return m.node("Transpose", {"k5"}, "kt", {test::list("perm", {0, 1, 3, 2})});
}

}  // namespace

TEST_CASE("a softmax of scaled and masked products of queries and keys, times values, is one attention", "[unit]") {
  Model m = heads(2);
  m.number("scale", 0.7)
      .weight("mask", {1, 1, 6, 6})
      .node("MatMul", {"q2", "kt"}, "s")
      .node("Mul", {"s", "scale"}, "r")
      .node("Add", {"mask", "r"}, "t");
  m.node("Softmax", {"t"}, "p", {test::whole("axis", -1)}).node("MatMul", {"p", "v5"}, "y");
  const Workload workload = m.layers();
  REQUIRE(kinds(workload) == Kinds{"dense", "dense", "dense", "attention"});
  const LayerShape& shape = workload.layers.back().shape;
  CHECK(shape.attention == Attention{.heads = 4, .key_heads = 2, .key_channels = 2, .value_channels = 2, .keys = 6});
  CHECK(shape.output == TensorShape{.channels = 8, .width = 6});
  CHECK(workload.layers.back().inputs == std::vector{0, 1, 2});
  CHECK(matrix_flops_per_sample(shape).value() == 2.0 * 2 * 4 * 6 * 6 * 2);
}

TEST_CASE("a learned bias of scores stays a parameter", "[unit]") {
  Model m = heads(4);
  m.weight("bias", {1, 4, 6, 6}).node("MatMul", {"q2", "kt"}, "s").node("Add", {"s", "bias"}, "t");
  m.node("Softmax", {"t"}, "p", {test::whole("axis", 3)}).node("MatMul", {"p", "v5"}, "y");
  const Workload workload = m.layers();
  CHECK(kinds(workload) == Kinds{"dense", "dense", "dense", "embedding", "attention"});
  CHECK(parameters(workload) == 3 * 64 + 4 * 36);
}

TEST_CASE("products of activations without a softmax stay products", "[unit]") {
  Model m = heads(4);
  m.node("MatMul", {"q2", "kt"}, "s").node("MatMul", {"s", "v5"}, "y");
  const Workload workload = m.layers();
  REQUIRE(kinds(workload) == Kinds{"dense", "dense", "dense", "product", "product"});
  CHECK(matrix_flops_per_sample(workload.layers[3].shape).value() == 2.0 * 4 * 6 * 6 * 2);
}

TEST_CASE("rotated queries are one layer", "[unit]") {
  Model m = dense();
  m.integers("zero", {0}).integers("half", {4}).integers("end", {8}).integers("last", {2}).integers("of", {5});
  m.node("ConstantOfShape", {"of"}, "i", {test::Message().text(1, "value").message(5, test::tensor("", test::kInt64, {1}, {1}))});
  m.integers("column", {1}).node("Cast", {"i"}, "f", {test::whole("to", 1)}).node("Unsqueeze", {"f", "column"}, "p");
  m.node("Cos", {"p"}, "cos").node("Sin", {"p"}, "sin");
  m.node("Slice", {"x", "zero", "half", "last"}, "a").node("Slice", {"x", "half", "end", "last"}, "b").node("Neg", {"b"}, "n");
  m.node("Concat", {"n", "a"}, "r", {test::whole("axis", -1)}).node("Mul", {"x", "cos"}, "c").node("Mul", {"r", "sin"}, "s");
  m.node("Add", {"c", "s"}, "y");
  CHECK(kinds(m.layers()) == Kinds{"dense", "rotary"});
}

TEST_CASE("weights that stand in the graph twice are counted once, a second bias too", "[unit]") {
  Model m;
  m.input("ids", {"batch", 5}, test::kInt64).weight("table.weight", {11, 8}).weight("b", {11}).output("y");
  m.node("Gather", {"table.weight", "ids"}, "x").node("Transpose", {"table.weight"}, "t", {test::list("perm", {1, 0})});
  m.node("MatMul", {"x", "t"}, "p").node("Add", {"p", "b"}, "y");
  const Workload workload = m.layers();
  REQUIRE(kinds(workload) == Kinds{"embedding", "dense"});
  CHECK(workload.layers[1].tied_to == 0);
  CHECK(parameters(workload) == 11 * 8 + 11);
  CHECK(workload.tokens_per_sample == 5);
}

TEST_CASE("a weight that no operator calls its own is a parameter too", "[unit]") {
  Model m = dense();
  m.weight("cls", {1, 1, 8}).node("Concat", {"cls", "x"}, "y", {test::whole("axis", 1)});
  const Workload workload = m.layers();
  CHECK(kinds(workload) == Kinds{"dense", "embedding", "concat"});
  CHECK(parameters(workload) == 64 + 8);
}

TEST_CASE("three parts of one weight are three layers' own", "[unit]") {
  Model m;
  m.input("x", {"batch", 5, 8}).weight("in", {8, 24}).output("y");
  test::Message split;
  for (const std::string name : {"in"}) split.text(1, name);
  for (const std::string name : {"a", "b", "c"}) split.text(2, name);
  m.graph().message(1, split.text(4, "Split").message(5, test::whole("axis", 1)));
  m.node("MatMul", {"x", "a"}, "p").node("MatMul", {"x", "b"}, "q").node("MatMul", {"x", "c"}, "r");
  m.node("Add", {"p", "q"}, "s").node("Add", {"s", "r"}, "y");
  const Workload workload = m.layers();
  REQUIRE(kinds(workload) == Kinds{"dense", "dense", "dense", "add"});
  CHECK(workload.layers[3].shape.operands == 3);
  CHECK(parameters(workload) == 8 * 24);
}

}  // namespace forerun
