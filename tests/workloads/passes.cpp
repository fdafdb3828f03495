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
  CHECK(position_of(0) == LayerPosition::first);
  CHECK(position_of(1) == LayerPosition::later);
}

TEST_CASE("layers without weights go forward and back", "[unit]") {
  const std::vector<Pass> both = {Pass::forward, Pass::backward_data};
  CHECK(list(LayerKind::relu, LayerPosition::later) == both);
  CHECK(list(LayerKind::max_pool, LayerPosition::later) == both);
  CHECK(list(LayerKind::softmax_cross_entropy, LayerPosition::later) == both);
}

}  // namespace forerun
