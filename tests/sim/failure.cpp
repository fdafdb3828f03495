#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>

#include "core/error.hpp"
#include "sim/child.hpp"
#include "sim/pool.hpp"
#include "sim/simulate.hpp"
#include "tests/sim/scenarios.hpp"
#include "tests/sim/support.hpp"

using namespace forerun;
using namespace forerun::test;
using Catch::Contains;

namespace {

// Two ranks that take two lanes' transfers in opposite orders.
StepPlan crossed_plan(PlanBuilder& plan) {
  plan.classes({{"first", 0, 1, 1}, {"second", 1, 1, 1}});
  const int one = plan.lane(LaneKind::communication);
  const int other = plan.lane(LaneKind::communication);
  Communicator both = everyone(2);
  both.classes = {0, 1};
  plan.communicator(both);
  const int a = plan.transfer(1, {}, one);
  const int b = plan.transfer(1, {{a, 0}}, other);
  // Not what lower() writes: the first transfer waits for the second.
  StepPlan defective = plan.plan(1);
  defective.dependencies.push_back({b, 0});
  defective.operations[a].first_dependency = 1;
  defective.operations[a].dependency_count = 1;
  return defective;
}

struct Outcome {
  std::vector<std::string> answers;
  std::vector<std::string> reasons;
};

Outcome serve(const std::vector<sim::Job>& jobs, int workers, std::size_t tasks, const std::function<std::string(std::size_t)>& serve_one) {
  Outcome outcome{std::vector<std::string>(tasks), std::vector<std::string>(tasks)};
  sim::PoolWork work;
  work.serve = [&](const sim::Job& job, const sim::Answer& answer) {
    for (const std::size_t task : job) answer(serve_one(task));
  };
  work.receive = [&](std::size_t task, const std::string& answer) {
    REQUIRE((outcome.answers[task] + outcome.reasons[task]).empty());
    outcome.answers[task] = answer;
  };
  work.fail = [&](std::size_t task, const std::string& reason) {
    REQUIRE((outcome.answers[task] + outcome.reasons[task]).empty());
    outcome.reasons[task] = reason;
  };
  sim::run_pool(jobs, workers, work);
  return outcome;
}

}  // namespace

TEST_CASE("a plan that blocks is reported with what blocks") {
  PlanBuilder plan(2);
  const StepPlan defective = crossed_plan(plan);
  try {
    sim::play(defective, plan.costs(), nodes(2), {});
    FAIL("nothing was thrown");
  } catch (const SimulationFailed& failure) {
    CHECK_THAT(failure.what(), Contains("blocks at 0 s"));
    CHECK_THAT(failure.what(), Contains("rank 0"));
    CHECK_THAT(failure.what(), Contains("to finish 1 times (0 so far)"));
  }
}

TEST_CASE("a communicator that leaves out a rank of its class is reported") {
  PlanBuilder plan(3);
  const int data = plan.lane(LaneKind::communication);
  plan.communicator(everyone(2));
  plan.edit().communicators[0].name = "data";
  plan.transfer(1, {}, data);
  REQUIRE_THROWS_WITH(sim::play(plan.plan(1), plan.costs(), nodes(3), {}), Contains("`data`") && Contains("rank 2"));
}

TEST_CASE("a child that is killed is a failed simulation") {
  REQUIRE_THROWS_WITH(sim::ask_child([]() -> std::string { return ::raise(SIGKILL), ""; }), Contains("signal 9"));
  REQUIRE_THROWS_AS(sim::ask_child([]() -> std::string { return ::raise(SIGKILL), ""; }), SimulationFailed);
}

TEST_CASE("a child that leaves without an answer is a failed simulation") {
  REQUIRE_THROWS_WITH(sim::ask_child([]() -> std::string { ::_exit(3); }), Contains("status 3"));
  REQUIRE_THROWS_WITH(sim::ask_child([]() -> std::string { ::_exit(0); }), Contains("without an answer"));
}

TEST_CASE("what a child throws is a failed simulation with its text") {
  REQUIRE_THROWS_WITH(sim::ask_child([]() -> std::string { throw std::runtime_error("no such thing"); }), "no such thing");
}

TEST_CASE("what a simulating process reports of its progress arrives before its answer") {
  std::vector<double> done;
  const std::string answer = sim::ask_child(
      [](const ProgressCallback& report) {
        for (int step = 0; step < 3; ++step) report({static_cast<double>(step), 3, "of 3 steps"});
        return std::string("answered");
      },
      [&](const Progress& progress) {
        CHECK(progress.total == 3);
        CHECK(progress.what == "of 3 steps");
        done.push_back(progress.done);
      });
  CHECK(answer == "answered");
  CHECK(done == std::vector<double>{0, 1, 2});
}

TEST_CASE("a long simulation reports the steps that it plays") {
  Scenario scenario = data_parallel(256);
  scenario.platform.compute_jitter = 0.05;
  std::vector<Progress> reports;
  const Prediction watched = sim::predict(scenario, sim::Mode::flow, [&](const Progress& progress) { reports.push_back(progress); });
  REQUIRE(!reports.empty());
  CHECK(reports.front().what == "of 16 steps of 256 ranks simulated");
  CHECK(std::ranges::is_sorted(reports, {}, &Progress::done));
  CHECK(reports.back().done > 0.5 * reports.back().total);
  CHECK(reports.back().done <= reports.back().total);
  CHECK(watched.step_time == sim::predict(scenario).step_time);
}

TEST_CASE("a child's answer arrives whole, whatever its length") {
  for (const std::size_t length : {0UL, 1UL, 65536UL, 10000000UL}) {
    std::string text(length, 'x');
    if (length > 0) text.back() = '\0';
    REQUIRE((sim::ask_child([&] { return text; }) == text));
  }
}

TEST_CASE("a parent that stops listening ends the child and not itself") {
  ::pid_t process = 0;
  {
    sim::Child child([](const sim::Answer& answer) {
      answer(std::to_string(::getpid()));
      for (;;) answer(std::string(1 << 20, 'x'));
    });
    std::string text;
    while (!child.next(text)) REQUIRE(child.receive());
    process = std::stoi(text);
  }
  REQUIRE(::kill(process, 0) != 0);
}

TEST_CASE("a simulation writes nothing that its parent has yet to write") {
  std::FILE* file = std::tmpfile();
  const int output = ::dup(STDOUT_FILENO);
  std::fflush(stdout);
  ::dup2(::fileno(file), STDOUT_FILENO);
  std::fputs("once", stdout);
  PlanBuilder plan;
  plan.compute(1);
  play(plan, 1, nodes(1));
  const long written_by_child = std::fseek(file, 0, SEEK_END) == 0 ? std::ftell(file) : -1;
  std::fflush(stdout);
  ::dup2(output, STDOUT_FILENO);
  ::close(output);
  std::fclose(file);
  REQUIRE(written_by_child == 0);
}

TEST_CASE("a child holds no descriptor of its parent's siblings") {
  sim::Child idle([](const sim::Answer& answer) { answer("up"), ::pause(); });
  std::string text;
  while (!idle.next(text)) REQUIRE(idle.receive());
  REQUIRE(sim::ask_child([] { return std::to_string(::dup(0)); }) == "4");  // after the standard streams and its own pipe
}

TEST_CASE("a child that dies takes only the task it was at with it") {
  const Outcome outcome = serve({{0, 1, 2, 3, 4, 5}, {6, 7}}, 2, 8, [](std::size_t task) {
    if (task == 2 || task == 5) ::raise(SIGKILL);
    return std::to_string(10 * task);
  });
  for (const std::size_t task : {0, 1, 3, 4, 6, 7}) REQUIRE(outcome.answers[task] == std::to_string(10 * task));
  for (const std::size_t task : {2, 5}) REQUIRE_THAT(outcome.reasons[task], Contains("signal 9"));
}

TEST_CASE("a pool serves every task when each child serves one and leaves") {
  Outcome outcome{std::vector<std::string>(5), std::vector<std::string>(5)};
  sim::PoolWork work;
  work.serve = [](const sim::Job& job, const sim::Answer& answer) { answer(std::to_string(job.front())); };
  work.receive = [&](std::size_t task, const std::string& answer) { outcome.answers[task] = answer; };
  work.fail = [&](std::size_t task, const std::string& reason) { outcome.reasons[task] = reason; };
  sim::run_pool({{4, 3, 2, 1, 0}}, 3, work);
  for (std::size_t task = 0; task < 5; ++task) REQUIRE(outcome.answers[task] == std::to_string(task));
}

TEST_CASE("a pool whose children never answer fails every task and ends") {
  const Outcome outcome = serve({{0, 1}, {2}}, 2, 3, [](std::size_t) -> std::string { ::_exit(0); });
  for (const std::string& reason : outcome.reasons) REQUIRE_THAT(reason, Contains("without an answer"));
}

TEST_CASE("a pool without jobs ends") {
  REQUIRE(serve({}, 2, 0, [](std::size_t) { return ""; }).answers.empty());
}

TEST_CASE("the parent never starts an engine of its own") {
  // Two engines in one process would abort: each of these plays in a process of its own.
  PlanBuilder plan;
  plan.compute(1);
  for (int i = 0; i < 3; ++i) REQUIRE(play(plan, 1, nodes(1)).makespan.value() == 1);
}
