#include "workloads/layer_costs.hpp"

#include <catch2/catch.hpp>

#include "tests/workloads/layers.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

Workload perceptron() {
  return {.input = {.channels = 6},
          .layers = {{"d1", dense(6, 5), {kData}}, {"r", relu(5), {0}}, {"d2", dense(5, 4), {1}}, {"l", loss(4), {2}}}};
}

}  // namespace

TEST_CASE("a network's costs are the sum of its layers'", "[unit]") {
  const Workload workload = perceptron();
  const std::vector<LayerCosts> layers = layer_costs(workload);
  REQUIRE(layers.size() == 4);
  CHECK(layers[0] == LayerCosts{35, Flops(60), Flops(60), Bytes(24), Bytes(140)});  // nothing reads the gradient of the data
  CHECK(layers[1] == LayerCosts{0, Flops(5), Flops(5), Bytes(20), Bytes(0)});
  CHECK(layers[2] == LayerCosts{24, Flops(40), Flops(80), Bytes(0), Bytes(96)});  // its input is what the relu keeps
  const LayerCosts sum = total(layers);
  CHECK(sum.parameters == parameters(workload));
  CHECK(sum.forward == forward_flops_per_sample(workload));
  CHECK(sum.backward == backward_flops_per_sample(workload));
  CHECK(sum.saved == layers[0].saved + layers[1].saved + layers[2].saved + layers[3].saved);
  CHECK(sum.weights == Bytes(4 * 59));
}

TEST_CASE("a layer that is frozen or tied costs what it still has", "[unit]") {
  Workload workload = perceptron();
  workload.precision = Precision::bf16;
  workload.layers[0].frozen = true;
  CHECK(layer_costs(workload)[0] == LayerCosts{35, Flops(60), Flops(0), Bytes(0), Bytes(70)});
  workload.layers[2].tied_to = 0;
  CHECK(layer_costs(workload)[2].parameters == 4);  // its biases
}

}  // namespace forerun
