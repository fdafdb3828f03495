#include "strategies/input.hpp"

#include "core/error.hpp"
#include "tests/strategies/lowered.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

Scenario reading(const char* strategy, int nodes, int devices_per_node = 1, const char* workload = "vgg11-cifar10") {
  Scenario s = scenario(workload, 64, strategy, nodes, devices_per_node);
  s.platform.memory_per_node = Bytes(1e15);
  s.platform.data = Storage{.name = "disk", .read = {BytesPerSecond(1e9), 0, {}, {}}};
  s.workload.files = {Bytes(1e5), 4, Seconds(2e-3)};
  return s;
}

const DiskAccess& access_of(const StepPlan& plan) { return std::get<DiskAccess>(plan.operations[0].work); }

/// The offset at which an operation waits for another; -1 where it does not.
int offset_to(const StepPlan& plan, int waiter, int operation) {
  const Operation& waiting = plan.operations[waiter];
  for (int d = 0; d < waiting.dependency_count; ++d)
    if (const Dependency& after = plan.dependencies[waiting.first_dependency + d]; after.operation == operation) return after.offset;
  return -1;
}

}  // namespace

TEST_CASE("each process reads the samples of its steps, on a lane of their own") {
  Scenario s = reading("data=4", 2, 2);
  s.input.readers = 2;
  const StepPlan plan = plan_of(s);
  CHECK(plan.operations[0].kind() == OperationKind::disk);
  CHECK(plan.lanes[plan.operations[0].lane].kind == LaneKind::storage);
  const DiskAccess& access = access_of(plan);
  CHECK(access.rank == DiskAccess::Demand{Bytes(16e5), 4});
  CHECK(access.node == DiskAccess::Demand{Bytes(32e5), 8});
  CHECK(access.all == DiskAccess::Demand{Bytes(64e5), 16});
  CHECK(access.opens == 2);
  CHECK(access.connections == 2);
  CHECK(access.communicator == -1);
}

TEST_CASE("no more files are waited for at once than those of the steps that are under way") {
  // Sixteen samples of a process in four files, or each in one of its own.
  Scenario s = reading("data=4", 4);
  const auto expect = [&](int readers, int ahead, double opens, double connections) {
    INFO(readers << " readers, " << ahead << " ahead");
    s.input.readers = readers, s.input.prefetch = ahead;
    const StepPlan plan = plan_of(s);
    CHECK(access_of(plan).opens == Approx(opens));
    CHECK(access_of(plan).connections == Approx(connections));
    CHECK(access_of(plan).ahead == (ahead > 0));
  };
  expect(4, 0, 1, 4);
  expect(100, 0, 1, 16);
  expect(8, 1, 0.5, 8);
  expect(100, 1, 0.5, 32);
  expect(100, 3, 0.25, 64);
  s.workload.files.per_file = 1;
  expect(10, 0, 1.6, 10);
  expect(100, 0, 1, 16);
  // A file lasts for two steps: one is opened every other step, and hides behind nothing without prefetching.
  s.workload.files.per_file = 32;
  expect(1, 0, 0.5, 1);
  expect(100, 0, 0.5, 16);
  expect(100, 3, 0.25, 64);
}

TEST_CASE("a file takes as many requests as it is larger than one") {
  Scenario s = reading("data=4", 4);
  s.platform.data->request = Bytes(1.5e5);
  // Four files of 400 kB.
  CHECK(access_of(plan_of(s)).rank.requests == Approx(12));
  s.platform.data->request = Bytes(1e9);
  CHECK(access_of(plan_of(s)).rank.requests == Approx(4));
}

TEST_CASE("ranks that share samples read them once together") {
  for (const char* strategy : {"data=2,tensor=2", "data=2,context=2"}) {
    INFO(strategy);
    const StepPlan plan = plan_of(reading(strategy, 4, 1, "gpt2"));
    const DiskAccess& access = access_of(plan);
    CHECK(access.all.bytes.value() == Approx(64e5));
    CHECK(access.rank.bytes.value() == Approx(16e5));
    CHECK(access.opens == 8);
    CHECK(access.connections == 0.5);
  }
  Scenario stages = reading("data=2,pipeline=2,micro-batches=4", 4);
  CHECK(access_of(plan_of(stages)).all.bytes.value() == Approx(64e5));
}

TEST_CASE("decoding goes on beside reading, and a step begins after both") {
  Scenario s = reading("data=4", 4);
  s.input.decode_workers = 4;
  const StepPlan plan = plan_of(s);
  CHECK(plan.operations[1].name == "decode");
  CHECK(std::get<Delay>(plan.operations[1].work).duration.value() == Approx(16 * 2e-3 / 4));
  CHECK(plan.operations[2].name == "begin");
  for (const int load : {0, 1}) CHECK(offset_to(plan, 2, load) == 0);
}

TEST_CASE("prefetching is so many steps ahead, and none at all waits for the step before") {
  for (const int ahead : {1, 5}) {
    Scenario s = reading("data=4", 4);
    s.input.prefetch = ahead;
    const StepPlan plan = plan_of(s);
    for (const int load : {0, 1}) CHECK(offset_to(plan, load, 2) == ahead);
  }
  for (const char* strategy : {"data=4", "data=2,pipeline=2,micro-batches=4", "data=4,zero=1", "data=4,runtime=pytorch-fsdp"}) {
    INFO(strategy);
    Scenario s = reading(strategy, 4);
    s.input.prefetch = 0;
    const StepPlan plan = plan_of(s);
    int last = -1;
    for (int i = 0; i < static_cast<int>(plan.operations.size()); ++i)
      if (plan.operations[i].lane == plan.compute_lane && plan.operations[i].rank_class == 0) last = i;
    for (const int load : {0, 1}) {
      CHECK(offset_to(plan, load, last) == 1);
      CHECK(offset_to(plan, load, 2) == -1);
    }
  }
}

TEST_CASE("a loader with a rate is one step ahead") {
  Scenario s = reading("data=4", 4);
  s.platform.data.reset();
  s.platform.loader_rate = 100;
  s.input.prefetch = 5;
  const StepPlan plan = plan_of(s);
  CHECK(plan.operations[0].name == "load");
  CHECK(std::get<Delay>(plan.operations[0].work).duration.value() == Approx(0.16));
  CHECK(offset_to(plan, 1, 0) == 0);
  CHECK(offset_to(plan, 0, 1) == 1);
}

TEST_CASE("samples that are in memory need no reading, and decoded ones nothing") {
  Scenario s = reading("data=4", 4);
  s.input.source = SampleSource::pages;
  CHECK(plan_of(s).operations[0].name == "decode");
  s.input.source = SampleSource::memory;
  const StepPlan ready = plan_of(s);
  Scenario without = s;
  without.platform.data.reset();
  CHECK(ready == plan_of(without));
}

TEST_CASE("samples of no size cannot be read, nor by workers of parameter servers") {
  Scenario s = reading("data=4", 4);
  s.workload.files.sample = Bytes(0);
  CHECK_THROWS_WITH(lower(s), Catch::Contains("workload.sample-bytes"));
  CHECK_THROWS_AS(lower(reading("data=2,servers=1,runtime=tf-parameter-server", 4)), MissingCapability);
}
