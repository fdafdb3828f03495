#include <catch2/catch.hpp>
#include <ctime>
#include <functional>
#include <iostream>
#include <string>

#include "tests/support/folder.hpp"
#include "tests/workloads/chakra/trace_bytes.hpp"
#include "tests/workloads/hostile.hpp"
#include "tests/workloads/onnx/model.hpp"
#include "workloads/chakra/read.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

constexpr int kNodes = 10'000;

/// Runs a reader, prints what it takes of a core and holds that to the bound of a second.
void timed(const std::string& what, const std::function<void()>& read) {
  const std::clock_t began = std::clock();
  read();
  const double seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  std::cout << what << ": " << seconds << " s\n";
  CHECK(seconds < test::kMostSeconds);
}

std::string numbered(const std::string& name, int number) { return name + std::to_string(number); }

/// Residual blocks of five nodes, each with weights of its own; written last block first where they are `reversed`.
test::Model residual_network(bool reversed) {
  test::Model m;
  m.input("t0", {"batch", 8, 16, 16}).output(numbered("t", kNodes / 5));
  for (int i = 0; i < kNodes / 5; ++i) {
    const int block = reversed ? kNodes / 5 - 1 - i : i;
    const std::string n = std::to_string(block);
    m.weight("w" + n, {8, 8, 3, 3}).weight("b" + n, {8});
    for (const char* name : {"scale", "shift", "mean", "variance"}) m.weight(name + n, {8});
    m.node("Conv", {"t" + n, "w" + n, "b" + n}, "conv" + n,
           {test::list("kernel_shape", {3, 3}), test::list("pads", {1, 1, 1, 1}), test::list("strides", {1, 1})});
    m.node("BatchNormalization", {"conv" + n, "scale" + n, "shift" + n, "mean" + n, "variance" + n}, "norm" + n,
           {test::real("epsilon", 1e-5F)});
    m.node("Relu", {"norm" + n}, "relu" + n);
    m.node("Add", {"relu" + n, "t" + n}, "sum" + n);
    m.node("Relu", {"sum" + n}, numbered("t", block + 1));
  }
  return m;
}

}  // namespace

TEST_CASE("an ONNX graph of 10,000 nodes is imported within a second, in whatever order they stand", "[limit]") {
  for (const bool reversed : {false, true}) {
    const Folder folder;
    const std::string path = (folder / "m.onnx").string();
    put(path, residual_network(reversed).bytes());
    timed(reversed ? "10,000 ONNX nodes in reverse" : "10,000 ONNX nodes", [&] {
      const Workload workload = load_workload({.value = path, .file = "--workload"}, {});
      CHECK(workload.layers.size() == kNodes + 1);
    });
  }
}

TEST_CASE("a description of 10,000 layers is read within a second", "[limit]") {
  std::string text = "input: {channels: 8, height: 16, width: 16}\nlayers:\n";
  for (int i = 0; i < kNodes / 2 - 1; ++i) {
    const std::string from = i == 0 ? "input" : numbered("sum", i - 1);
    text += "- {kind: conv2d, name: " + numbered("conv", i) + ", from: " + from +
            ", channels: 8, window: [3, 3], stride: 1, padding: 1, bias: false}\n";
    text += "- {kind: add, name: " + numbered("sum", i) + ", from: [" + numbered("conv", i) + ", " + from + "]}\n";
  }
  text += "- {kind: dense, outputs: 10}\n- {kind: softmax-cross-entropy}\n";
  const Folder folder;
  const std::string path = (folder / "n.yaml").string();
  put(path, text);
  timed("10,000 layers of YAML", [&] {
    const Workload workload = load_workload({.value = path, .file = "--workload"}, {});
    CHECK(workload.layers.size() == kNodes);
  });
}

TEST_CASE("a Chakra trace of 10,000 nodes is read within a second", "[limit]") {
  using namespace test;
  std::string bytes = trace({NodeBytes(0, compute).micros(1)});
  for (std::uint64_t id = 1; id < kNodes; ++id)
    bytes += (id % 3 == 0 ? comm(id, all_reduce, 8) : NodeBytes(id, compute).micros(1)).after({id - 1, id / 2}).framed();
  const Folder folder;
  put_traces(folder, {bytes, bytes});
  timed("two ranks of 10,000 Chakra nodes", [&] {
    const StepPlan plan = chakra::read_trace({.value = (folder / "t.0.et").string(), .file = "--workload"}, {});
    CHECK(plan.operations.size() == kNodes);
  });
}

}  // namespace forerun
