#include <catch2/catch.hpp>
#include <set>
#include <tuple>

#include "core/error.hpp"
#include "kernels/microbenchmarks/gpu_benchmarks.hpp"
#include "kernels/microbenchmarks/kernel_arrays.hpp"
#include "kernels/microbenchmarks/set_layout.hpp"
#include "tests/kernels/dense_kernel.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

Kernel in_bf16(Kernel kernel) {
  kernel.precision = Precision::bf16;
  return kernel;
}

const GpuMemory kHopper = gpu_memory(Bytes(50e6), Bytes(80e9));

}  // namespace

TEST_CASE("a rotation on a GPU exceeds its cache twice, and the CPU's cold rotation") {
  CHECK(gpu_memory(Bytes(50e6), Bytes(80e9)).rotation == Bytes(192 * kMiB));
  CHECK(gpu_memory(Bytes(126e6), Bytes(80e9)).rotation == Bytes(252e6));
  for (const Microbenchmark& benchmark : gpu_benchmarks(shipped_kernel_list("shapes-gpu-quick.yaml"), kHopper)) {
    const Bytes footprint = benchmark.kernel.footprint;
    CHECK(footprint == benchmark.copies * Bytes(static_cast<double>(set_layout(benchmark.kernel).bytes)));
    if (benchmark.copies > 1) CHECK(footprint > kHopper.rotation);
    if (benchmark.copies == 1) CHECK((2 * footprint <= kHopper.cache || footprint > kHopper.rotation));
  }
}

TEST_CASE("a GPU measures each kernel in both precisions, small ones in the cache and cold, large ones cold") {
  const Kernel small = dense_kernel(24, 256, 128, Pass::forward), large = dense_kernel(6000, 4096, 4096, Pass::forward);
  const auto list = gpu_benchmarks(std::vector{small, large}, kHopper);
  REQUIRE(list.size() == 6);
  CHECK(list[0].copies == 1);
  CHECK(list[1].copies > 100);
  CHECK(list[2].copies == 1);  // 260 MB are cold by themselves
  CHECK(list[2].kernel.precision == Precision::fp32);
  CHECK(list[3].kernel.precision == Precision::bf16);
  CHECK(list[5].copies == 2);  // half of which a rotation of 192 MiB holds
  CHECK(gpu_benchmarks(std::vector{large}, gpu_memory(Bytes(50e6), Bytes(400e6))).size() == 0);
}

TEST_CASE("a set of arrays in bf16 has two bytes an activation, and beside the weights what products read") {
  const Kernel forward = dense_kernel(24, 256, 128, Pass::forward);
  CHECK(set_layout(forward).bytes == 4 * (24 * 256 + 24 * 128 + 257 * 128));
  CHECK(set_layout(in_bf16(forward)).bytes == 2 * (24 * 256 + 24 * 128) + 6 * 257 * 128);
  const Kernel weights = in_bf16(dense_kernel(24, 256, 128, Pass::backward_weights));
  CHECK(set_layout(weights).bytes == 2 * (24 * 256 + 24 * 128) + 4 * 257 * 128);
  const Kernel update = in_bf16(dense_kernel(24, 256, 128, Pass::update));
  CHECK(set_layout(update).bytes == (4 + 4 + 4 + 2) * 257 * 128);
}

TEST_CASE("the arrays of a set lie one behind the other, aligned, and are all that the kernel's formula names") {
  for (const Kernel& kernel : shipped_kernel_list("shapes-gpu-quick.yaml"))
    for (const Kernel& either : {kernel, in_bf16(kernel)}) {
      const SetLayout layout = set_layout(either);
      std::size_t end = 0;
      for (const SetArray& array : layout.arrays) {
        CHECK(array.offset % kSetAlignment == 0);
        CHECK(array.offset >= end);
        end = array.offset + static_cast<std::size_t>(array.elements) * static_cast<std::size_t>(array.element_bytes);
      }
      CHECK(end <= layout.bytes);
      std::vector<std::byte> nowhere;
      const LayerBuffers buffers = layout.buffers(nowhere.data());
      CHECK(buffers.further_inputs.size() == kernel_arrays(either).further_inputs.size());
    }
  std::vector<std::byte> memory(1);
  const LayerBuffers b = set_layout(dense_kernel(1, 64, 64, Pass::backward_data)).buffers(memory.data());
  CHECK(static_cast<const void*>(b.output_gradient) == memory.data());
  CHECK(reinterpret_cast<const std::byte*>(b.input_gradient) == memory.data() + 256);
  CHECK(reinterpret_cast<const std::byte*>(b.weights) == memory.data() + 512);
  CHECK(b.input == nullptr);
  CHECK(b.rounded_weights == nullptr);
}

TEST_CASE("a GPU's shipped lists hold every pass of every layer that is written, and no batch that people use") {
  std::size_t before = 300;
  for (const char* name : {"shapes-gpu-quick.yaml", "shapes-gpu-full.yaml"}) {
    std::set<std::tuple<LayerKind, Pass, Optimizer>> seen;
    const std::vector<Kernel> list = shipped_kernel_list(name);
    for (const Kernel& kernel : list) {
      seen.insert({kernel.shape.kind, kernel.pass, kernel.optimizer});
      for (const int usual : {16, 32, 64, 96, 100, 128, 192, 200, 256, 512})
        if (kernel.batch == usual) FAIL(name << " measures batch " << usual);
    }
    CHECK(seen.size() == 34);  // three passes of four layers, two of nine, and the updates by four optimizers
    CHECK(list.size() > before);
    before = 3 * list.size();
  }
}

TEST_CASE("a GPU's list with a wrong axis, or with busy neighbours, is refused where it stands") {
  CHECK_THROWS_WITH(read_kernel_list("relu:\n  - {batch: [8], element: [3]}\n", "list"),
                    Catch::StartsWith("list:2:") && Catch::Contains("element"));
  CHECK_THROWS_WITH(read_kernel_list("busy:\n  relu:\n    - {batch: [8], elements: [3]}\n", "list"),
                    Catch::StartsWith("list:1:") && Catch::Contains("busy"));
}

}  // namespace forerun
