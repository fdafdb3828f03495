#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "kernels/microbenchmarks/kernel_arrays.hpp"
#include "kernels/microbenchmarks/shapes.hpp"
#include "tests/kernels/dense_kernel.hpp"
#include "workloads/formulas.hpp"
#include "workloads/shapes.hpp"

namespace forerun {

TEST_CASE("warm runs cycle through a kernel's own arrays, cold ones through more than 192 MiB") {
  const Kernel kernel = dense_kernel(48, 256, 128, Pass::forward);
  const double once = 4.0 * (48 * 256 + 48 * 128 + 257 * 128);
  const Microbenchmark warm = microbenchmark(kernel, Condition::warm);
  CHECK(warm.copies == 1);
  CHECK(warm.kernel.footprint == Bytes(once));
  const Microbenchmark cold = microbenchmark(kernel, Condition::cold);
  CHECK(cold.kernel.footprint > Bytes(192 * kMiB));
  CHECK(cold.kernel.footprint <= Bytes(192 * kMiB + once));
  CHECK(cold.kernel.footprint == Bytes(once * cold.copies));
}

TEST_CASE("a kernel that calculates much with each byte is measured cold alone") {
  const std::string text =
      "conv2d:\n  - {batch: [2], channels: [256], filters: [256], edge: [24], window: [3], stride: [1], padding: [1]}\n";
  const BenchmarkList list = read_benchmark_list(text, "list");
  REQUIRE(list.kernels.size() == 3);
  for (const Microbenchmark& benchmark : list.kernels) CHECK(benchmark == microbenchmark(benchmark.kernel, Condition::cold));
}

TEST_CASE("a kernel's arrays are those that its formula moves") {
  // The update moves five times its parameters, but touches three arrays; all other passes touch each operand once.
  for (const Pass pass : {Pass::forward, Pass::backward_weights}) {
    const Kernel kernel = dense_kernel(8, 30, 20, pass);
    CHECK(kernel_arrays(kernel).total() == bytes_moved(kernel));
  }
  CHECK(kernel_arrays(dense_kernel(8, 30, 20, Pass::update)).total() == Bytes(4.0 * 3 * 31 * 20));
  LayerDescription pool;
  pool.kind = LayerKind::max_pool;
  pool.window = pool.stride = 2;
  const Kernel backward{infer_shape({3, 8, 8}, pool), Pass::backward_data, 5, {}};
  CHECK(kernel_arrays(backward).total() == bytes_moved(backward));
  for (const LayerKind kind : {LayerKind::gelu, LayerKind::dropout, LayerKind::add})
    for (const Pass pass : {Pass::forward, Pass::backward_data}) {
      if (kind == LayerKind::add && pass == Pass::backward_data) continue;  // reads what it writes
      LayerShape shape{.kind = kind, .input = {3, 8, 8}, .output = {3, 8, 8}};
      if (kind == LayerKind::add) shape.operands = 3;
      CHECK(kernel_arrays({shape, pass, 5, {}}).total() == bytes_moved({shape, pass, 5, {}}));
    }
}

TEST_CASE("shipped lists hold every pass of every layer, warm and cold, and no batch that people use") {
  for (const char* name : {"shapes-quick.yaml", "shapes-full.yaml"}) {
    const BenchmarkList list = shipped_benchmark_list(name);
    for (const auto* kernels : {&list.kernels, &list.busy}) {
      std::set<std::pair<LayerKind, Pass>> seen;
      for (const Microbenchmark& benchmark : *kernels) {
        seen.insert({benchmark.kernel.shape.kind, benchmark.kernel.pass});
        for (const int usual : {16, 32, 64, 77, 96, 100, 128, 192, 200, 512})
          if (benchmark.kernel.batch == usual) FAIL(name << " measures batch " << usual);
      }
      CHECK(seen.size() == 31);  // three passes of four layers, two of nine, and the update
    }
    CHECK(list.kernels.size() > 600);
  }
}

TEST_CASE("a list of shapes with a wrong axis is refused where it stands") {
  const auto refused = [](const std::string& text, const std::string& what) {
    CHECK_THROWS_WITH(read_benchmark_list(text, "list"), Catch::StartsWith("list:") && Catch::Contains(what));
  };
  refused("relu:\n  - {batch: [8], element: [3]}\n", "element");
  refused("rellu:\n  - {batch: [8], elements: [3]}\n", "rellu");
  refused("relu:\n  - {batch: [0], elements: [3]}\n", "0");
  refused("relu:\n  - {batch: [], elements: [3]}\n", "without values");
  refused("attention:\n  - {batch: [2], tokens: [9], heads: [2], channels: [8], dropout: [2]}\n", "dropout");
  refused("attention:\n  - {batch: [2], tokens: [9], heads: [2]}\n", "channels");
  refused("add:\n  - {batch: [2], elements: [9], inputs: [1]}\n", "inputs");
  refused("conv2d:\n  - {batch: [2], channels: [6], filters: [6], edge: [9], window: [3], stride: [1], groups: [4]}\n", "groups");
  refused("average-pool:\n  - {batch: [2], channels: [6], edge: [2], window: [3], stride: [1]}\n", "window");
}

TEST_CASE("what an entry leaves out is usual: no padding, one group, two inputs, no dropout, momentum") {
  const auto first = [](const std::string& text) { return read_benchmark_list(text, "list").kernels.front().kernel; };
  const Kernel conv = first("conv2d:\n  - {batch: [2], channels: [6], filters: [9], edge: [7], window: [3], stride: [1]}\n");
  CHECK(conv.shape.output == TensorShape{9, 5, 5});
  CHECK(conv.shape.groups == 1);
  CHECK(first("add:\n  - {batch: [2], elements: [9]}\n").shape.operands == 2);
  const Kernel attention = first("attention:\n  - {batch: [2], tokens: [9], heads: [2], channels: [8]}\n");
  CHECK_FALSE(attention.shape.attention.dropout);
  CHECK(attention.shape.attention.keys == 9);
  CHECK(attention.shape.input == TensorShape{.channels = 16, .width = 9});
  CHECK(first("update:\n  - {inputs: [3], outputs: [4]}\n").optimizer == Optimizer::sgd_momentum);
  CHECK(first("update-adamw:\n  - {inputs: [3], outputs: [4]}\n").optimizer == Optimizer::adamw);
}

}  // namespace forerun
