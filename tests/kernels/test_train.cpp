#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "kernels/trainer/train.hpp"
#include "tests/kernels/small_scenarios.hpp"

namespace forerun {

namespace {

TrainResult trained(const Scenario& made, const TrainOptions& options, const ProgressCallback& progress = {}) {
  return std::get<TrainResult>(train(made, options, progress));
}

/// A clock that advances by a second each time it is read.
Clock ticking() {
  return [tick = 0.0]() mutable { return Seconds(tick++); };
}

}  // namespace

TEST_CASE("a strategy that is more than replicas is a missing capability, named with its key") {
  const auto [strategy, named] = GENERATE(table<std::string, std::string>({{"tensor=2", "tensor=2"},
                                                                           {"data=2,expert=2", "expert=2"},
                                                                           {"spatial=1x2", "spatial=1x2"},
                                                                           {"filter=2,overlap=tensor", "overlap=tensor with filter"},
                                                                           {"channel=2,overlap=all", "overlap=all with channel"},
                                                                           {"data=2,zero=1", "zero=1"}}));
  INFO(strategy);
  CHECK_THROWS_WITH(require_trainable(scenario("mlp", 8, strategy).strategy), Catch::Contains("does not execute " + named + ";"));
  CHECK_NOTHROW(require_trainable(scenario("mlp", 8, "data=2,overlap=data,micro-batches=2").strategy));
}

TEST_CASE("the loss falls on a linear model, a multilayer perceptron and a convolutional network") {
  const auto [workload, batch] = GENERATE(table<std::string, int>({{"logistic-regression", 24}, {"mlp", 24}, {small_cnn(), 24}}));
  TrainOptions options;
  options.steps = 60;
  options.warm_up = 0;
  const TrainResult result = trained(scenario(workload, batch, "serial"), options);
  REQUIRE(result.losses.size() == 60);
  INFO(workload);
  CHECK(result.losses.front() > 0.8);  // near the logarithm of the number of classes
  CHECK(result.losses.back() < 0.5 * result.losses.front());
}

TEST_CASE("the loss falls under every optimizer") {
  const Optimizer optimizer = GENERATE(Optimizer::sgd, Optimizer::sgd_momentum, Optimizer::adam, Optimizer::adamw);
  Scenario made = scenario("mlp", 24, "serial");
  made.workload.optimizer = optimizer;
  TrainOptions options;
  options.steps = 60;
  options.warm_up = 0;
  options.rule.learning_rate = optimizer == Optimizer::sgd ? 0.1F : optimizer == Optimizer::sgd_momentum ? 0.01F : 1e-3F;
  const TrainResult result = trained(made, options);
  INFO(to_string(optimizer));
  CHECK(result.losses.back() < 0.5 * result.losses.front());
}

TEST_CASE("a transformer learns which token follows another, and a residual network its classes") {
  TrainOptions options;
  options.steps = 120;
  options.warm_up = 0;
  options.rule.learning_rate = 0.05F;
  const TrainResult tokens = trained(small_gpt(16, "serial"), options);
  CHECK(tokens.losses.front() == Approx(std::log(11.0)).epsilon(0.05));  // nothing is known at first
  CHECK(tokens.losses.back() < 0.8 * tokens.losses.front());
  options.steps = 40;
  options.rule.learning_rate = 0.01F;
  const TrainResult classes = trained(small_resnet(16, "serial"), options);
  CHECK(classes.losses.back() < 0.5 * classes.losses.front());
}

TEST_CASE("each operation and each step takes what the clock says") {
  TrainOptions options;
  options.steps = 3;
  options.warm_up = 2;
  options.clock = ticking();
  const Scenario made = scenario("mlp", 8, "serial");
  const TrainResult result = trained(made, options);
  const auto operations = static_cast<double>(plan_of(made).operations.size());
  REQUIRE(result.step_times.size() == 3);
  // Two readings an operation, one at the end of the step.
  for (const Seconds step : result.step_times) CHECK(step == Seconds(2 * operations + 1));
  CHECK(result.median == Seconds(2 * operations + 1));
  CHECK(result.rank_medians == std::vector<Seconds>{result.median});
  REQUIRE(result.operations.size() == plan_of(made).operations.size());
  for (const OperationTime& time : result.operations) {
    CHECK(time.median == Seconds(1));
    CHECK(time.wait == Seconds(1));
  }
  CHECK(result.operations.front().name == "forward");
  CHECK(result.operations.front().layer == made.workload.layers.front().name);
  CHECK(result.operations.back().name == "update");
}

TEST_CASE("a step ends when its last rank ends it, counted from each rank's own origin") {
  const Scenario made = scenario("logistic-regression", 4, "data=2");
  const StepPlan plan = plan_of(made);
  const auto log = [&](double origin, std::vector<double> ends, std::vector<double> losses) {
    RankLog made_log;
    made_log.origin = Seconds(origin);
    for (const double end : ends) made_log.step_ends.emplace_back(origin + end);
    made_log.losses = std::move(losses);
    made_log.operations.resize(plan.operations.size());
    return made_log;
  };
  const TrainResult result = summarise(made.workload, plan, {log(0, {1, 2, 5}, {4, 2}), log(100, {1.5, 3, 4}, {2, 1})});
  CHECK(result.step_times == std::vector<Seconds>{Seconds(1.5), Seconds(2)});
  CHECK(result.losses == std::vector<double>{3, 1.5});
  CHECK(result.ranks == 2);
  CHECK(result.rank_medians[0] == Seconds(2));
  CHECK(result.rank_medians[1] == Seconds(1.25));
}

TEST_CASE("a send lasts from when both ranks are there for it until it has arrived") {
  const Scenario made = scenario("mlp", 8, "pipeline=2,micro-batches=2");
  const StepPlan plan = plan_of(made);
  const auto send = std::ranges::find(plan.operations, "send_forward", &Operation::name) - plan.operations.begin();
  std::vector<RankLog> logs(2);
  for (RankLog& log : logs) {
    log.step_ends = {Seconds(0), Seconds(10)};
    log.operations.resize(plan.operations.size());
  }
  // The receiver waits for the first; it is late for the second.
  logs[0].operations[send] = {{Seconds(2), Seconds(0.1), Seconds(0)}, {Seconds(4), Seconds(3.5), Seconds(0)}};
  logs[1].operations[send] = {{Seconds(0), Seconds(3), Seconds(3)}, {Seconds(7), Seconds(0.5), Seconds(0.5)}};
  logs[1].losses = {5};
  const TrainResult result = summarise(made.workload, plan, logs);
  CHECK(result.operations[send].name == "send_forward");
  CHECK(result.operations[send].median == Seconds(0.75));  // of 1 and 0.5
  CHECK(result.operations[send].wait == Seconds(1.75));
  CHECK(result.losses == std::vector<double>{5});

  // Another host's clock began long before.
  constexpr Seconds kLater(1e6);
  logs[1].origin = logs[1].origin + kLater;
  for (Seconds& end : logs[1].step_ends) end = end + kLater;
  for (RankLog::Interval& interval : logs[1].operations[send]) interval.start = interval.start + kLater;
  CHECK(summarise(made.workload, plan, logs).operations[send].median == Seconds(0.75));
}

TEST_CASE("progress of a training never falls and ends at its total") {
  double last = 0;
  double total = 1;
  TrainOptions options;
  options.steps = 250;
  options.warm_up = 10;
  int reports = 0;
  trained(scenario("logistic-regression", 4, "serial"), options, [&](const Progress& progress) {
    CHECK(progress.done > last);
    last = progress.done, total = progress.total, ++reports;
  });
  CHECK(last == total);
  CHECK(total == 260);
  CHECK(reports <= 101);
}

TEST_CASE("what this trainer cannot run is said") {
  const Scenario two = scenario("mlp", 8, "data=2");
  CHECK_THROWS_AS(train(two, {}, {}), MissingCapability);
  Scenario odd = scenario("mlp", 7, "data=2");
  CHECK(std::holds_alternative<Infeasible>(train(odd, {}, {})));
}

}  // namespace forerun
