#include "oracle/servers.hpp"

#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "oracle/predict.hpp"
#include "sim/simulate.hpp"
#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "tests/sim/scenarios.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

void require_agreement(const Scenario& scenario) {
  const Prediction ours = sim::predict(scenario);
  const Prediction theirs = oracle::predict(scenario);
  REQUIRE(ours.status == Status::ok);
  const auto near = [&](Seconds a, Seconds b) { REQUIRE(std::abs((a - b).value()) <= 1e-5 * theirs.step_time->value()); };
  near(*ours.step_time, *theirs.step_time);
  near(ours.parts->compute, theirs.parts->compute);
  near(ours.parts->comm_exposed, theirs.parts->comm_exposed);
  near(ours.parts->bubble, theirs.parts->bubble);
  near(ours.parts->overhead, theirs.parts->overhead);
  REQUIRE(ours.parts->total().value() == Approx(ours.step_time->value()).epsilon(1e-9));
}

}  // namespace

TEST_CASE("the oracle equals the simulator over synchronous servers of any number") {
  for (const int workers : {1, 2, 5, 16})
    for (const int servers : {1, 2, 4})
      for (const char* overlap : {"data", "none"}) {
        if (servers > workers) continue;
        INFO(workers << " workers, " << servers << " servers, overlap " << overlap);
        require_agreement(served(workers, "servers=" + std::to_string(servers) + ",overlap=" + overlap, workers + servers));
      }
}

TEST_CASE("the oracle equals the simulator wherever variables and servers lie") {
  for (const char* rest :
       {"servers=2,variables=by-size", "servers=4,variables=partitioned", "servers=2,bucket=1MiB", "servers=3,backup-workers=1",
        "servers=4,server-nodes=shared", "servers=2,server-nodes=shared", "servers=2,micro-batches=2"}) {
    INFO(rest);
    require_agreement(served(4, rest, 9));
  }
}

TEST_CASE("the oracle equals the simulator over workers that share a node and its link") {
  for (const char* rest : {"servers=1", "servers=2", "servers=2,node-reduction=on", "servers=2,server-nodes=shared,node-reduction=on",
                           "servers=2,server-nodes=shared"}) {
    INFO(rest);
    require_agreement(served(8, rest, 4, 4));
  }
}

TEST_CASE("the oracle equals the simulator where nodes take in more than they send") {
  for (const int workers : {1, 2, 5, 16})
    for (const double ingress : {2.5, 8.0})
      for (const int servers : {1, 2}) {
        if (servers > std::max(1.0, workers / ingress)) continue;  // workers' links bind: below
        INFO(workers << " workers, " << servers << " servers, " << ingress);
        Scenario scenario = served(workers, "servers=" + std::to_string(servers) + ",variables=partitioned", workers + servers);
        scenario.platform.ingress = ingress * scenario.platform.inter_node.bandwidth;
        require_agreement(scenario);
      }
}

TEST_CASE("where workers' links bind that take in more than they send the oracle is near the simulator") {
  for (const double ingress : {1.5, 2.0, 8.0})
    for (const int workers : {1, 2, 3}) {
      INFO(workers << " workers, " << ingress);
      Scenario scenario = served(workers, "servers=4,variables=partitioned,overlap=none", workers + 4);
      const double alike = oracle::predict(scenario).step_time->value();
      scenario.platform.ingress = ingress * scenario.platform.inter_node.bandwidth;
      const double ours = sim::predict(scenario).step_time->value(), theirs = oracle::predict(scenario).step_time->value();
      CHECK(theirs < alike);
      CHECK(theirs == Approx(ours).epsilon(0.025));
    }
}

TEST_CASE("what a node takes in from others changes nothing where all are on one node") {
  for (const char* sync : {"on", "off"}) {
    INFO(sync);
    Scenario scenario = served(4, std::string("servers=1,server-nodes=shared,overlap=none,sync=") + sync, 1, 4);
    const Prediction fast = oracle::predict(scenario);
    scenario.platform.intra_node.bandwidth = BytesPerSecond(1e6);
    const Prediction ours = sim::predict(scenario), theirs = oracle::predict(scenario);
    REQUIRE(theirs.step_time.value() > fast.step_time.value());
    scenario.platform.ingress = 8 * scenario.platform.inter_node.bandwidth;
    CHECK(sim::predict(scenario) == ours);
    CHECK(oracle::predict(scenario) == theirs);
  }
}

TEST_CASE("more servers than workers share the workers' links, which the oracle takes for full") {
  const Scenario scenario = served(2, "servers=4,variables=partitioned", 8);
  const double ours = sim::predict(scenario).step_time->value();
  const double theirs = oracle::predict(scenario).step_time->value();
  CHECK(theirs >= ours * (1 - 1e-9));
  CHECK(theirs <= 1.5 * ours);
}

TEST_CASE("a server that holds next to nothing holds up nobody on a worker's link") {
  for (const char* sync : {"on", "off"}) {
    const Scenario scenario = served(1, std::string("servers=2,overlap=none,sync=") + sync, 3);  // matrices on one, biases on the other
    const double ours = sim::predict(scenario).step_time->value();
    CHECK(oracle::predict(scenario).step_time->value() == Approx(ours).epsilon(0.01));
  }
}

TEST_CASE("a server beside a worker asks for a link inside the node only where something crosses it") {
  for (const char* sync : {"on", "off"})
    for (const int workers : {1, 3}) {
      INFO(workers << " workers, " << sync);
      Scenario scenario = served(workers, std::string("servers=1,server-nodes=shared,sync=") + sync, workers);
      scenario.platform.intra_node = {};
      CHECK(oracle::predict(scenario).status == Status::ok);
      CHECK(sim::predict(scenario).status == Status::ok);
    }
  for (const int nodes : {1, 2}) {
    Scenario inside = served(3, "servers=1,server-nodes=shared,sync=off", nodes, 4 - nodes);
    inside.platform.intra_node = {};
    CHECK_THROWS_AS(oracle::predict(inside), MissingCapability);
  }
}

TEST_CASE("workers followed apart take as long as the plan's, where they are alike") {
  for (const char* rest : {"servers=1", "servers=2,variables=by-size", "servers=2,overlap=none", "servers=1,backup-workers=2"}) {
    INFO(rest);
    Scenario scenario = served(4, rest, 9);
    const Prediction alike = sim::predict(scenario);
    scenario.platform.compute_jitter = 1e-12;
    const Prediction apart = sim::predict(scenario);
    CHECK(apart.step_time->value() == Approx(alike.step_time->value()).epsilon(1e-5));
    // Followed apart, a worker that waits for the token is idle; in the plan the token is under way.
    CHECK(apart.parts->comm_exposed.value() == Approx(alike.parts->comm_exposed.value()).margin(0.02 * alike.step_time->value()));
  }
}

TEST_CASE("a backup worker takes the place of the slowest where compute differs") {
  Scenario scenario = served(8, "servers=1", 12);
  scenario.platform.inter_node = {BytesPerSecond(1e12), Seconds(0)};
  scenario.platform.compute_jitter = 0.5;
  const Prediction none = sim::predict(scenario);
  scenario.strategy.backup_workers = 3;
  const Prediction three = sim::predict(scenario);
  CHECK(*three.step_time < *none.step_time);
  CHECK(three.parts->total().value() == Approx(three.step_time->value()).epsilon(1e-9));
  CHECK(three == sim::predict(scenario));
}

TEST_CASE("of each step's gradients those of as many workers are dropped as there are backups, and none without them") {
  Scenario scenario = served(4, "servers=1,overlap=none", 9);
  scenario.platform.inter_node = {BytesPerSecond(1e12), Seconds(0)};
  scenario.platform.compute_jitter = 0.5;
  const auto plan = std::get<StepPlan>(lower(scenario));
  const ServerCycle alone = server_cycle(scenario, plan, price(plan, scenario));
  for (const int backups : {0, 1, 3}) {
    scenario.strategy.backup_workers = backups;
    const auto assumptions = sim::predict(scenario).assumptions;
    const auto said =
        std::ranges::find_if(assumptions, [](const std::string& text) { return text.find("came too late") != std::string::npos; });
    REQUIRE((said != assumptions.end()) == (backups > 0));
    if (backups == 0) continue;
    // 18 steps; a worker that is late by more than a step sends less, and what is under way at the end is not counted.
    const double all = 18.0 * backups * static_cast<double>(alone.pushes.size());
    CHECK(std::stod(*said) <= all);
    CHECK(std::stod(*said) >= 0.5 * all);
  }
}

TEST_CASE("steps with servers are no slower over faster links") {
  for (const char* rest : {"servers=1", "servers=2,overlap=none", "servers=2,sync=off"}) {
    double before = 1e9;
    for (const double bandwidth : {1e6, 1e7, 1e8, 1e9, 1e10, 1e12}) {
      INFO(rest << " " << bandwidth);
      Scenario scenario = served(4, rest, 6);
      scenario.platform.inter_node.bandwidth = BytesPerSecond(bandwidth);
      const double step = oracle::predict(scenario).step_time->value();
      CHECK(step <= before);
      before = step;
    }
  }
}

TEST_CASE("one worker and one server over infinite links take a serial step and its update") {
  Scenario scenario = served(1, "servers=1,bucket=1GiB,overlap=none", 2);
  scenario.platform.inter_node = {BytesPerSecond(1e18), Seconds(0)};
  const Prediction served_step = oracle::predict(scenario);
  Scenario serial = scenario;
  serial.strategy = parse_strategy({"serial", "test", 0, 0, ""});
  const Prediction step = oracle::predict(serial);
  // The serial step updates layer by layer, the server all at once; both touch the same bytes.
  CHECK(served_step.step_time->value() == Approx(step.step_time->value()).epsilon(0.05));
  CHECK(served_step.parts->comm_exposed.value() == Approx(0).margin(1e-9));
}
