#include "workloads/activations.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "io/csv.hpp"
#include "io/quantity.hpp"
#include "tests/workloads/layers.hpp"
#include "workloads/graph_builder.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

struct Gpt {
  int layers = 2, hidden = 32, heads = 4, sequence = 24;
  const char* precision = "fp16";
  AttentionMethod method = AttentionMethod::unfused;
  bool dropout = true;  ///< of scores
};

Workload gpt(const Gpt& sizes) {
  const auto set = [](const char* key, const std::string& value) { return Text{value, "--set", 0, 0, key}; };
  Workload workload = load_workload({"gpt", "--workload", 0, 0, ""},
                                    std::vector{set("layers", std::to_string(sizes.layers)), set("hidden", std::to_string(sizes.hidden)),
                                                set("precision", sizes.precision), set("heads", std::to_string(sizes.heads)),
                                                set("sequence", std::to_string(sizes.sequence)), set("vocabulary", "50")});
  for (Layer& layer : workload.layers) {
    if (layer.shape.kind != LayerKind::attention) continue;
    layer.shape.attention.method = sizes.method;
    layer.shape.attention.dropout = sizes.dropout;
  }
  return workload;
}

/// What one more layer of the network keeps.
double each_layer(Gpt sizes, Recompute recompute) {
  const Bytes without = saved_activations(gpt(sizes), recompute).total();
  ++sizes.layers;
  return (saved_activations(gpt(sizes), recompute).total() - without).value();
}

/// The network of tests/workloads/expected/saved_tensors.py.
Workload cnn() {
  GraphBuilder net("cnn", {3, 16, 16}, {});
  const auto conv = [&](int from, int outputs, int window) {
    return net.convolution("conv", LayerKind::conv2d, from,
                           {.outputs = outputs, .window = window, .padding = window / 2, .bias = window == 1});
  };
  const auto normed = [&](int from) { return net.norm("norm", LayerKind::batch_norm, conv(from, 8, 3)); };
  const auto apply = [&](LayerKind kind, int from) { return net.elementwise("activation", kind, from); };
  int x = net.pool("pool", LayerKind::max_pool, apply(LayerKind::relu, normed(kData)), {.window = 2, .stride = 2});
  x = net.join("residual", LayerKind::add, {x, normed(apply(LayerKind::relu, normed(x)))});
  x = net.pool("pool", LayerKind::average_pool, apply(LayerKind::relu, x), {.window = 2, .stride = 2});
  const int gated =
      net.join("gated", LayerKind::multiply, {apply(LayerKind::sigmoid, conv(x, 6, 1)), apply(LayerKind::silu, conv(x, 6, 1))});
  x = net.concat("concat", {gated, apply(LayerKind::tanh, conv(x, 4, 1))});
  x = net.dense("head", net.flatten("flatten", net.global_average_pool("pool", x)), 10);
  net.loss("loss", LayerKind::softmax_cross_entropy, x);
  return std::move(net).take();
}

Bytes total(const Workload& workload) { return saved_activations(workload).total(); }

}  // namespace

TEST_CASE("a transformer layer keeps what Korthikanti et al. count", "[paper]") {
  // Reducing Activation Recomputation in Large Transformer Models (2022), equation 1 and table 2 with one device.
  for (const Gpt sizes : {Gpt{.layers = 1}, Gpt{.layers = 3, .hidden = 48, .heads = 6, .sequence = 40}}) {
    const double sh = sizes.sequence * sizes.hidden;
    const double scores = sizes.heads * sizes.sequence * sizes.sequence;
    CHECK(each_layer(sizes, Recompute::none) == 34 * sh + 5 * scores);
    CHECK(each_layer(sizes, Recompute::selective) == 34 * sh);
    CHECK(each_layer(sizes, Recompute::full) == 2 * sh);
    const SavedActivations full = saved_activations(gpt(sizes), Recompute::full);
    CHECK(full.working_set.value() == 32 * sh + 5 * scores);
  }
}

TEST_CASE("what flash keeps of the scores is one number a row", "[paper]") {
  Gpt sizes{.method = AttentionMethod::flash};
  const double sh = sizes.sequence * sizes.hidden;
  CHECK(each_layer(sizes, Recompute::none) == 34 * sh + 4 * sizes.heads * sizes.sequence);
  CHECK(each_layer(sizes, Recompute::selective) == 34 * sh);
  CHECK(each_layer({.method = AttentionMethod::fused, .dropout = false}, Recompute::none) == 34 * sh + 2 * 4 * 24 * 24);
}

TEST_CASE("networks keep the bytes that PyTorch saves", "[paper]") {
  const CsvTable expected = read_csv(FORERUN_TEST_DATA "/expected/saved_tensors.csv");
  const auto bytes = [&](std::size_t row) { return parse_number(expected.at(row, "saved_bytes"), 0, 1e9); };
  REQUIRE(expected.rows.size() == 3);
  CHECK(total(gpt({.precision = "fp32"})).value() == bytes(0));
  CHECK(total(gpt({.precision = "fp32", .method = AttentionMethod::flash, .dropout = false})).value() == bytes(1));
  CHECK(total(cnn()).value() == bytes(2));
}

TEST_CASE("a tensor that several layers keep counts once, at the first of them", "[unit]") {
  const Workload workload = gpt({.layers = 1});
  const SavedActivations saved = saved_activations(workload);
  const auto of = [&](const std::string& name) {
    for (std::size_t i = 0; i < workload.layers.size(); ++i)
      if (workload.layers[i].name == "block-1." + name) return saved.layers[i].value();
    return -1.0;
  };
  const double tensor = 2 * 24 * 32;
  CHECK(of("query") == tensor);
  CHECK(of("key") == 0);
  CHECK(of("value") == 0);
  CHECK(of("attention-residual") == 0);
  CHECK(of("gelu") == 4 * tensor);
  CHECK(of("feed-forward-dropout") == tensor / 2);
}

TEST_CASE("a view is kept as the tensor that it looks at", "[unit]") {
  Workload workload{.layers = {{"d1", dense(6, 6), {kData}}, {"r", relu(6), {0}}, {"v", relu(6), {1}}, {"d2", dense(6, 4), {2}}}};
  workload.layers[2].shape.kind = LayerKind::reshape;
  const SavedActivations saved = saved_activations(workload);
  CHECK(saved.layers[1].value() == 24);
  CHECK(saved.layers[3].value() == 0);
}

TEST_CASE("what is frozen keeps less", "[unit]") {
  Workload workload{.layers = {{"d1", dense(6, 5), {kData}}, {"r", relu(5), {0}}, {"d2", dense(5, 4), {1}}, {"l", loss(4), {2}}}};
  CHECK(total(workload).value() == 4 * (6 + 5 + 4));
  workload.layers[0].frozen = true;
  CHECK(total(workload).value() == 4 * (5 + 4));
  workload.layers[0].frozen = false;
  workload.layers[2].frozen = true;
  CHECK(total(workload).value() == 4 * (6 + 5 + 4));
  workload.layers[1].shape.kind = LayerKind::add;
  CHECK(total(workload).value() == 4 * (6 + 4));
}

TEST_CASE("recomputation never keeps more, and does nothing to a network without blocks", "[limit]") {
  for (const std::string_view name : known_workloads()) {
    CAPTURE(name);
    const Workload workload = load_workload({std::string(name), "--workload", 0, 0, ""}, {});
    const double none = total(workload).value();
    CHECK(saved_activations(workload, Recompute::selective).total().value() <= none);
    std::set<int> blocks;
    for (const Layer& layer : workload.layers) blocks.insert(layer.block);
    const double full = saved_activations(workload, Recompute::full).total().value();
    if (blocks == std::set{-1}) CHECK(full == none);
    if (workload.name.starts_with("gpt")) CHECK(full < none * 0.75);
  }
}

}  // namespace forerun
