#include "workloads/formulas.hpp"

#include <catch2/catch.hpp>

#include "tests/workloads/layers.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

double flop(const LayerShape& shape, Pass pass, std::int64_t batch = 7) {
  return flops({.shape = shape, .pass = pass, .batch = batch, .footprint = {}}).value();
}

/// In elements of four bytes.
double moved(const LayerShape& shape, Pass pass, std::int64_t batch = 7) {
  return bytes_moved({.shape = shape, .pass = pass, .batch = batch, .footprint = {}}).value() / 4;
}

}  // namespace

TEST_CASE("layers with weights count them and their biases, others have none", "[unit]") {
  CHECK(parameters(dense(6, 5)) == 6 * 5 + 5);
  CHECK(parameters(convolution()) == 3 * 2 * 2 * 2 + 3);
  CHECK(parameters(pool()) == 0);
  CHECK(parameters(relu(6)) == 0);
  CHECK(parameters(loss(6)) == 0);
  CHECK(parameter_bytes(dense(6, 5)) == Bytes(4 * 35));
}

TEST_CASE("a dense layer does a multiply-add per weight and sample, in three passes", "[unit]") {
  for (const Pass pass : {Pass::forward, Pass::backward_weights, Pass::backward_data}) CHECK(flop(dense(6, 5), pass) == 7 * 2 * 6 * 5);
  CHECK(forward_flops_per_sample(dense(6, 5)).value() == 60);
}

TEST_CASE("a convolution does a multiply-add per output, input channel and window cell, in three passes", "[unit]") {
  constexpr double kOutputs = 3 * 4 * 3;
  for (const Pass pass : {Pass::forward, Pass::backward_weights, Pass::backward_data})
    CHECK(flop(convolution(), pass) == 7 * 2 * kOutputs * 2 * (2 * 2));
}

TEST_CASE("layers without weights count comparisons and selections", "[unit]") {
  CHECK(flop(pool(), Pass::forward) == 7 * 12 * 9);
  CHECK(flop(pool(), Pass::backward_data) == 7 * 12);
  CHECK(flop(relu(6), Pass::forward) == 7 * 6);
  CHECK(flop(relu(6), Pass::backward_data) == 7 * 6);
  CHECK(flop(loss(6), Pass::forward) == 7 * 5 * 6);
  CHECK(flop(loss(6), Pass::backward_data) == 7 * 2 * 6);
  for (const LayerShape& shape : {pool(), relu(6), loss(6)}) {
    CHECK(flop(shape, Pass::backward_weights) == 0);
    CHECK(flop(shape, Pass::update) == 0);
    CHECK(moved(shape, Pass::backward_weights) == 0);
    CHECK(moved(shape, Pass::update) == 0);
  }
}

TEST_CASE("an update does two multiply-adds a parameter and moves five numbers, whatever the batch", "[unit]") {
  for (const std::int64_t batch : {1, 7}) {
    CHECK(flop(dense(6, 5), Pass::update, batch) == 4 * 35);
    CHECK(moved(dense(6, 5), Pass::update, batch) == 5 * 35);
    CHECK(flop(convolution(), Pass::update, batch) == 4 * 27);
    CHECK(moved(convolution(), Pass::update, batch) == 5 * 27);
  }
}

TEST_CASE("a dense layer moves its operands and results once", "[unit]") {
  CHECK(moved(dense(6, 5), Pass::forward) == 7 * 6 + 7 * 5 + 35);
  CHECK(moved(dense(6, 5), Pass::backward_weights) == 7 * 6 + 7 * 5 + 35);
  CHECK(moved(dense(6, 5), Pass::backward_data) == 7 * 5 + 7 * 6 + 30);
}

TEST_CASE("a convolution moves its operands and results once", "[unit]") {
  CHECK(moved(convolution(), Pass::forward) == 7 * 40 + 7 * 36 + 27);
  CHECK(moved(convolution(), Pass::backward_weights) == 7 * 40 + 7 * 36 + 27);
  CHECK(moved(convolution(), Pass::backward_data) == 7 * 40 + 7 * 36 + 24);
}

TEST_CASE("a pool moves its indices, a relu its input, a loss its labels", "[unit]") {
  CHECK(moved(pool(), Pass::forward) == 7 * 108 + 7 * 12 + 7 * 12);
  CHECK(moved(pool(), Pass::backward_data) == 7 * 12 + 7 * 12 + 7 * 108);
  CHECK(moved(relu(6), Pass::forward) == 7 * 6 + 7 * 6);
  CHECK(moved(relu(6), Pass::backward_data) == 3 * 7 * 6);
  CHECK(moved(loss(6), Pass::forward) == 7 * 6 + 7 * 6 + 7);
  CHECK(moved(loss(6), Pass::backward_data) == 7 * 6 + 7 * 6 + 7);
}

TEST_CASE("a layer keeps its output, a pool the indices too", "[unit]") {
  CHECK(kept_bytes(dense(6, 5)) == Bytes(4 * 5));
  CHECK(kept_bytes(convolution()) == Bytes(4 * 36));
  CHECK(kept_bytes(pool()) == Bytes(4 * 2 * 12));
}

TEST_CASE("a network's totals add up its layers", "[unit]") {
  const Workload workload{.name = "w",
                          .input = {.channels = 6},
                          .layers = {{"d1", dense(6, 5), {kData}}, {"r", relu(5), {0}}, {"d2", dense(5, 4), {1}}, {"l", loss(4), {2}}},
                          .batch = 0,
                          .samples = 0,
                          .precision = Precision::fp32,
                          .optimizer = Optimizer::sgd_momentum};
  CHECK(parameters(workload) == 35 + 24);
  CHECK(forward_flops_per_sample(workload).value() == 60 + 5 + 40 + 20);
  const StepMemory memory = step_memory(workload, 7);
  CHECK(memory.weights == Bytes(4 * 59));
  CHECK(memory.gradients == Bytes(4 * 59));
  CHECK(memory.optimizer == Bytes(4 * 59));
  CHECK(memory.activations == Bytes(4 * 7 * (6 + 5 + 5 + 4 + 4)));
  CHECK(memory.activation_gradients == Bytes(4 * 7 * (5 + 5 + 4)));
  CHECK(memory.total() == Bytes(4 * (3 * 59 + 7 * 24 + 7 * 14)));
  CHECK(step_footprint(workload, 7) == memory.total());
}

TEST_CASE("products beyond 64 bits do not wrap", "[limit]") {
  const std::int64_t wide = std::int64_t{1} << 40;
  CHECK(moved(relu(wide), Pass::forward, wide) == 2 * 1099511627776.0 * 1099511627776.0);
  CHECK(flop(relu(wide), Pass::forward, wide) == 1099511627776.0 * 1099511627776.0);
}

}  // namespace forerun

TEST_CASE("networks have as many parameter tensors as PyTorch's models list") {
  const auto tensors = [](const char* name) {
    int sum = 0;
    for (const auto& layer : forerun::load_workload({name, "--workload", 0, 0, ""}, {}).layers) sum += parameter_tensors(layer.shape);
    return sum;
  };
  CHECK(tensors("resnet50") == 161);  // 53 convolutions, 53 norms of two, the last layer's two
  CHECK(tensors("resnet18") == 62);
  CHECK(tensors("vgg16") == 32);
}
