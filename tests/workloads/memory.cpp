#include "workloads/memory.hpp"

#include <catch2/catch.hpp>

#include "tests/workloads/layers.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

Workload perceptron() {
  return {.layers = {{"d1", dense(6, 5), {kData}}, {"r", relu(5), {0}}, {"d2", dense(5, 4), {1}}, {"l", loss(4), {2}}}};
}

LayerShape of_kind(LayerKind kind) { return {.kind = kind, .input = {.channels = 6, .width = 5}, .output = {.channels = 6, .width = 5}}; }

}  // namespace

TEST_CASE("weights, gradients and optimizer take the published bytes a parameter, in every pair", "[paper]") {
  struct Row {
    Precision precision;
    double weight, gradient, master, state;  // state: of one moment
  };
  // Rajbhandari et al. 2020, sec. 3.1: 2 + 2 + 12 bytes for mixed Adam, of which 4 are the master weight and 8 the moments.
  // A dense layer's fp8 copies are 2 bytes more, in addition to its 16-bit weight.
  for (const Row& row : {Row{Precision::fp64, 8, 8, 0, 8}, Row{Precision::fp32, 4, 4, 0, 4}, Row{Precision::tf32, 4, 4, 0, 4},
                         Row{Precision::fp16, 2, 2, 4, 4}, Row{Precision::bf16, 2, 2, 4, 4}, Row{Precision::fp8, 4, 2, 4, 4}})
    for (const auto& [optimizer, moments] : {std::pair{Optimizer::sgd, 0},
                                             {Optimizer::sgd_momentum, 1},
                                             {Optimizer::adam, 2},
                                             {Optimizer::adamw, 2},
                                             {Optimizer::lbfgs, 20}}) {
      CAPTURE(to_string(row.precision), to_string(optimizer));
      Workload workload = perceptron();
      workload.precision = row.precision;
      workload.optimizer = optimizer;
      const StepMemory memory = step_memory(workload, 7);
      CHECK(memory.weights == Bytes(59 * row.weight));
      CHECK(memory.gradients == Bytes(59 * row.gradient));
      CHECK(memory.optimizer == Bytes(59 * (row.master + moments * row.state)));
    }
  const auto total = [](Precision precision, LayerKind kind, GradientPrecision gradients = GradientPrecision::computed) {
    return bytes_per_parameter({.precision = precision, .gradients = gradients, .optimizer = Optimizer::adam}, kind).total();
  };
  CHECK(total(Precision::bf16, LayerKind::dense) == 16);
  CHECK(total(Precision::fp8, LayerKind::layer_norm) == 16);
  CHECK(total(Precision::fp8, LayerKind::dense) == 18);
  CHECK(total(Precision::bf16, LayerKind::dense, GradientPrecision::fp32) == 18);
  CHECK(total(Precision::fp32, LayerKind::dense, GradientPrecision::fp32) == 16);
}

TEST_CASE("mixed precision halves what is kept, fp64 doubles it, and 16 bits read the data as they are", "[unit]") {
  Workload workload = perceptron();
  workload.input = {.channels = 6};
  const auto kept = [&](Precision precision) {
    workload.precision = precision;
    const StepMemory memory = step_memory(workload, 7);
    CHECK(memory.activation_gradients == Bytes(bytes_per_element(precision) * 7 * (5 + 5 + 4)));
    return memory.activations;
  };
  CHECK(kept(Precision::fp32) == Bytes(7 * (4 * 6 + 4 * 18)));
  CHECK(kept(Precision::bf16) == Bytes(7 * (4 * 6 + 2 * 18)));
  CHECK(kept(Precision::fp8) == Bytes(7 * (4 * 6 + 2 * 18)));
  CHECK(kept(Precision::fp64) == Bytes(7 * (8 * 6 + 8 * 18)));
}

TEST_CASE("a sample's values take fp64's bytes, its indices and ratings four", "[unit]") {
  Workload both{.input = {.channels = 10},
                .layers = {{"d", dense(6, 5), {kData}},
                           {"t", {.kind = LayerKind::embedding, .input = {.width = 4}, .output = {.channels = 3, .width = 4}}, {kData}},
                           {"l", loss(5), {0}}}};
  CHECK(sample_bytes(both) == Bytes(4 * 10));
  both.precision = Precision::fp64;
  CHECK(sample_bytes(both) == Bytes(8 * 6 + 4 * 4));
  both.precision = Precision::fp16;
  CHECK(sample_bytes(both) == Bytes(4 * 10));
  both.precision = Precision::fp64;
  both.layers.push_back(both.layers[1]);
  both.layers.push_back(both.layers[1]);
  CHECK(sample_bytes(both) == Bytes(4 * 10));  // three tables cannot look up more than there is
  both.layers[1].inputs = both.layers[3].inputs = both.layers[4].inputs = {0};
  CHECK(sample_bytes(both) == Bytes(8 * 10));
}

TEST_CASE("indices and masks keep their bytes in every precision", "[unit]") {
  CHECK(kept_bytes(pool(), Precision::bf16) == Bytes(12 * (2 + 4)));
  CHECK(kept_bytes(of_kind(LayerKind::dropout)) == Bytes(30 * (4 + 1)));
  CHECK(kept_bytes(of_kind(LayerKind::dropout), Precision::bf16) == Bytes(30 * (2 + 1)));
  CHECK(kept_bytes(of_kind(LayerKind::lstm), Precision::fp16) == Bytes(30 * 6 * 2));
  CHECK(kept_bytes(of_kind(LayerKind::reshape)) == Bytes(0));
}

TEST_CASE("half the bytes of a number are moved in half the precision, but by an update", "[unit]") {
  const auto bytes = [](Pass pass, Precision precision) {
    return bytes_moved({.shape = dense(6, 5), .pass = pass, .batch = 7, .footprint = {}, .precision = precision});
  };
  for (const Pass pass : {Pass::forward, Pass::backward_weights, Pass::backward_data}) {
    CHECK(bytes(pass, Precision::bf16) == 0.5 * bytes(pass, Precision::fp32));
    CHECK(bytes(pass, Precision::fp64) == 2 * bytes(pass, Precision::fp32));
  }
  CHECK(bytes(Pass::update, Precision::bf16) == bytes(Pass::update, Precision::fp32));
  CHECK(bytes(Pass::update, Precision::fp64) == 2 * bytes(Pass::update, Precision::fp32));
}

TEST_CASE("every optimizer's update has its own cost", "[unit]") {
  const auto update = [](Optimizer optimizer) {
    return Kernel{.shape = dense(6, 5), .pass = Pass::update, .batch = 7, .footprint = {}, .optimizer = optimizer};
  };
  const auto check = [&](Optimizer optimizer, double flop, double elements) {
    CHECK(flops(update(optimizer)).value() == flop * 35);
    CHECK(bytes_moved(update(optimizer)).value() == 4 * elements * 35);
  };
  check(Optimizer::sgd, 2, 3);
  check(Optimizer::sgd_momentum, 4, 5);
  check(Optimizer::adam, 10, 7);
  check(Optimizer::adamw, 12, 7);
  check(Optimizer::lbfgs, 82, 45);
}

TEST_CASE("frozen and tied parameters are held without gradients and state of their own", "[unit]") {
  Workload workload = perceptron();
  workload.optimizer = Optimizer::adam;
  workload.layers[0].frozen = true;
  const StepMemory frozen = step_memory(workload, 7);
  CHECK(frozen.weights == Bytes(4 * 59));
  CHECK(frozen.gradients == Bytes(4 * 24));
  CHECK(frozen.optimizer == Bytes(8 * 24));
  CHECK(frozen.activation_gradients == Bytes(4 * 7 * 4));
  workload.layers[2].tied_to = 0;
  CHECK(step_memory(workload, 7).weights == Bytes(4 * (35 + 4)));  // the biases are its own
}

TEST_CASE("a sparse embedding has gradients of the rows that a batch picked", "[unit]") {
  Workload workload{
      .layers = {{"table",
                  {.kind = LayerKind::embedding, .input = {}, .output = {.channels = 4}, .bias = false, .sparse = true, .rows = 1000},
                  {kData}}}};
  CHECK(step_memory(workload, 7).gradients == Bytes(4 * 7 * 4));
  CHECK(step_memory(workload, 7).weights == Bytes(4 * 4000));
  workload.layers[0].shape.sparse = false;
  CHECK(step_memory(workload, 7).gradients == Bytes(4 * 4000));
}

}  // namespace forerun
