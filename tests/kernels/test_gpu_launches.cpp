#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include "kernels/cuda/microbenchmarks/device_sets.hpp"
#include "kernels/cuda/microbenchmarks/launch_time.hpp"
#include "kernels/microbenchmarks/gpu_benchmarks.hpp"
#include "tests/kernels/dense_kernel.hpp"

using namespace forerun;

namespace {

/// False, with the one line by which ctest knows a skipped test, where there is no GPU.
bool has_device() {
  if (cuda::device_count() > 0) return true;
  std::cout << "skipped: no CUDA device is present\n";
  return false;
}

const cuda::LaunchEffort kBriefly{Seconds(1e-4), 3, 4, 2, Seconds(1e-4)};

std::vector<float> values_at(const float* device, std::size_t count) {
  std::vector<float> values(count);
  cuda::check(cudaMemcpy(values.data(), device, count * sizeof(float), cudaMemcpyDeviceToHost), "cudaMemcpy");
  return values;
}

}  // namespace

TEST_CASE("a launch is called before it counts, and as often again as repetitions need", "[gpu]") {
  if (!has_device()) return;
  const cuda::Context context;
  int calls = 0;
  const cuda::LaunchTimes times = cuda::time_launches(
      context, [&] { ++calls; }, kBriefly);
  CHECK(calls >= kBriefly.warm_up + 1 + kBriefly.fewest);
  CHECK(times.device.p10 > Seconds(0));
  CHECK(times.device.p10 <= times.device.median);
  CHECK(times.device.median <= times.device.p90);
  CHECK(times.issue < Seconds(1e-3));
}

TEST_CASE("first calls that are slow do not count", "[gpu]") {
  if (!has_device()) return;
  const cuda::Context context;
  cuda::LaunchEffort effort = kBriefly;
  effort.warm_up = 8;
  int calls = 0;
  const auto launch = [&] {
    if (calls++ < effort.warm_up) std::this_thread::sleep_for(std::chrono::milliseconds(3));
  };
  const cuda::LaunchTimes times = cuda::time_launches(context, launch, effort);
  CHECK(times.device.p90 < Seconds(1e-3));
  CHECK(times.issue < Seconds(1e-3));
}

TEST_CASE("a launch that throws is not measured", "[gpu]") {
  if (!has_device()) return;
  const cuda::Context context;
  CHECK_THROWS_WITH(cuda::time_launches(
                        context, [] { throw std::runtime_error("no launch"); }, kBriefly),
                    "no launch");
}

TEST_CASE("a kernel on a GPU goes from one set of its arrays to the next, all with the same numbers", "[gpu]") {
  if (!has_device()) return;
  const auto context = std::make_shared<cuda::Context>();
  cuda::DeviceArena arena;
  Microbenchmark benchmark{dense_kernel(3, 24, 16, Pass::forward), 3};
  cuda::DeviceLoad load(benchmark, context, arena);
  REQUIRE(load.sets().size() == 3);
  const std::vector<float> input = values_at(load.sets()[0].input, 3 * 24);
  const std::vector<float> before = values_at(load.sets()[0].output, 3 * 16);
  for (const float value : input) CHECK((value > -10 && value < 10));
  CHECK(input[0] != input[1]);
  for (std::size_t set = 0; set < 3; ++set) {
    CHECK(values_at(load.sets()[set].input, 3 * 24) == input);
    CHECK(values_at(load.sets()[set].output, 3 * 16) == before);
  }
  load.call();
  context->finish();
  const std::vector<float> after = values_at(load.sets()[0].output, 3 * 16);
  CHECK(after != before);
  CHECK(values_at(load.sets()[1].output, 3 * 16) == before);
  for (int call = 0; call < 2; ++call) load.call();
  context->finish();
  CHECK(values_at(load.sets()[2].output, 3 * 16) == after);
  for (const LayerBuffers& set : load.sets()) cuda::check(cudaMemset(set.output, 0, 4), "cudaMemset");
  load.call();  // the first set again
  context->finish();
  CHECK(values_at(load.sets()[0].output, 3 * 16) == after);
  CHECK(values_at(load.sets()[1].output, 1).front() == 0);
}

TEST_CASE("what is written for CUDA of the shipped list can be called by the GPU's microbenchmarks", "[gpu]") {
  if (!has_device()) return;
  const auto context = std::make_shared<cuda::Context>();
  cuda::DeviceArena arena;
  std::vector<std::pair<LayerKind, Pass>> called;
  for (Kernel kernel : read_kernel_list(R"(
dense: [{batch: [3], inputs: [24], outputs: [16]}]
conv2d: [{batch: [2], channels: [8], filters: [8], edge: [6], window: [3], stride: [1], padding: [1]}]
max-pool: [{batch: [2], channels: [8], edge: [6], window: [2], stride: [2]}]
average-pool: [{batch: [2], channels: [8], edge: [6], window: [2], stride: [2]}]
relu: [{batch: [2], elements: [40]}]
gelu: [{batch: [2], elements: [40]}]
dropout: [{batch: [2], elements: [40]}]
add: [{batch: [2], elements: [40]}]
batch-norm: [{batch: [2], channels: [8], edge: [5]}]
layer-norm: [{batch: [2], tokens: [5], channels: [24]}]
embedding: [{batch: [2], tokens: [5], rows: [9], channels: [16]}]
attention: [{batch: [1], tokens: [9], heads: [2], channels: [32], dropout: [0, 1]}]
softmax-cross-entropy: [{batch: [5], classes: [9]}]
update: [{inputs: [8], outputs: [9]}]
update-sgd: [{inputs: [8], outputs: [9]}]
update-adam: [{inputs: [8], outputs: [9]}]
update-adamw: [{inputs: [8], outputs: [9]}]
)",
                                        "list"))
    for (const Precision precision : {Precision::fp32, Precision::bf16}) {
      kernel.precision = precision;
      if (!cuda::offers(kernel)) continue;
      CAPTURE(to_string(kernel.shape.kind), to_string(kernel.pass), to_string(precision));
      cuda::DeviceLoad load({kernel, 2}, context, arena);
      for (int call = 0; call < 3; ++call) CHECK_NOTHROW(load.call());
      CHECK_NOTHROW(context->finish());
      called.emplace_back(kernel.shape.kind, kernel.pass);
    }
  CHECK(called.size() == 72);  // both precisions of everything that is written, attention with dropout and without
}
