#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <thread>

#include "core/error.hpp"
#include "kernels/trainer/asynchronous.hpp"
#include "kernels/trainer/asynchronous_server.hpp"
#include "strategies/parameter_server.hpp"
#include "tests/kernels/small_scenarios.hpp"
#include "tests/kernels/thread_group.hpp"

namespace forerun {

namespace {

TrainOptions some_steps(std::int64_t warm_up, std::int64_t steps) {
  TrainOptions options;
  options.warm_up = warm_up, options.steps = steps;
  options.kernels = Kernels::eigen_only;
  options.rule = {0.05F, 0.9F};
  return options;
}

/// The logs of a training on a thread for each rank.
std::vector<RankLog> logs_of(const Scenario& made, const TrainOptions& options) {
  const StepPlan plan = plan_of(made);
  const auto meeting = std::make_shared<ThreadMeeting>(plan.ranks);
  std::vector<RankLog> logs(static_cast<std::size_t>(plan.ranks));
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < plan.ranks; ++rank)
    threads.emplace_back([&, rank] {
      ThreadGroup group(meeting, rank);
      logs[static_cast<std::size_t>(rank)] = train_rank(made, plan, options, group, {});
    });
  threads.clear();
  return logs;
}

TrainResult trained(Scenario made, const TrainOptions& options) {
  made.run.steps = options.steps;
  return summarise_asynchronous(made, plan_of(made), options.warm_up, logs_of(made, options));
}

double mean_of(const std::vector<std::int64_t>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// A server of `mlp` on a thread of its own, and its workers, which the test is.
class OneServer {
 public:
  explicit OneServer(int workers)
      : made_(scenario("mlp", 4 * workers, "data=" + std::to_string(workers) + ",servers=1,sync=off,runtime=forerun")),
        plan_(plan_of(made_)),
        parts_(served_parts(plan_, served_variables(made_))),
        tags_(plan_),
        meeting_(std::make_shared<ThreadMeeting>(plan_.ranks)) {
    for (int worker = 0; worker < workers; ++worker) groups_.push_back(std::make_unique<ThreadGroup>(meeting_, worker));
    log.operations.resize(plan_.operations.size());
    for (int i = 0; i < tags_.ask; ++i) {
      if (plan_.operations[static_cast<std::size_t>(i)].name == "pull") pull_ = i;
      if (plan_.operations[static_cast<std::size_t>(i)].name == "push") push_ = i;
    }
    thread_ = std::jthread([this, workers] {
      ThreadGroup group(meeting_, workers);
      NetworkOptions options{Kernels::eigen_only, 1, {1, 0}};
      options.rule.gradient_scale = static_cast<float>(workers);
      AsynchronousServer(made_.workload, plan_, parts_, 0, workers, options, group, clock_).serve(log);
    });
  }

  /// The first weight of each variable.
  std::vector<float> pull(int worker) {
    RankGroup& group = *groups_[static_cast<std::size_t>(worker)];
    float ask = kPull;
    std::vector<std::vector<float>> values;
    for (const ServedPart& part : parts_[static_cast<std::size_t>(pull_)]) values.emplace_back(part.count);
    for (std::vector<float>& part : values) group.start_receive(pull_, server(), pull_, part);
    group.start_send(tags_.ask, server(), tags_.ask, {&ask, 1});
    group.wait(tags_.ask);
    group.wait(pull_);
    std::vector<float> first;
    for (const std::vector<float>& part : values) first.push_back(part.front());
    return first;
  }

  /// Gradients that are all alike; returns the rounds that are over.
  float push(int worker, float gradient) {
    RankGroup& group = *groups_[static_cast<std::size_t>(worker)];
    std::vector<std::vector<float>> values;
    for (const ServedPart& part : parts_[static_cast<std::size_t>(push_)]) values.emplace_back(part.count, gradient);
    for (const std::vector<float>& part : values) group.start_send(push_, server(), push_, part);
    group.wait(push_);
    Applied applied;
    group.start_receive(tags_.applied, server(), tags_.applied, applied.span());
    group.wait(tags_.applied);
    return applied.rounds();
  }

  void leave(int worker) {
    RankGroup& group = *groups_[static_cast<std::size_t>(worker)];
    const float ask = kLeave;
    group.start_send(tags_.ask, server(), tags_.ask, {&ask, 1});
    group.wait(tags_.ask);
  }

  void join() { thread_.join(); }

  RankLog log;

 private:
  [[nodiscard]] int server() const { return static_cast<int>(groups_.size()); }

  Scenario made_;
  StepPlan plan_;
  ServedParts parts_;
  ServerTags tags_;
  std::shared_ptr<ThreadMeeting> meeting_;
  Clock clock_ = steady_now;
  std::vector<std::unique_ptr<ThreadGroup>> groups_;
  int pull_ = 0;
  int push_ = 0;
  std::jthread thread_;
};

}  // namespace

TEST_CASE("a gradient is stale by the updates that others made between its pull and its own update", "[asynchronous]") {
  OneServer server(3);
  for (const int worker : {0, 1, 2}) server.pull(worker);
  server.push(1, 0);
  server.push(2, 0);
  server.pull(1);
  server.push(1, 0);
  CHECK(server.push(0, 0) == 1);  // four updates of three workers
  server.pull(2);
  server.push(2, 0);
  for (const int worker : {0, 1, 2}) server.leave(worker);
  server.join();
  CHECK(server.log.staleness == std::vector<std::int64_t>{0, 1, 0, 3, 0});
  CHECK(server.log.step_ends.size() == 1);
}

TEST_CASE("an asynchronous gradient is applied whole, as a mean over its worker's samples, to what others left", "[asynchronous]") {
  OneServer server(2);
  const std::vector<float> begin = server.pull(0);
  CHECK(server.pull(1) == begin);
  const auto lower_by = [&](float all) {
    std::vector<float> expected = begin;
    for (float& weight : expected) weight -= all;
    return expected;
  };
  const auto close = [](const std::vector<float>& actual, const std::vector<float>& expected) {
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(actual[i] == Approx(expected[i]).margin(1e-5));
  };
  server.push(0, 0.5F);
  close(server.pull(0), lower_by(0.5F));
  server.push(1, 0.25F);
  close(server.pull(1), lower_by(0.75F));
  server.push(0, 0);
  server.push(1, 0);
  server.leave(0), server.leave(1);
  server.join();
}

TEST_CASE("one asynchronous worker learns exactly what one process learns", "[asynchronous]") {
  const auto [network, servers] = GENERATE(table<std::string, std::string>(
      {{"mlp", "servers=1"}, {"cnn", "servers=1"}, {"cnn", "servers=2,bucket=1KiB,first-bucket=1KiB"}, {"gpt", "servers=1"}}));
  const Optimizer optimizer = GENERATE(Optimizer::sgd, Optimizer::sgd_momentum, Optimizer::adamw);
  const std::string split = GENERATE("", ",micro-batches=2");
  INFO(network << ", " << servers << split);
  const auto made = [&](const std::string& how) {
    Scenario built = network == "gpt" ? small_gpt(8, how) : scenario(network == "cnn" ? small_cnn() : "mlp", 8, how);
    built.workload.optimizer = optimizer;
    return built;
  };
  const TrainOptions options = some_steps(2, 6);
  const TrainResult one = std::get<TrainResult>(train(made("data=1" + split), options, {}));
  const TrainResult served = trained(made("data=1," + servers + ",sync=off,runtime=forerun" + split), options);
  CHECK(served.losses == one.losses);
  CHECK(served.staleness == std::vector<std::int64_t>(servers == "servers=1" ? 6 : 12, 0));
}

TEST_CASE("asynchronous workers learn, and none meets more updates than others can have made", "[asynchronous]") {
  const auto [workers, servers] = GENERATE(table<int, int>({{2, 1}, {3, 1}, {2, 2}}));
  const std::string strategy = "data=" + std::to_string(workers) + ",servers=" + std::to_string(servers) + ",sync=off,runtime=forerun";
  INFO(strategy);
  Scenario made = scenario("mlp", 24, strategy);
  TrainOptions options = some_steps(4, 40);
  options.resident_batches = 1;
  options.rule = {0.01F, 0};
  const auto logs = logs_of(made, options);
  made.run.steps = options.steps;
  const TrainResult result = summarise_asynchronous(made, plan_of(made), options.warm_up, logs);
  CHECK(result.losses.size() == 40);
  CHECK(result.step_times.size() == 40);
  CHECK(result.losses.back() < 0.5 * result.losses.front());
  CHECK(result.rank_medians.size() == static_cast<std::size_t>(workers + servers));
  CHECK(result.staleness.size() == static_cast<std::size_t>(40 * workers * servers));
  CHECK(std::ranges::is_sorted(result.staleness));
  CHECK(result.staleness.front() >= 0);
  for (const RankLog& log : logs) {
    if (log.staleness.empty()) continue;
    // An update counts once at most for each of the others.
    CHECK(mean_of(log.staleness) <= workers - 1);
    CHECK(log.staleness.front() == 0);
    CHECK(log.staleness.size() >= static_cast<std::size_t>(44 * workers));
    CHECK(log.staleness.size() < static_cast<std::size_t>(45 * workers));
  }
}

TEST_CASE("asynchronous servers with checkpoints are a missing capability, since no step ends on all ranks at once", "[asynchronous]") {
  const Scenario made = scenario("mlp", 8, "data=1,servers=1,sync=off,runtime=forerun");
  TrainOptions checkpoints = some_steps(0, 2), kill = checkpoints;
  checkpoints.checkpoints.folder = "checkpoints";
  kill.kills = {{0, 1}};
  for (const TrainOptions& options : {checkpoints, kill}) {
    ThreadGroup group(std::make_shared<ThreadMeeting>(2), 0);
    CHECK_THROWS_AS(train_rank(made, plan_of(made), options, group, {}), MissingCapability);
  }
}

TEST_CASE("a round ends with as many updates as there are workers, whoever makes them", "[asynchronous]") {
  Scenario made = scenario("logistic-regression", 4, "data=2,servers=1,sync=off,runtime=forerun");
  made.run.steps = 2;
  const StepPlan plan = plan_of(made);
  const auto log = [&](double origin, const std::vector<double>& ends, std::vector<double> losses) {
    RankLog rank;
    rank.origin = Seconds(origin);
    for (const double end : ends) rank.step_ends.emplace_back(origin + end);
    rank.losses = std::move(losses);
    rank.operations.resize(plan.operations.size());
    return rank;
  };
  // The second host's clock began long before. Its worker makes one update in the time of three.
  std::vector<RankLog> logs{log(0, {1, 2, 3, 5}, {9, 8, 6, 4}), log(100, {2.5, 6}, {7, 2}), log(50, {2, 3, 6}, {})};
  logs[2].staleness = {0, 1, 2, 0, 3, 1};
  logs[0].operations[1] = {{Seconds(0.5), Seconds(0.25), Seconds(0.25)}, {Seconds(2.25), Seconds(0.5), Seconds(0.5)}};
  const TrainResult result = summarise_asynchronous(made, plan, 1, logs);
  CHECK(result.step_times == std::vector<Seconds>{Seconds(1), Seconds(3)});
  CHECK(result.losses == std::vector<double>{6.5, 3});
  CHECK(result.staleness == std::vector<std::int64_t>{0, 1, 2, 3});
  CHECK(result.rank_medians == std::vector<Seconds>{Seconds(1), Seconds(3.5), Seconds(2)});
  CHECK(result.operations[1].median == Seconds(0.5));  // what the warm-up ran is left out
  CHECK(result.ranks == 3);
}

}  // namespace forerun
