#include "sim/jobs.hpp"

#include <catch2/catch.hpp>

#include "tests/sim/networks.hpp"
#include "tests/sim/scenarios.hpp"
#include "tests/sim/support.hpp"
#include "tests/support/storage.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

constexpr int kSteps = 8;

/// Two ranks on two nodes that compute and then exchange a buffer, each over and over.
struct Exchange {
  Exchange(double compute_s, double drain_s, int first_node, Platform network, double begin_s = 0)
      : plan(2), platform(std::move(network)), begins(begin_s), alone(compute_s + drain_s) {
    platform.nodes = 2;
    platform.topology.network_nodes = 4;
    platform.topology.first_node = first_node;
    platform.topology.node_stride = 2;
    const int data = plan.lane(LaneKind::communication);
    plan.communicator(everyone(2));
    const int compute = plan.compute(compute_s);
    const int exchange = plan.transfer(0, {{compute, 0}}, data, 0);
    plan.costs()[exchange] = flows(0, drain_s);
    plan.compute(0, {{exchange, 0}});
    made = plan.plan(0);
  }
  [[nodiscard]] sim::PlannedJob job() { return {made, plan.costs(), platform, Seconds(begins), Seconds(alone), 1}; }

  PlanBuilder plan;
  Platform platform;
  double begins;
  double alone;
  StepPlan made;
};

/// Leaves of two nodes, joined by one link of a node's rate: jobs with a node in each meet there.
Platform two_leaves() {
  Platform platform = nodes(4);
  platform.topology.kind = Topology::Kind::fat_tree;
  platform.topology.shape[0] = 2;
  platform.topology.oversubscription[0] = 2;
  return platform;
}

std::vector<double> steps_together(Exchange first, Exchange second) {
  const std::vector jobs{first.job(), second.job()};
  std::vector<double> steps;
  for (const sim::PlayedBeside& played : sim::play_together(jobs, sim::Mode::flow, kSteps)) {
    CHECK(played.steps >= kSteps);
    CHECK(played.time.parts.total().value() == Approx(played.time.step.value()).epsilon(1e-9));
    steps.push_back(played.time.step.value());
  }
  return steps;
}

/// The chain of tests/sim/scenarios.hpp on half of the nodes of a tree whose leaves hold four.
std::vector<Scenario> two_chains(sim::JobPlacement placement) {
  std::vector<Scenario> jobs{data_parallel(4), data_parallel(4)};
  for (Scenario& job : jobs) {
    Topology& topology = job.platform.topology;
    topology.kind = Topology::Kind::fat_tree;
    topology.shape[0] = 4;
    topology.oversubscription[0] = 4;
  }
  REQUIRE(sim::place_jobs(jobs, placement).empty());
  return jobs;
}

}  // namespace

TEST_CASE("two jobs that always send over one link take twice as long each") {
  const std::vector<double> steps = steps_together({0, 1, 0, two_leaves()}, {0, 1, 1, two_leaves()});
  CHECK(steps[0] == Approx(2).epsilon(1e-9));
  CHECK(steps[1] == Approx(2).epsilon(1e-9));
}

TEST_CASE("jobs in step share a link, jobs half a step apart do not meet on it") {
  const std::vector<double> in_step = steps_together({1, 1, 0, two_leaves()}, {1, 1, 1, two_leaves()});
  CHECK(in_step[0] == Approx(3).epsilon(1e-9));
  CHECK(in_step[1] == Approx(3).epsilon(1e-9));
  const std::vector<double> apart = steps_together({1, 1, 0, two_leaves()}, {1, 1, 1, two_leaves(), 1});
  CHECK(apart[0] == Approx(2).epsilon(1e-9));
  CHECK(apart[1] == Approx(2).epsilon(1e-9));
}

TEST_CASE("jobs behind one switch with nodes of their own do not disturb one another") {
  const std::vector<double> steps = steps_together({1, 2, 0, nodes(4)}, {0.1, 0.3, 1, nodes(4)});
  CHECK(steps[0] == Approx(3).epsilon(1e-9));
  CHECK(steps[1] == Approx(0.4).epsilon(1e-9));
}

TEST_CASE("a job that sends nothing neither slows another one nor is slowed") {
  const std::vector<double> steps = steps_together({0, 1, 0, two_leaves()}, {0.25, 1e-12, 1, two_leaves()});
  CHECK(steps[0] == Approx(1).epsilon(1e-9));
  CHECK(steps[1] == Approx(0.25).epsilon(1e-6));
}

TEST_CASE("jobs of one rank each are played beside one another without looking ahead for ever") {
  Exchange first(0, 1, 0, two_leaves()), second(0.5, 1, 1, two_leaves());
  PlanBuilder alone(1);
  alone.compute(0.125);
  const StepPlan plan = alone.plan(0);
  const sim::PlannedJob quiet{plan, alone.costs(), second.platform, Seconds(0), Seconds(0.125), 1};
  const std::vector jobs{first.job(), quiet};
  const auto played = sim::play_together(jobs, sim::Mode::flow, kSteps);
  CHECK(played[0].time.step.value() == Approx(1).epsilon(1e-9));
  CHECK(played[1].time.step.value() == Approx(0.125).epsilon(1e-9));
}

TEST_CASE("jobs packed into leaves of their own take as long as alone, jobs spread over both take longer") {
  const auto packed = sim::predict_together(two_chains(sim::JobPlacement::packed));
  const auto spread = sim::predict_together(two_chains(sim::JobPlacement::spread));
  for (std::size_t j = 0; j < 2; ++j) {
    CHECK(packed[j].together.step_time->value() == Approx(packed[j].alone.step_time->value()).epsilon(1e-6));
    CHECK(*spread[j].together.step_time > 1.05 * *spread[j].alone.step_time);
    CHECK(spread[j].together.parts->total().value() == Approx(spread[j].together.step_time->value()).epsilon(1e-9));
  }
}

TEST_CASE("jobs side by side come out the same each time, message by message much alike") {
  const auto jobs = two_chains(sim::JobPlacement::spread);
  const auto once = sim::predict_together(jobs), again = sim::predict_together(jobs);
  const auto messages = sim::predict_together(jobs, sim::Mode::message);
  for (std::size_t j = 0; j < 2; ++j) {
    CHECK(once[j].together == again[j].together);
    CHECK(messages[j].together.step_time->value() == Approx(once[j].together.step_time->value()).epsilon(0.05));
  }
}

TEST_CASE("a job that cannot run is why none of them does") {
  auto jobs = two_chains(sim::JobPlacement::packed);
  jobs[1].strategy.data = 8;
  for (const sim::JobPrediction& job : sim::predict_together(jobs)) {
    CHECK(job.together.status == Status::infeasible);
    CHECK_THAT(job.together.reason, Catch::Contains("job 2 (chain on 4 nodes) cannot run"));
  }
}

TEST_CASE("jobs whose steps are further apart than anybody would wait for are refused") {
  auto jobs = two_chains(sim::JobPlacement::packed);
  jobs[1].platform.inter_node.latency = Seconds(1e6);
  CHECK_THROWS_WITH(sim::predict_together(jobs),
                    Catch::Contains("a step of job 2 (chain on 4 nodes) is more than 100000 times as long as one of job 1"));
}

TEST_CASE("jobs with other networks or a node in common are in conflict") {
  auto jobs = two_chains(sim::JobPlacement::packed);
  CHECK(sim::find_conflict(jobs).empty());
  jobs[1].platform.topology.first_node = 3;
  CHECK_THAT(sim::find_conflict(jobs), Catch::Contains("both have node 3"));
  jobs[1].platform.topology.oversubscription[0] = 2;
  CHECK_THAT(sim::find_conflict(jobs), Catch::Contains("another network"));
}

TEST_CASE("jobs are placed one after another or in turn, and stay where one has a place") {
  auto jobs = two_chains(sim::JobPlacement::packed);
  CHECK(jobs[1].platform.place_of(0) == 4);
  CHECK(jobs[1].platform.place_of(3) == 7);
  CHECK(sim::place_jobs(jobs, sim::JobPlacement::spread).empty());
  CHECK(jobs[1].platform.place_of(0) == 4);
  jobs = two_chains(sim::JobPlacement::spread);
  CHECK(jobs[0].platform.place_of(3) == 6);
  CHECK(jobs[1].platform.place_of(3) == 7);
  CHECK(jobs[0].platform.network_nodes() == 8);
  std::vector<Scenario> ring{data_parallel(4)};
  ring[0].platform.topology.kind = Topology::Kind::torus;
  CHECK_THAT(sim::place_jobs(ring, sim::JobPlacement::packed), Catch::Contains("torus"));
}

TEST_CASE("a network that jobs make by their placement has no more nodes than a platform may") {
  std::vector<Scenario> jobs{data_parallel(4), data_parallel(4), data_parallel(4)};
  jobs[1].platform.nodes = 1 << 19;
  CHECK_THAT(sim::place_jobs(jobs, sim::JobPlacement::spread),
             Catch::Contains("3 jobs in turn make a network of 1572864 nodes, and one has at most 1048576: place them packed"));
  CHECK(sim::place_jobs(jobs, sim::JobPlacement::packed).empty());
  jobs = {data_parallel(4), data_parallel(4)};
  jobs[0].platform.nodes = jobs[1].platform.nodes = 1 << 20;
  CHECK_THAT(sim::place_jobs(jobs, sim::JobPlacement::packed),
             Catch::Contains("make a network of 2097152 nodes, and one has at most 1048576"));
}

TEST_CASE("jobs on one file's network lie one after another over its hosts, or in turn, and are refused where these are too few") {
  auto table = std::make_shared<RouteTable>();
  table->file = "net.xml";
  table->nodes.assign(9, "host");
  const auto two = [&] {
    std::vector<Scenario> jobs{data_parallel(4), data_parallel(4)};
    for (Scenario& job : jobs) {
      job.platform.topology.kind = Topology::Kind::routes;
      job.platform.topology.routes = SharedRoutes(RouteTable(*table));
      job.platform.topology.network_nodes = 9;
    }
    return jobs;
  };
  auto jobs = two();
  REQUIRE(sim::place_jobs(jobs, sim::JobPlacement::packed).empty());
  CHECK(jobs[0].platform.place_of(3) == 3);
  CHECK(jobs[1].platform.place_of(0) == 4);
  CHECK(jobs[1].platform.network_nodes() == 9);
  CHECK(sim::find_conflict(jobs).empty());
  jobs = two();
  REQUIRE(sim::place_jobs(jobs, sim::JobPlacement::spread).empty());
  CHECK(jobs[0].platform.place_of(3) == 6);
  CHECK(jobs[1].platform.place_of(3) == 7);
  jobs = two();
  jobs[1].platform.topology.first_node = 5;
  REQUIRE(sim::place_jobs(jobs, sim::JobPlacement::packed).empty());
  CHECK(jobs[1].platform.place_of(0) == 5);
  jobs = two();
  jobs[0].platform.nodes = 6;
  CHECK_THAT(sim::place_jobs(jobs, sim::JobPlacement::packed),
             Catch::Contains("2 jobs one after another take 10 nodes, and net.xml has 9"));
}

TEST_CASE("a job whose later epochs find their samples in memory is past its first, but for its start-up, and says so") {
  for (const double epochs : {0.0, 1.0, 3.0}) {  // 0: no length
    INFO(epochs);
    auto jobs = two_chains(sim::JobPlacement::packed);
    Scenario& job = jobs.front();
    job.platform.memory_per_node = Bytes(1e12);
    job.platform.data = storage(Storage::Kind::network_disk, {BytesPerSecond(1e6), 0, {}, {}});
    job.workload.files = {Bytes(1e4), 1, {}};
    job.input.shuffle_buffer = 100;
    if (epochs > 0) job.run.epochs = epochs;
    const sim::JobPrediction played = sim::predict_together(jobs).front();
    CHECK(played.together.step_time->value() == Approx(played.alone.step_time->value()).epsilon(1e-4));  // alone with its beginning
    const bool cached = epochs > 1;
    CHECK((played.together.parts->input_exposed > Seconds(0.1)) == !cached);
    if (epochs > 0) CHECK(played.together.startup->value() == Approx(1));  // 100 samples of 10 kB at 1 MB/s
    CHECK(std::ranges::any_of(played.together.assumptions, [](const std::string& assumption) {
            return assumption.find("all steps are those of later epochs") != std::string::npos;
          }) == cached);
  }
}
