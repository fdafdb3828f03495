#include "strategies/run_times.hpp"

#include <memory>

#include "tests/strategies/lowered.hpp"
#include "tests/support/synthetic_calibration.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

/// Data-parallel on two nodes, ten steps an epoch; samples and checkpoints lie on disks of 1 GB/s.
Scenario stored(std::int64_t steps, SampleCache cache = SampleCache::page) {
  static const auto calibration = std::make_shared<const Calibration>(support::synthetic_calibration());
  Scenario s = scenario("mlp", 64, "data=2", 2);
  s.calibration = calibration;
  s.workload.samples = 640;
  s.workload.files.sample = Bytes(1e5);
  s.platform.memory_per_node = Bytes(1e15);
  s.platform.inter_node = {BytesPerSecond(1e9), Seconds(0)};
  s.platform.data = s.platform.checkpoints =
      Storage{.name = "disk", .read = {BytesPerSecond(1e9), 0, {}, {}}, .write = {BytesPerSecond(1e9), 0, {}, {}}};
  s.input.cache = cache;
  s.run.steps = steps;
  return s;
}

/// What an engine was asked for: steps that read or do not, counted, and perhaps a checkpoint after so many of them.
struct Asked {
  std::int64_t count = 0;
  bool reads = false;
  std::int64_t before_checkpoint = 0;
  double cost_s = 0;  ///< of what the checkpoint adds

  friend bool operator==(const Asked&, const Asked&) = default;
};

/// An engine whose steps take 1 s, or 3 s of which 2 s are waited where they read; a checkpoint takes `stall_s`.
struct Engine {
  double stall_s = 0;
  double waits_s = 2;
  std::vector<Asked> asked = {};

  TimedStep operator()(const StepPlan& plan, const std::vector<OperationCost>& costs) {
    Asked asks{plan.step.count, plan.operations[0].name == "read"};
    Parts parts;
    parts.compute = Seconds(1), parts.input_exposed = Seconds(asks.reads ? waits_s : 0);
    double times = 1;
    if (plan.lanes.back().name == "checkpoint") {
      asks.before_checkpoint = std::get<Repeat>(plan.step.body.front()).count;
      times = static_cast<double>(asks.before_checkpoint);
      for (std::size_t i = 0; i < plan.operations.size(); ++i)
        if (const std::string_view name = plan.operations[i].name; name == "write" || name == "snapshot")
          asks.cost_s += costs[i].duration().value();
    }
    asked.push_back(asks);
    return {times * parts.total() + Seconds(asks.before_checkpoint > 0 ? stall_s : 0), parts};
  }
};

RunTimes timed(const Scenario& s, Engine& engine) {
  const StepPlan plan = plan_of(s);
  return time_run(s, plan, price(plan, s), [&](const auto& step, const auto& costs) { return engine(step, costs); });
}

}  // namespace

TEST_CASE("a first epoch that reads and the others are timed apart, by as many steps as they have") {
  Engine engine;
  const RunTimes times = timed(stored(25), engine);
  CHECK(engine.asked == std::vector<Asked>{{10, true}, {15, false}});
  CHECK(times.step.value() == Approx((10 * 3 + 15) / 25.0));
  CHECK(times.parts.total().value() == Approx(times.step.value()));
  CHECK(times.parts.input_exposed.value() == Approx(10 * 2 / 25.0));
  CHECK(times.first_epoch_step->value() == 3);
}

TEST_CASE("a run of one epoch, or one whose epochs are alike, is timed as a whole") {
  for (const Scenario& s : {stored(10), stored(25, SampleCache::none)}) {
    Engine engine;
    const RunTimes times = timed(s, engine);
    CHECK(engine.asked == std::vector<Asked>{{*s.run.steps, true}});
    CHECK(times.step == Seconds(3));
    CHECK_FALSE(times.first_epoch_step);
  }
}

TEST_CASE("a checkpoint is looked at with the steps that it is felt in, and no more than its interval has") {
  const auto looked_at = [](Scenario s, double waits_s) {
    Engine engine{.stall_s = 0.5, .waits_s = waits_s};
    const RunTimes times = timed(s, engine);
    CHECK(times.checkpoint->stall.value() == Approx(0.5));
    REQUIRE(engine.asked.size() == 3);
    CHECK(engine.asked[1].count == 0);
    CHECK(engine.asked[2].count == 0);
    return engine.asked[2].before_checkpoint;
  };
  Scenario s = stored(1000, SampleCache::none);
  s.run.checkpoints.interval = 500;
  CHECK(looked_at(s, 0) == 8);
  // Loading is a step ahead, which spares 0.125 s of 1.125 s each.
  s.platform.checkpoints->write.bandwidth = BytesPerSecond(1e5);
  CHECK(looked_at(s, 0.125) == 8 + 9);
  s.input.prefetch = 4;
  CHECK(looked_at(s, 0.125) == 8 + 36);
  CHECK(looked_at(s, 1e-3) == 8 + 256);
  // In next to no time the loader gets no further than the step that it is at.
  s.platform.checkpoints->write.bandwidth = BytesPerSecond(1e12);
  CHECK(looked_at(s, 0.125) == 8 + 10);
  s.run.checkpoints.interval = 5;
  CHECK(looked_at(s, 0.125) == 5);
}

TEST_CASE("an asynchronous checkpoint is looked at with half as many steps again as its writing takes, and its copy is paid for") {
  Scenario s = stored(1000, SampleCache::none);
  s.platform.data.reset();
  s.run.checkpoints = {100, CheckpointMode::asynchronous};
  s.platform.host_link = BytesPerSecond(1e6);
  Engine engine;
  const CheckpointTimes once = *timed(s, engine).checkpoint;
  s.platform.checkpoints->write.bandwidth = once.bytes / Seconds(20);
  engine.asked.clear();
  const CheckpointTimes times = *timed(s, engine).checkpoint;
  CHECK(times.write.value() == Approx(20));
  CHECK(engine.asked.back().before_checkpoint == 8 + 30);
  CHECK(engine.asked.back().cost_s == Approx(20 + times.bytes.value() / 1e6));
}

TEST_CASE("checkpoints cost what those of the first epoch and of the others do on average, and never less than nothing") {
  Scenario s = stored(40);
  s.run.checkpoints.interval = 4;
  Engine engine{.stall_s = -1};
  CHECK(timed(s, engine).checkpoint->stall == Seconds(0));
  // Two of ten are in the first epoch.
  const auto later_alone = [](const StepPlan& plan, const std::vector<OperationCost>& /*costs*/) {
    const bool checkpoint = plan.lanes.back().name == "checkpoint";
    const double times = checkpoint ? static_cast<double>(std::get<Repeat>(plan.step.body.front()).count) : 1;
    return TimedStep{Seconds(times + (checkpoint && plan.operations[0].name != "read" ? 5 : 0)), {}};
  };
  const StepPlan plan = plan_of(s);
  CHECK(time_run(s, plan, price(plan, s), later_alone).checkpoint->stall.value() == Approx(0.8 * 5));
  s.run.checkpoints.interval = 100;
  CHECK(time_run(s, plan, price(plan, s), later_alone).checkpoint->stall.value() == Approx(5));
}
