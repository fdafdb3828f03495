#include "costs/loading.hpp"

#include <catch2/catch.hpp>

using namespace forerun;

namespace {

/// A million samples of 100 kB, 100 GB in all, read by two nodes of four GPUs.
Scenario reading() {
  Scenario scenario;
  scenario.workload.name = "images";
  scenario.workload.samples = 1'000'000;
  scenario.workload.batch = 800;
  scenario.workload.input = {3, 100, 100};
  scenario.workload.files.sample = Bytes(1e5);
  scenario.strategy.data = 8;
  scenario.platform.nodes = 2;
  scenario.platform.devices_per_node = 4;
  scenario.platform.memory_per_node = Bytes(60e9);
  scenario.platform.device_memory = Bytes(16e9);
  scenario.platform.data = Storage{.name = "disk", .read = {BytesPerSecond(1e9), 0, {}, {}}};
  return scenario;
}

}  // namespace

TEST_CASE("later epochs come from the page cache where a node's share of the files fits into its memory", "[unit]") {
  Scenario scenario = reading();
  CHECK(later_source(scenario, {}) == SampleSource::pages);
  scenario.platform.memory_per_node = Bytes(49e9);
  CHECK(later_source(scenario, {}) == SampleSource::storage);
  scenario = reading();
  scenario.input.cache = SampleCache::none;
  CHECK(later_source(scenario, {}) == SampleSource::storage);
  scenario = reading();
  scenario.platform.data->kind = Storage::Kind::object_store;
  CHECK(later_source(scenario, {}) == SampleSource::storage);
}

TEST_CASE("samples are shared by the nodes of a pipeline's first stage, full or not", "[unit]") {
  Scenario scenario = reading();
  scenario.strategy.data = 6;
  CHECK(later_source(scenario, {}) == SampleSource::pages);
  scenario.strategy.data = 4;
  CHECK(later_source(scenario, {}) == SampleSource::storage);
  scenario.strategy.pipeline = 2;
  CHECK(later_source(scenario, {}) == SampleSource::storage);
  scenario.strategy.tensor = 2;
  CHECK(later_source(scenario, {}) == SampleSource::pages);
}

TEST_CASE("on a CPU platform the page cache has what the ranks leave of the node's memory", "[unit]") {
  Scenario scenario = reading();
  scenario.platform.device_memory = Bytes(0);
  CHECK(later_source(scenario, {}) == SampleSource::pages);
  CHECK(later_source(scenario, {.weights = Bytes(3e9)}) == SampleSource::storage);
  // Two ranks of a node of four, which reads all 100 GB.
  scenario.strategy.data = 2;
  scenario.platform.memory_per_node = Bytes(107e9);
  CHECK(later_source(scenario, {.weights = Bytes(3e9)}) == SampleSource::pages);
  CHECK(later_source(scenario, {.weights = Bytes(4e9)}) == SampleSource::storage);
}

TEST_CASE("decoded samples are kept at four bytes an element, or not at all", "[unit]") {
  Scenario scenario = reading();
  scenario.input.cache = SampleCache::memory;
  // 120 kB each, 60 GB a node.
  CHECK(later_source(scenario, {}) == SampleSource::memory);
  scenario.platform.memory_per_node = Bytes(59e9);
  CHECK(later_source(scenario, {}) == SampleSource::storage);
}

TEST_CASE("what is not known is not cached", "[unit]") {
  Scenario scenario = reading();
  scenario.workload.samples = 0;
  CHECK(later_source(scenario, {}) == SampleSource::storage);
  scenario = reading();
  scenario.platform.memory_per_node = Bytes(0);
  CHECK(later_source(scenario, {}) == SampleSource::storage);
}

TEST_CASE("filling a shuffle buffer takes as long as loading so many samples", "[unit]") {
  Scenario scenario = reading();
  scenario.input.shuffle_buffer = 10'000;
  StepPlan plan;
  plan.lanes = {{"compute", LaneKind::compute}, {"storage", LaneKind::storage}, {"input", LaneKind::input}};
  plan.operations.resize(3);
  for (int i = 0; i < 3; ++i) plan.operations[i].lane = i;
  // A process loads 100 samples a step: reads them in 0.2 s, decodes them in 0.5 s.
  const std::vector<OperationCost> costs{{.latency = Seconds(9)}, {.latency = Seconds(0.2)}, {.latency = Seconds(0.5)}};
  CHECK(shuffle_fill(scenario, plan, costs).value() == Approx(50));
  // No more than there are: a process has 125,000.
  scenario.input.shuffle_buffer = 1'000'000;
  CHECK(shuffle_fill(scenario, plan, costs).value() == Approx(625));
  scenario.workload.samples = 0;
  CHECK(shuffle_fill(scenario, plan, costs).value() == Approx(5000));
  scenario.input.shuffle_buffer = 0;
  CHECK(shuffle_fill(scenario, plan, costs) == Seconds(0));
}

TEST_CASE("where no epoch is cached a prediction says why", "[unit]") {
  Scenario scenario = reading();
  const auto expect = [&](const std::string& why) {
    CHECK(loading_assumptions(scenario, SampleSource::storage).back() == "every epoch reads its samples from storage: " + why);
  };
  scenario.platform.memory_per_node = Bytes(32 * 1024.0 * 1024 * 1024);
  expect("46.6 GiB of samples a node do not fit into its 32.0 GiB beside the job");
  scenario.input.cache = SampleCache::memory;
  expect("55.9 GiB of decoded samples a node do not fit into its 32.0 GiB beside the job");
  scenario.platform.memory_per_node = Bytes(0);
  expect("memory-per-node is not known");
  scenario.input.cache = SampleCache::page;
  scenario.platform.data->kind = Storage::Kind::object_store;
  expect("no page cache keeps objects of " + scenario.platform.data->name);
  scenario.input.cache = SampleCache::none;
  expect("input.cache=none");
}

TEST_CASE("a prediction of the first epoch alone says nothing of later ones", "[unit]") {
  const auto last = [](std::optional<SampleSource> later) { return loading_assumptions(reading(), later).back(); };
  CHECK(last({}) == "samples are read from storage, as in the first epoch of a run");
  CHECK(last(SampleSource::pages) ==
        "from the second epoch on samples come from the page cache, 46.6 GiB a node, and each node reads the same ones");
  CHECK(last(SampleSource::memory) == "from the second epoch on decoded samples come from memory, and each node reads the same ones");
}
