#include "strategies/checkpoint.hpp"

#include "core/error.hpp"
#include "strategies/run_times.hpp"
#include "tests/strategies/lowered.hpp"
#include "workloads/formulas.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

constexpr const char* kModel = "vgg11-cifar10";

Scenario writing(const char* strategy, int nodes, int devices_per_node = 1, const char* workload = kModel) {
  Scenario s = scenario(workload, 64, strategy, nodes, devices_per_node);
  s.platform.memory_per_node = Bytes(1e15);
  s.platform.checkpoints = Storage{.name = "disk", .write = {BytesPerSecond(1e9), 0, {}, {}}};
  s.run.checkpoints.interval = 5;
  return s;
}

StepPlan checkpointed(const Scenario& s) {
  const StepPlan plan = lower_checkpoint(s, plan_of(s), 5);
  CHECK(find_defect(plan).empty());
  return plan;
}

std::vector<DiskAccess> writes(const StepPlan& plan) {
  std::vector<DiskAccess> found;
  for (const Operation& operation : plan.operations)
    if (const auto* access = std::get_if<DiskAccess>(&operation.work)) found.push_back(*access);
  return found;
}

/// Parameters and momentum in float32.
double state_bytes(const char* workload) {
  const Workload network = load_workload({workload, "test", 0, 0, ""}, {});
  double parameters = 0;
  for (const Layer& layer : network.layers) parameters += static_cast<double>(trained_parameters(layer));
  return 8 * parameters;
}

}  // namespace

TEST_CASE("one of the ranks that hold the same writes parameters and optimizer state") {
  const std::vector<DiskAccess> all = writes(checkpointed(writing("data=4", 2, 2)));
  REQUIRE(all.size() == 1);
  CHECK(all[0].communicator >= 0);
  CHECK(all[0].rank.bytes.value() == Approx(state_bytes(kModel)));
  CHECK(all[0].node == all[0].rank);
  CHECK(all[0].all == all[0].rank);
  CHECK(all[0].opens == 1);
  CHECK(all[0].rank.requests == 1);
  CHECK(writes(checkpointed(writing("serial", 1))).at(0).communicator == -1);
}

TEST_CASE("what ZeRO shares out each rank writes itself, and the checkpoint is as large as without") {
  for (const char* zero : {"0", "1", "2", "3"}) {
    INFO(zero);
    const std::string strategy = std::string("data=4,runtime=") + (*zero == '3' ? "pytorch-fsdp" : "forerun,zero=" + std::string(zero));
    const std::vector<DiskAccess> all = writes(checkpointed(writing(strategy.c_str(), 2, 2)));
    CHECK(all.size() == (*zero == '1' || *zero == '2' ? 2U : 1U));
    double sum = 0;
    for (const DiskAccess& write : all) sum += write.all.bytes.value();
    CHECK(sum == Approx(state_bytes(kModel)));
    if (*zero != '0') {
      CHECK(all.back().communicator == -1);
      CHECK(all.back().node.bytes.value() == Approx(2 * all.back().rank.bytes.value()));
    }
  }
}

TEST_CASE("one rank alone writes one file, however its state would be shared out") {
  for (const char* zero : {"1", "3"}) {
    const std::string strategy = std::string("data=1,runtime=") + (*zero == '3' ? "pytorch-fsdp" : "forerun,zero=1");
    CHECK(writes(checkpointed(writing(strategy.c_str(), 1))).size() == 1);
  }
}

TEST_CASE("of each group that holds the same one rank writes, in requests of the storage's size") {
  Scenario s = writing("data=2,tensor=2,runtime=megatron", 2, 2, "gpt2");
  s.platform.checkpoints->request = Bytes(1e6);
  const DiskAccess write = writes(checkpointed(s)).at(0);
  CHECK(write.rank.requests == std::ceil(write.rank.bytes.value() / 1e6));
  CHECK(write.node == 2.0 * write.rank);
  CHECK(write.all == 2.0 * write.rank);
}

TEST_CASE("stages write their own layers at once") {
  const StepPlan plan = checkpointed(writing("data=2,pipeline=2,micro-batches=4", 2, 2));
  const std::vector<DiskAccess> all = writes(plan);
  REQUIRE(all.size() == 2);
  CHECK(all[0].rank.bytes + all[1].rank.bytes == all[0].all.bytes);
  CHECK(all[0].all == all[1].all);
  CHECK(all[0].all.bytes.value() == Approx(state_bytes(kModel)));
  CHECK(all[0].node.bytes == std::max(all[0].rank.bytes, all[1].rank.bytes));
}

TEST_CASE("a stage without parameters opens no file") {
  const auto layers = load_workload({"mlp", "test", 0, 0, ""}, {}).layers.size();
  const std::string strategy = "micro-batches=8,pipeline=" + std::to_string(layers);
  const std::vector<DiskAccess> all = writes(checkpointed(writing(strategy.c_str(), static_cast<int>(layers), 1, "mlp")));
  REQUIRE(all.size() == layers);
  CHECK(std::ranges::any_of(all, [](const DiskAccess& write) { return write.rank.bytes == Bytes(0); }));
  for (const DiskAccess& write : all) CHECK(write.opens == (write.rank.bytes > Bytes(0) ? 1 : 0));
}

TEST_CASE("the next step waits for a synchronous checkpoint, an asynchronous one only for its copy") {
  Scenario s = writing("data=2", 2);
  const StepPlan waits = checkpointed(s);
  CHECK(waits.operations.back().name == "written");
  const Operation& first = waits.operations[0];
  const Dependency& after = waits.dependencies[first.first_dependency + first.dependency_count - 1];
  CHECK(after == Dependency{static_cast<int>(waits.operations.size()) - 1, 1});
  s.run.checkpoints.mode = CheckpointMode::asynchronous;
  s.platform.host_link = BytesPerSecond(1e9);
  const StepPlan beside = checkpointed(s);
  const Operation& snapshot = beside.operations[beside.operations.size() - 2];
  CHECK(snapshot.name == "snapshot");
  CHECK(snapshot.lane == beside.compute_lane);
  CHECK(std::get<Delay>(snapshot.work).duration.value() == Approx(state_bytes(kModel) / 1e9));
  CHECK(beside.operations[0].dependency_count == plan_of(s).operations[0].dependency_count);
}

TEST_CASE("no lane of the next step begins before a synchronous checkpoint or a copy is through, but for a loader that is ahead") {
  for (const char* strategy :
       {"data=4", "data=4,zero=1,runtime=megatron", "data=4,runtime=pytorch-fsdp", "data=2,tensor=2", "data=2,pipeline=2,micro-batches=4"})
    for (const CheckpointMode mode : {CheckpointMode::synchronous, CheckpointMode::asynchronous})
      for (const int ahead : {0, 1}) {
        INFO(strategy << " " << to_string(mode) << " " << ahead);
        Scenario s = writing(strategy, 4, 1, "gpt2");
        s.platform.data = Storage{.name = "data", .read = {BytesPerSecond(1e9), 0, {}, {}}};
        s.workload.files = {Bytes(1e5), 1, Seconds(1e-3)};
        s.input.prefetch = ahead;
        s.run.checkpoints.mode = mode;
        const int steps = static_cast<int>(plan_of(s).operations.size());
        const StepPlan plan = checkpointed(s);
        std::vector<bool> begun(plan.lanes.size());
        for (int i = 0; i < steps; ++i) {
          const Operation& operation = plan.operations[i];
          if (begun[operation.lane] || operation.kind() == OperationKind::transfer || operation.rank_class > 0) continue;
          begun[operation.lane] = true;
          const LaneKind kind = plan.lanes[operation.lane].kind;
          const bool loads = kind == LaneKind::input || kind == LaneKind::storage;
          const bool behind = operation.lane == plan.compute_lane && mode == CheckpointMode::asynchronous;
          const auto first = plan.dependencies.begin() + operation.first_dependency;
          const bool waits = std::any_of(first, first + operation.dependency_count,
                                         [&](const Dependency& after) { return after.operation >= steps && after.offset == 1; });
          CHECK(waits == (!behind && (!loads || ahead == 0)));
        }
      }
  const StepPlan sharded = checkpointed(writing("data=4,runtime=pytorch-fsdp", 4));
  const Operation& gather = sharded.operations[0];
  REQUIRE(gather.name == "all_gather");
  CHECK(sharded.dependencies[gather.first_dependency + gather.dependency_count - 1] ==
        Dependency{static_cast<int>(sharded.operations.size()) - 1, 1});
}

TEST_CASE("replicas go on together, whether one of them writes or all") {
  for (const char* strategy : {"data=4", "data=4,zero=1", "data=4,runtime=pytorch-fsdp", "data=2,pipeline=2,micro-batches=4"}) {
    INFO(strategy);
    const Scenario s = writing(strategy, 2, 2);
    const int steps = static_cast<int>(plan_of(s).operations.size());
    const StepPlan plan = checkpointed(s);
    std::ptrdiff_t barriers = 0;
    for (int i = steps; i < static_cast<int>(plan.operations.size()); ++i) barriers += plan.operations[i].name == "written" ? 1 : 0;
    CHECK(barriers == std::ssize(plan.classes));
  }
  CHECK(checkpointed(writing("pipeline=2,micro-batches=4", 2)).operations.back().name == "write");
  const StepPlan plan = checkpointed(writing("data=4", 2, 2));
  const Operation& written = plan.operations.back();
  REQUIRE(written.dependency_count == 1);
  CHECK(plan.dependencies[written.first_dependency] == Dependency{static_cast<int>(plan.operations.size()) - 2, 0});
}

TEST_CASE("a checkpoint begins once the weights that ZeRO shares out are gathered again") {
  for (const CheckpointMode mode : {CheckpointMode::synchronous, CheckpointMode::asynchronous}) {
    Scenario s = writing("data=4,zero=1,runtime=megatron", 2, 2);
    s.run.checkpoints.mode = mode;
    const int steps = static_cast<int>(plan_of(s).operations.size());
    const StepPlan plan = checkpointed(s);
    const Operation& begins = plan.operations[steps];
    CHECK(begins.name == (mode == CheckpointMode::synchronous ? "write" : "snapshot"));
    bool waits = false;
    for (int d = 0; d < begins.dependency_count; ++d) {
      const Dependency& after = plan.dependencies[begins.first_dependency + d];
      waits = waits || (plan.operations[after.operation].name.find("gather") != std::string_view::npos && after.offset == 0);
    }
    CHECK(waits);
  }
}

TEST_CASE("a rank copies all that it writes to the host, its own share too") {
  Scenario s = writing("data=4,zero=1", 2, 2);
  s.run.checkpoints.mode = CheckpointMode::asynchronous;
  s.platform.host_link = BytesPerSecond(1e9);
  // Parameters, and a quarter of as much momentum.
  const StepPlan plan = checkpointed(s);
  const Operation& snapshot = plan.operations[plan_of(s).operations.size()];
  CHECK(std::get<Delay>(snapshot.work).duration.value() == Approx(state_bytes(kModel) / 2 * 1.25 / 1e9));
}

TEST_CASE("a checkpoint alone takes as long as the stage that writes longest, one part after another") {
  StepPlan plan;
  plan.ranks = 2;
  plan.classes = {{"first", 0, 1, 1}, {"last", 1, 1, 1}};
  plan.lanes = {{"compute", LaneKind::compute}, {"checkpoint", LaneKind::storage}};
  const auto write = [&](int stage, double gigabytes) {
    DiskAccess access;
    access.direction = DiskAccess::Direction::write;
    access.rank = access.node = {Bytes(1e9 * gigabytes), 1};
    access.all = {Bytes(7e9), 1};
    Operation operation;
    operation.rank_class = stage, operation.lane = 1, operation.work = access;
    plan.operations.push_back(operation);
  };
  write(0, 9);
  for (const double gigabytes : {2.0, 3.0}) write(0, gigabytes);
  for (const double gigabytes : {1.0, 3.0}) write(1, gigabytes);
  const CheckpointTimes times = checkpoint_alone(plan, 1, writing("serial", 2).platform);
  CHECK(times.write.value() == Approx(5));
  CHECK(times.bytes.value() == Approx(14e9));
}

TEST_CASE("checkpoints of spread experts are not modelled yet") {
  Scenario s = writing("data=2,expert=2,runtime=megatron", 2, 1, "gpt2");
  CHECK_THROWS_AS(lower_checkpoint(s, StepPlan{}, 5), MissingCapability);
}
