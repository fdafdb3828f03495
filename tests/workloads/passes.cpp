#include <catch2/catch.hpp>
#include <vector>

#include "tests/workloads/layers.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

std::vector<Pass> list(LayerKind kind, LayerPosition position) {
  const Passes found = passes(kind, position);
  return {found.begin(), found.end()};
}

}  // namespace

TEST_CASE("layers with weights have four passes", "[unit]") {
  const std::vector<Pass> all = {Pass::forward, Pass::backward_weights, Pass::backward_data, Pass::update};
  CHECK(list(LayerKind::dense, LayerPosition::later) == all);
  CHECK(list(LayerKind::conv2d, LayerPosition::later) == all);
}

TEST_CASE("the first layer has no gradient of its data", "[unit]") {
  const std::vector<Pass> first = {Pass::forward, Pass::backward_weights, Pass::update};
  CHECK(list(LayerKind::dense, LayerPosition::first) == first);
  CHECK(list(LayerKind::conv2d, LayerPosition::first) == first);
  CHECK(list(LayerKind::relu, LayerPosition::first) == std::vector{Pass::forward});
}

TEST_CASE("a chain's first layer has no gradient of its data, a frozen start none at all", "[unit]") {
  Workload workload{.layers = {{"d1", dense(6, 5), {kData}}, {"r", relu(5), {0}}, {"d2", dense(5, 4), {1}}, {"l", loss(4), {2}}}};
  const auto counts = [&] {
    std::vector<int> each;
    for (const Passes& list : passes(workload)) each.push_back(list.count);
    return each;
  };
  CHECK(counts() == std::vector{3, 2, 4, 2});
  workload.layers[0].frozen = true;
  CHECK(counts() == std::vector{1, 1, 3, 2});
  workload.layers[2].tied_to = 0;
  CHECK(counts() == std::vector{1, 1, 2, 2});
}

TEST_CASE("a gradient flows back along every branch that something trained stands on", "[unit]") {
  Layer sum{"sum", relu(5), {1, 2}};
  sum.shape.kind = LayerKind::add;
  const Workload workload{.layers = {{"d1", dense(6, 5), {kData}}, {"left", relu(5), {0}}, {"right", relu(5), {kData}}, sum}};
  const std::vector<Passes> all = passes(workload);
  CHECK(all[1].count == 2);
  CHECK(all[2].count == 1);
  CHECK(all[3].count == 2);
}

TEST_CASE("no gradient flows to indices, and none to what is solved for", "[unit]") {
  CHECK(list(LayerKind::embedding, LayerPosition::later) == std::vector{Pass::forward, Pass::backward_weights, Pass::update});
  CHECK(list(LayerKind::least_squares, LayerPosition::later) == std::vector{Pass::forward});
  Layer table{"t", {.kind = LayerKind::embedding, .input = {}, .output = {.channels = 5}, .rows = 9}, {0}};
  table.frozen = true;
  const Workload workload{.layers = {{"d1", dense(6, 5), {kData}}, table, {"r", relu(5), {1}}}};
  const std::vector<Passes> all = passes(workload);
  CHECK(all[1].count == 1);
  CHECK(all[2].count == 1);
}

TEST_CASE("a view has no passes, and lets the gradient through", "[unit]") {
  const Layer view{"flatten", {.kind = LayerKind::reshape, .input = {5, 1, 1}, .output = {1, 5, 1}}, {0}};
  const Workload workload{.layers = {{"d1", dense(6, 5), {kData}}, view, {"r", relu(5), {1}}}};
  const std::vector<Passes> all = passes(workload);
  CHECK(all[1].count == 0);
  CHECK(all[2].count == 2);
}

TEST_CASE("layers without weights go forward and back", "[unit]") {
  const std::vector<Pass> both = {Pass::forward, Pass::backward_data};
  CHECK(list(LayerKind::relu, LayerPosition::later) == both);
  CHECK(list(LayerKind::max_pool, LayerPosition::later) == both);
  CHECK(list(LayerKind::softmax_cross_entropy, LayerPosition::later) == both);
}

}  // namespace forerun
