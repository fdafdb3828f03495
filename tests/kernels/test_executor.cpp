#include <catch2/catch.hpp>
#include <map>

#include "kernels/trainer/executor.hpp"
#include "kernels/trainer/one_rank.hpp"
#include "kernels/trainer/quantiles.hpp"
#include "tests/kernels/small_scenarios.hpp"

namespace forerun {

namespace {

/// Writes down what the executor asks for; an all-reduce in the background is complete after `patience` looks at it.
class RecordingGroup : public RankGroup {
 public:
  RecordingGroup(int patience, std::string& events) : patience_(patience), events_(events) {}
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int ranks() const override { return 2; }
  [[nodiscard]] std::unique_ptr<RankGroup> among(std::span<const int>) override {
    return std::make_unique<RecordingGroup>(patience_, events_);
  }
  void all_reduce(std::span<float>) override { events_ += "reduce "; }
  void all_gather(std::span<const float>, std::span<float>) override { events_ += "gather "; }
  void reduce_scatter(std::span<const float>, std::span<float>) override { events_ += "scatter "; }
  void start_all_reduce(int slot, std::span<float>) override {
    events_ += "start ";
    looks_[slot] = 0;
  }
  void start_send(int, int, int, std::span<const float>) override { events_ += "send "; }
  void start_receive(int, int, int, std::span<float>) override { events_ += "receive "; }
  bool advance(int slot) override { return ++looks_[slot] >= patience_; }
  int wait_any(std::span<const int> slots) override { return slots.front(); }
  void wait(int slot) override { events_ += looks_[slot] >= patience_ ? "again " : "wait "; }
  void barrier() override { events_ += "barrier "; }

 private:
  int patience_;
  std::string& events_;
  std::map<int, int> looks_;
};

std::string events_of_a_step(const std::string& strategy, int patience, RankLog* log = nullptr) {
  const Scenario made = scenario("mlp", 8, strategy);
  const StepPlan plan = plan_of(made);
  Network network(made.workload, plan, {});
  std::string events;
  RecordingGroup group(patience, events);
  const Clock clock = steady_now;
  const Batch batch = make_batch(made.workload.input, 10, 1, 0, 4);
  Executor executor(plan, made.strategy.overlap, network, group, clock);
  network.begin_step(batch);
  if (log != nullptr) log->operations.resize(plan.operations.size());
  executor.step(log);
  const std::string of_step = events;  // before the last step's leftovers are awaited
  executor.drain(log);
  return of_step;
}

}  // namespace

TEST_CASE("without overlap each bucket is reduced where the plan has it") {
  CHECK(events_of_a_step("data=2,bucket=1KiB", 1) == "reduce reduce ");
}

TEST_CASE("with overlap buckets are posted at once and waited for before the first update only") {
  CHECK(events_of_a_step("data=2,bucket=1KiB,overlap=data", 1000) == "start start wait wait ");
}

TEST_CASE("an all-reduce that completed beside compute is not waited for") {
  // The first bucket is looked at after each operation that follows it; the second is posted just before the updates.
  CHECK(events_of_a_step("data=2,bucket=1KiB,overlap=data", 1) == "start start wait ");
}

TEST_CASE("every transfer of a step is logged once, hidden or not") {
  for (const int patience : {1, 1000}) {
    RankLog log;
    events_of_a_step("data=2,bucket=1KiB,overlap=data", patience, &log);
    for (const auto& operation : log.operations) {
      REQUIRE(operation.size() == 1);
      CHECK(operation[0].busy >= operation[0].wait);
    }
  }
}

TEST_CASE("a plan that asks for more than the trainer does is a missing capability") {
  const Scenario made = scenario("mlp", 8, "data=2,bucket=1KiB");
  const StepPlan plan = plan_of(made);
  const auto refused = [&](const auto& change) {
    StepPlan changed = plan;
    change(changed);
    try {
      require_executable(changed);
    } catch (const MissingCapability&) {
      return true;
    }
    return false;
  };
  const auto transfer = [](StepPlan& changed) -> Collective& {
    for (Operation& operation : changed.operations)
      if (auto* found = std::get_if<Collective>(&operation.work)) return *found;
    throw std::logic_error("the plan has no transfer");
  };
  CHECK_FALSE(refused([](StepPlan&) {}));
  CHECK(refused([](StepPlan& changed) { changed.step.buffers = {{0, 1, 1, false}}; }));
  CHECK(refused([](StepPlan& changed) { changed.operations[0].work = Delay{Seconds(1)}; }));
  CHECK(refused([&](StepPlan& changed) { transfer(changed).operation = Collective::Operation::all_to_all; }));
}

TEST_CASE("ranks that share layers exchange what the plan counts, in its order") {
  const Scenario made = scenario("mlp", 8, "filter=2");
  StepPlan plan = plan_of(made);
  const Clock clock = steady_now;
  const Batch batch = make_batch(made.workload, 1, 0, 0, 8);
  std::string events;
  RecordingGroup group(1, events);
  const auto step = [&] {
    Network network(made.workload, plan, {});
    Executor executor(plan, Overlap::none, network, group, clock);
    network.begin_step(batch);
    executor.step(nullptr);
  };
  step();
  CHECK(events == "gather gather reduce ");
  for (Operation& operation : plan.operations)
    if (auto* transfer = std::get_if<Collective>(&operation.work)) transfer->bytes = 2 * transfer->bytes;
  CHECK_THROWS_AS(step(), std::logic_error);
}

TEST_CASE("quantiles interpolate between order statistics") {
  std::vector<Seconds> values;
  for (int i = 10; i >= 0; --i) values.emplace_back(i);
  const Quantiles spread = quantiles(values);
  CHECK(spread.p10 == Seconds(1));
  CHECK(spread.median == Seconds(5));
  CHECK(spread.p90 == Seconds(9));
  CHECK(quantiles({Seconds(1), Seconds(2)}).median == Seconds(1.5));
  CHECK(quantiles({Seconds(3)}).p90 == Seconds(3));
}

namespace {

/// A host that runs behind: what it does takes a second from one mark to the next, whatever a clock says.
class LaggingDevice : public HostDevice, public Timeline {
 public:
  LaggingDevice() : HostDevice(Kernels::eigen_only) {}
  [[nodiscard]] Timeline* timeline() override { return this; }
  std::size_t mark() override { return marks_++; }
  [[nodiscard]] Seconds between(std::size_t begin, std::size_t end) override { return Seconds(static_cast<double>(end - begin)); }
  void clear() override { marks_ = 0; }

 private:
  std::size_t marks_ = 0;
};

}  // namespace

TEST_CASE("operations take what the device's timeline says, and begin when it does") {
  const Scenario made = scenario("mlp", 8, "serial");
  const StepPlan plan = plan_of(made);
  Network network(made.workload, plan, {.device = std::make_shared<LaggingDevice>()});
  OneRank alone;
  const Clock clock = [] { return Seconds(100); };
  const Batch batch = make_batch(made.workload, 1, 0, 0, 8);
  Executor executor(plan, made.strategy.overlap, network, alone, clock);
  RankLog log;
  log.operations.resize(plan.operations.size());
  network.begin_step(batch);
  executor.step(&log);
  std::vector<double> starts;
  for (const auto& operation : log.operations)
    for (const RankLog::Interval& interval : operation) {
      CHECK(interval.busy == Seconds(1));
      starts.push_back(interval.start.value());
    }
  std::ranges::sort(starts);
  REQUIRE(starts.size() > 4);
  for (std::size_t i = 0; i < starts.size(); ++i) CHECK(starts[i] == 101 + 2 * static_cast<double>(i));
}

}  // namespace forerun
