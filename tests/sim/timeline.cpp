#include "sim/timeline.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <set>

#include "core/error.hpp"
#include "costs/calibration_file.hpp"
#include "io/json.hpp"
#include "platforms/load.hpp"
#include "sim/link_use.hpp"
#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

using namespace forerun;

namespace {

Text word(std::string value, std::string key = "") { return {std::move(value), "test", 0, 0, std::move(key)}; }

Scenario transformer(const std::string& strategy, int nodes, int devices_per_node, const char* layers = "8") {
  Scenario scenario;
  scenario.workload = load_workload(word("gpt2"), std::vector{word(layers, "layers"), word("64", "hidden"), word("8", "heads"),
                                                              word("32", "sequence"), word("1000", "vocabulary")});
  scenario.platform = load_platform(word("dgx-a100-80gb"), {});
  scenario.platform.nodes = nodes, scenario.platform.devices_per_node = devices_per_node;
  scenario.platform.inter_node.bandwidth *= 1e-2;
  scenario.calibration = load_calibration(word(scenario.platform.calibration));
  scenario.strategy = parse_strategy(word(strategy));
  scenario.workload.batch = scenario.strategy.data * scenario.strategy.micro_batches;
  return scenario;
}

const char* const kMixed = "data=2,tensor=2,pipeline=4,micro-batches=8,overlap=data";

struct Played {
  StepPlan plan;
  std::vector<OperationCost> costs;
  sim::Played played;
};
Played played(const Scenario& scenario, std::int64_t steps) {
  Played out{std::get<StepPlan>(lower(scenario)), {}, {}};
  out.costs = price(out.plan, scenario);
  out.played = sim::play(out.plan, out.costs, scenario.platform, {.steps = steps, .logging = sim::Logging::every_rank});
  return out;
}

Json events_of(const Scenario& scenario, std::int64_t steps = 2) { return Json::parse(sim::timeline(scenario, steps))["traceEvents"]; }

void require_apart(const std::vector<sim::Slice>& slices) {
  for (std::size_t i = 1; i < slices.size(); ++i)
    if (slices[i].rank == slices[i - 1].rank && slices[i].lane == slices[i - 1].lane)
      REQUIRE(slices[i].start_s >= slices[i - 1].finish_s - 1e-12);
}

}  // namespace

TEST_CASE("a lane of a timeline never overlaps itself, and lies within the time of the play") {
  const Scenario scenario = transformer(kMixed, 4, 4);
  std::map<std::pair<int, int>, double> through_us;
  std::map<std::pair<int, int>, std::int64_t> through_ns;
  double last_us = 0;
  int slices = 0;
  for (const Json& event : events_of(scenario)) {
    if (event["ph"] != "X") continue;
    const std::pair lane{event["pid"].get<int>(), event["tid"].get<int>()};
    const double start_us = event["ts"].get<double>(), took_us = event["dur"].get<double>();
    REQUIRE(start_us >= through_us[lane] - 1e-6);  // what doubles lose
    through_us[lane] = start_us + took_us;
    const auto start_ns = static_cast<std::int64_t>(1e3 * start_us);  // Perfetto truncates both, and drops a slice that overlaps
    REQUIRE(start_ns >= through_ns[lane]);
    through_ns[lane] = start_ns + static_cast<std::int64_t>(1e3 * took_us);
    last_us = std::max(last_us, through_us[lane]);
    ++slices;
  }
  const sim::Played plain = played(scenario, 2).played;
  CHECK(last_us == Approx(1e6 * plain.makespan.value()).epsilon(1e-6));
  CHECK(slices > 1000);
  std::set<int> ranks;
  for (const auto& [lane, through] : through_us) ranks.insert(lane.first);
  CHECK(ranks.size() == 16);
}

TEST_CASE("an arrow leads from the sender of what crosses a stage to its receiver, while both are at it") {
  const Json events = events_of(transformer(kMixed, 4, 4), 1);
  std::map<int, Json> starts;
  int arrows = 0;
  for (const Json& event : events)
    if (event["ph"] == "s") starts[event["id"].get<int>()] = event;
  for (const Json& event : events) {
    if (event["ph"] != "f") continue;
    const Json& start = starts.at(event["id"].get<int>());
    const int from = start["pid"].get<int>() / 4, to = event["pid"].get<int>() / 4;  // four ranks a stage
    REQUIRE(to - from == (start["name"] == "send_forward" ? 1 : -1));
    for (const Json& end : {start, event}) {
      const double at = end["ts"].get<double>();
      const auto holds = [&](const Json& slice) {
        return slice["ph"] == "X" && slice["pid"] == end["pid"] && slice["tid"] == end["tid"] && slice["ts"].get<double>() <= at &&
               at <= slice["ts"].get<double>() + slice["dur"].get<double>();
      };
      if (arrows % 16 == 0) REQUIRE(std::ranges::any_of(events, holds));
    }
    ++arrows;
  }
  CHECK(arrows == 2 * 3 * 8 * 4);  // both ways, over three borders, of eight micro-batches on four ranks a stage
}

TEST_CASE("what a node's link carries adds up to what its ranks send to others") {
  const Scenario scenario = transformer("data=8,overlap=data,collective=ring", 4, 2);
  const Played whole = played(scenario, 3);
  const auto uses = sim::link_use(whole.plan, sim::compile(whole.plan), whole.costs, scenario.platform, whole.played, 500);
  double bytes = 0;
  for (std::size_t i = 0; i < whole.costs.size(); ++i)
    if (whole.plan.operations[i].kind() == OperationKind::transfer)
      bytes += 3 * whole.costs[i].edge_bytes.value() * whole.costs[i].expansion;
  REQUIRE(bytes > 0);
  REQUIRE(uses.size() == 4);
  const double part_s = whole.played.makespan.value() / 500;
  for (const sim::LinkUse& use : uses) {
    double sent = 0, received = 0, most = 0;
    for (const double rate : use.sends_bytes_per_s) sent += rate * part_s, most = std::max(most, rate);
    for (const double rate : use.receives_bytes_per_s) received += rate * part_s;
    CHECK(sent == Approx(bytes).epsilon(1e-9));
    CHECK(received == Approx(bytes).epsilon(1e-9));
    CHECK(most <= scenario.platform.inter_node_rate().value() * (1 + 1e-6));
  }
}

TEST_CASE("too many slices are joined by what they are, without overlap and without losing one") {
  const Played whole = played(transformer(kMixed, 4, 4), 2);
  const auto all = sim::slices_of(whole.plan, whole.played, 1'000'000);
  require_apart(all);
  const auto fewer = sim::slices_of(whole.plan, whole.played, all.size() / 3);
  require_apart(fewer);
  CHECK(fewer.size() <= all.size() / 3);
  std::size_t counted = 0;
  for (const sim::Slice& slice : fewer) counted += static_cast<std::size_t>(slice.count);
  CHECK(counted == all.size());
  const auto fewest = sim::slices_of(whole.plan, whole.played, 1);
  CHECK(fewest.size() < fewer.size());
  const auto forward = std::ranges::find_if(fewest, [&](const sim::Slice& slice) { return slice.count > 1; });
  REQUIRE(forward != fewest.end());
}

TEST_CASE("a step of 64 ranks stays under 20 MB", "[slow]") {
  const Scenario scenario = transformer("data=2,tensor=8,pipeline=4,micro-batches=32,overlap=data", 8, 8, "48");
  CHECK(sim::timeline(scenario, 1).size() < 20'000'000);
}

TEST_CASE("workers that follow no common plan have no timeline") {
  Scenario scenario = transformer("data=2", 3, 1);
  scenario.strategy = parse_strategy(word("data=2,servers=1,sync=off"));
  CHECK_THROWS_AS(sim::timeline(scenario, 1), MissingCapability);
}
