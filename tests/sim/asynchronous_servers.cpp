#include <array>
#include <catch2/catch.hpp>
#include <random>

#include "oracle/asynchronous.hpp"
#include "oracle/predict.hpp"
#include "oracle/servers.hpp"
#include "sim/simulate.hpp"
#include "strategies/lower.hpp"
#include "tests/sim/scenarios.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

struct Asynchronous {
  oracle::RateBounds bounds;
  double rate_per_s = 0;
};

Asynchronous bounds_of(const Scenario& scenario) {
  const auto plan = std::get<StepPlan>(lower(scenario));
  const oracle::ServerLoad load = oracle::asynchronous_cycle(scenario, plan, price(plan, scenario)).load;
  return {oracle::rate_bounds(load), oracle::asynchronous_rate(load).updates_per_s};
}

/// What the simulator plays lies between the bounds, and near the oracle's rate.
void require_within_bounds(const Scenario& scenario) {
  const int workers = scenario.strategy.data;
  const Asynchronous known = bounds_of(scenario);
  REQUIRE(known.bounds.least_per_s <= known.bounds.most_per_s * (1 + 1e-9));
  const Prediction theirs = oracle::predict(scenario);
  REQUIRE(known.rate_per_s == Approx(workers / theirs.step_time->value()).epsilon(1e-9));
  REQUIRE(theirs.parts->total().value() == Approx(theirs.step_time->value()).epsilon(1e-9));
  for (const Seconds part : {theirs.parts->compute, theirs.parts->comm_exposed, theirs.parts->bubble})
    REQUIRE(part >= -1e-9 * *theirs.step_time);
  const Prediction played = sim::predict(scenario);
  REQUIRE(played.status == Status::ok);
  REQUIRE(played.parts->total().value() == Approx(played.step_time->value()).epsilon(1e-9));
  const double rate = workers / played.step_time->value();
  // What is counted begins and ends with an update of whatever worker: one of 32 rounds more or less.
  CHECK(rate >= known.bounds.least_per_s * (1 - 1.0 / 32));
  CHECK(rate <= known.bounds.most_per_s * (1 + 1.0 / 32));
  // Two alike workers fall into turns, which mean values do not know.
  CHECK(known.rate_per_s / rate >= 0.6);
  CHECK(known.rate_per_s / rate <= 1.2);
}

}  // namespace

TEST_CASE("asynchronous rates of both engines lie between the bounds of closed queueing networks") {
  std::mt19937 random(7);
  const auto among = [&](const auto& values) { return values[random() % std::size(values)]; };
  for (int round = 0; round < 40; ++round) {
    const int workers = among(std::array{1, 2, 3, 5, 8, 13});
    const int servers = among(std::array{1, 1, 2, 3});
    const char* rest = among(std::array{"", ",overlap=none", ",variables=by-size", ",bucket=1MiB"});
    Scenario scenario = served(workers, "servers=" + std::to_string(servers) + ",sync=off" + rest, workers + servers);
    scenario.platform.inter_node = {BytesPerSecond(among(std::array{1e6, 1e7, 1e8, 1e9, 1e11})),
                                    Seconds(among(std::array{0.0, 1e-5, 1e-3}))};
    scenario.platform.ingress = among(std::array{1.0, 1.0, 1.5, 8.0}) * scenario.platform.inter_node.bandwidth;
    scenario.run.seed = static_cast<std::uint64_t>(round);
    INFO(round << ": " << workers << " workers, " << servers << " servers" << rest << ", " << scenario.platform.inter_node.bandwidth.value()
               << ", takes in " << scenario.platform.ingress.value());
    require_within_bounds(scenario);
  }
}

TEST_CASE("asynchronous workers that share links inside the network keep to the bounds that these set") {
  std::mt19937 random(11);
  const auto among = [&](const auto& values) { return values[random() % std::size(values)]; };
  for (int round = 0; round < 60; ++round) {
    const int workers = among(std::array{2, 3, 6, 9, 14});
    const int servers = among(std::array{1, 1, 2});
    const int devices = among(std::array{1, 2});
    const char* rest = among(std::array{"", ",overlap=none", ",variables=by-size"});
    Scenario scenario = served(workers, "servers=" + std::to_string(servers) + ",sync=off" + rest, 16, devices);
    Platform& platform = scenario.platform;
    platform.inter_node = {BytesPerSecond(among(std::array{1e7, 1e8, 1e9, 1e10})), Seconds(among(std::array{0.0, 1e-5}))};
    const double slower = among(std::array{1.0, 0.5, 0.1, 0.01});
    const char* kind = among(std::array{"tree", "dragonfly", "torus"});
    if (kind == std::string("tree")) {
      platform.topology = {.kind = Topology::Kind::fat_tree, .shape = {4, 4}, .oversubscription = {std::min(8.0, 1 / slower), 1}};
    } else if (kind == std::string("dragonfly")) {
      platform.topology = {.kind = Topology::Kind::dragonfly, .shape = {2, 2}};
      platform.topology.local = platform.inter_node.bandwidth;
      platform.topology.global = slower * platform.inter_node.bandwidth;
    } else {
      platform.topology = {.kind = Topology::Kind::torus, .shape = {4, 4}};
      platform.topology.local = slower * platform.inter_node.bandwidth;
    }
    scenario.run.seed = static_cast<std::uint64_t>(round);
    INFO(round << ": " << workers << " workers, " << devices << " a node, " << servers << " servers" << rest << ", " << kind << ", "
               << slower << " of " << platform.inter_node.bandwidth.value());
    require_within_bounds(scenario);
  }
}

TEST_CASE("asynchronous workers beside servers run ahead of those that a link holds back") {
  std::mt19937 random(5);
  const auto among = [&](const auto& values) { return values[random() % std::size(values)]; };
  for (int round = 0; round < 60; ++round) {
    const int devices = among(std::array{1, 1, 2});
    const int workers = among(std::array{2, 3, 4, 8, 13});
    const int servers = std::min(among(std::array{1, 1, 2, 4}), (workers + devices - 1) / devices);
    const char* rest = among(std::array{"", ",overlap=none", ",variables=partitioned"});
    Scenario scenario = served(workers, "servers=" + std::to_string(servers) + ",server-nodes=shared,sync=off" + rest, 16, devices);
    scenario.platform.inter_node = {BytesPerSecond(among(std::array{1e6, 1e7, 1e8, 1e9, 1e11})),
                                    Seconds(among(std::array{0.0, 1e-5, 1e-3, 1e-2}))};
    const bool tree = among(std::array{true, false, false});
    if (tree) scenario.platform.topology = {.kind = Topology::Kind::fat_tree, .shape = {4, 4}, .oversubscription = {4, 1}};
    scenario.run.seed = static_cast<std::uint64_t>(round);
    INFO(round << ": " << workers << " workers, " << devices << " a node, " << servers << " servers" << rest << ", "
               << scenario.platform.inter_node.bandwidth.value() << (tree ? ", tree" : ""));
    require_within_bounds(scenario);
  }
}

TEST_CASE("a worker beside a server waits for no latency, and one on another node for all") {
  Scenario scenario = served(2, "servers=1,server-nodes=shared,sync=off", 2);
  scenario.platform.inter_node = {BytesPerSecond(1e13), Seconds(0.5)};
  // Pull, token and whatever else is asked for and answered takes two, a push one: five, beside next to no compute.
  const double beside_s = oracle::predict(served(1, "servers=1,server-nodes=shared,sync=off", 1)).step_time->value();
  const double rate_per_s = 1 / beside_s + 1 / (beside_s + 2.5);
  CHECK(2 / oracle::predict(scenario).step_time->value() == Approx(rate_per_s).epsilon(0.02));
  CHECK(2 / sim::predict(scenario).step_time->value() == Approx(rate_per_s).epsilon(0.02));
}

TEST_CASE("one asynchronous worker goes as fast as one that is waited for, and no gradient is stale") {
  const Scenario one = served(1, "servers=1,sync=off", 2);
  CHECK(sim::predict(one).step_time->value() == Approx(oracle::predict(one).step_time->value()).epsilon(1e-5));
  CHECK(oracle::predict(one).step_time->value() == Approx(oracle::predict(served(1, "servers=1", 2)).step_time->value()).epsilon(1e-12));
  const auto assumptions = sim::predict(one).assumptions;
  CHECK(std::ranges::any_of(assumptions, [](const std::string& text) { return text.find("stale by 0.00 updates") != std::string::npos; }));
}

TEST_CASE("where nothing is slow but compute, gradients are stale by all the other workers") {
  Scenario scenario = served(8, "servers=1,sync=off", 9);
  scenario.platform.inter_node = {BytesPerSecond(1e13), Seconds(0)};
  const auto assumptions = sim::predict(scenario).assumptions;
  const auto stale = std::ranges::find_if(assumptions, [](const std::string& text) { return text.find("stale by") != std::string::npos; });
  REQUIRE(stale != assumptions.end());
  CHECK(std::stod(stale->substr(stale->find("by ") + 3)) == Approx(7).epsilon(0.05));
}

TEST_CASE("two asynchronous workers that began together fall into turns, in which neither waits for the other") {
  Scenario scenario = served(2, "servers=1,overlap=none,sync=off", 3);
  scenario.platform.inter_node = {BytesPerSecond(1e7), Seconds(1e-5)};  // next to nothing is computed
  const Asynchronous known = bounds_of(scenario);
  double together_s = 0;
  for (scenario.run.seed = 1; scenario.run.seed <= 8; ++scenario.run.seed) together_s += sim::predict(scenario).step_time->value() / 8;
  const double fastest_s = 2 / known.bounds.most_per_s;
  CHECK(together_s >= fastest_s);
  CHECK(together_s <= 1.28 * fastest_s);  // in step they would take twice as long, met at random 1.5 times
}
