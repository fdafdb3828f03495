#include "workloads/fold.hpp"

#include <catch2/catch.hpp>

#include "tests/workloads/layers.hpp"
#include "workloads/graph_builder.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

using Folds = std::vector<Fold>;

/// A dense layer, blocks of a norm and a dense layer of these widths that add what they read, and a loss.
Workload blocks(const std::vector<std::int64_t>& hidden) {
  GraphBuilder net("net", {.channels = 8}, {});
  int x = net.dense("first", kData, 4);
  for (const std::int64_t width : hidden) {
    net.begin_block("block");
    const int wide = net.dense("wide", net.norm("norm", LayerKind::layer_norm, x), width);
    x = net.join("residual", LayerKind::add, {x, net.dense("narrow", wide, 4)});
    net.end_block();
  }
  net.loss("loss", LayerKind::softmax_cross_entropy, x);
  return std::move(net).take();
}

}  // namespace

TEST_CASE("blocks that are alike are folded, with how often they stand", "[unit]") {
  CHECK(fold(blocks({9, 9, 9})) == Folds{{0, 1, 1}, {1, 4, 3}, {13, 1, 1}});
  CHECK(unfold(blocks({9, 9})) == Folds{{0, 1, 1}, {1, 4, 1}, {5, 4, 1}, {9, 1, 1}});
  const Workload gpt = load_workload({"gpt3-175b", "--workload", 0, 0, ""}, {});
  const Folds folds = fold(gpt);
  REQUIRE(folds.size() == 3);
  CHECK(folds[1].times == 96);
}

TEST_CASE("only neighbours are folded", "[unit]") {
  CHECK(fold(blocks({9, 7, 9, 9})) == Folds{{0, 1, 1}, {1, 4, 1}, {5, 4, 1}, {9, 4, 2}, {17, 1, 1}});
}

TEST_CASE("blocks that differ in anything are not folded", "[unit]") {
  const auto count = [](const auto& change) {
    Workload workload = blocks({9, 9});
    change(workload.layers[6]);
    return fold(workload).size();
  };
  CHECK(count([](Layer&) {}) == 3);
  CHECK(count([](Layer& layer) { layer.frozen = true; }) == 4);
  CHECK(count([](Layer& layer) { layer.shape.bias = false; }) == 4);
  CHECK(count([](Layer& layer) { layer.inputs = {4}; }) == 4);
  CHECK(count([](Layer& layer) { layer.tied_to = 2; }) == 4);
  CHECK(fold(blocks({9, 9}), [](int, int) { return false; }).size() == 4);
}

TEST_CASE("blocks that read the same layer before them are alike", "[unit]") {
  Workload workload = blocks({9, 9, 9});
  for (const int layer : {4, 8, 12}) workload.layers[layer].inputs.push_back(0);
  CHECK(fold(workload).size() == 3);
}

TEST_CASE("layers outside blocks are never folded", "[unit]") {
  const Workload chain{.layers = {{"a", relu(4), {kData}}, {"b", relu(4), {0}}}};
  CHECK(fold(chain) == Folds{{0, 2, 1}});
  CHECK(fold({}).empty());
}

TEST_CASE("a folded layer's name leaves the block's number out", "[unit]") {
  const Workload workload = blocks({9, 9});
  CHECK(folded_name(workload, 2, 2) == "block.wide");
  CHECK(folded_name(workload, 2, 1) == "block-1.wide");
  CHECK(folded_name(workload, 0, 1) == "first");
  CHECK(block_name(workload, {1, 4, 2}) == "block");
  CHECK(block_name(workload, {5, 4, 1}) == "block-2");
  CHECK(block_name(workload, {0, 1, 1}).empty());
}

}  // namespace forerun
