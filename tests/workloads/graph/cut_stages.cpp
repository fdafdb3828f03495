#include "workloads/graph/cut_stages.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <tuple>

#include "tests/workloads/graph/networks.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

using Loads = std::vector<LayerLoad>;

LayerLoad load(double time, double resident = 0, double saved = 0) { return {Seconds(time), Bytes(resident), Bytes(saved)}; }

std::vector<double> values(const std::vector<Bytes>& bytes) {
  std::vector<double> list;
  for (const Bytes each : bytes) list.push_back(each.value());
  return list;
}

StageCut cut(const Workload& workload, const Loads& loads, const StageLimits& limits) {
  return std::get<StageCut>(cut_stages(workload, loads, limits));
}

/// Bytes over the boundary before a layer, tensor by tensor.
double crossing_by_hand(const Workload& workload, int boundary) {
  double bytes = 0;
  for (int i = 0; i < boundary; ++i) {
    bool crosses = false;
    for (int j = boundary; j < static_cast<int>(workload.layers.size()); ++j)
      for (const int input : workload.layers[j].inputs) crosses = crosses || input == i;
    if (crosses) bytes += 4.0 * static_cast<double>(workload.layers[i].shape.output.elements());
  }
  return bytes;
}

/// The best of all cuts from stage `s` on: its slowest stage, then the bytes that cross.
struct BruteForce {
  const Workload& workload;
  const Loads& loads;
  const StageLimits& limits;
  std::tuple<double, double> best{1e300, 1e300};

  void from(int stage, int first, double slowest, double crossing) {
    const int layers = static_cast<int>(loads.size());
    if (stage == limits.stages) {
      if (first == layers) best = std::min(best, std::tuple(slowest, crossing));
      return;
    }
    double time = 0;
    double memory = 0;
    const int copies = limits.in_flight.empty() ? 1 : limits.in_flight[stage];
    for (int end = first + 1; end <= layers; ++end) {
      time += loads[end - 1].time.value();
      memory += loads[end - 1].resident.value() + copies * loads[end - 1].saved.value();
      if (memory > limits.memory.value()) return;
      from(stage + 1, end, std::max(slowest, time), crossing + (first > 0 ? crossing_by_hand(workload, first) : 0));
    }
  }
};

}  // namespace

TEST_CASE("a residual connection crosses every cut that it spans, once", "[unit]") {
  CHECK(values(crossing_bytes(residual())) == std::vector<double>{0, 40, 48, 52, 48});
  Workload half = residual();
  half.precision = Precision::bf16;
  CHECK(values(crossing_bytes(half)) == std::vector<double>{0, 20, 24, 26, 24});
}

TEST_CASE("a view and what it looks at cross as one tensor, and the sample not at all", "[unit]") {
  Layer view = node({0}, 10);
  view.shape.kind = LayerKind::reshape;
  const Workload workload{.layers = {node({kData}, 10), view, node({1, kData}, 3), node({0, 2}, 1)}};
  CHECK(values(crossing_bytes(workload)) == std::vector<double>{0, 40, 40, 52});
}

TEST_CASE("stages are balanced by time, not by layers", "[unit]") {
  const Workload chain{.layers = {node({kData}), node({0}), node({1}), node({2}), node({3})}};
  const Loads loads{load(5), load(1), load(1), load(1), load(2)};
  const StageCut found = cut(chain, loads, {.stages = 2});
  CHECK(found.first == std::vector{0, 1});
  CHECK(found.slowest().value() == 5);
  CHECK(found.times[1].value() == 5);
  CHECK(values(found.crossing) == std::vector<double>{4});
  CHECK(cut(chain, loads, {.stages = 1}).first == std::vector{0});
  CHECK(cut(chain, loads, {.stages = 5}).first == std::vector{0, 1, 2, 3, 4});
}

TEST_CASE("of cuts as fast as one another the one with the fewest bytes is taken", "[unit]") {
  CHECK(cut(residual(), {load(1), load(0), load(0), load(0), load(1)}, {.stages = 2}).first == std::vector{0, 1});
  Workload narrow = residual();
  narrow.layers[0].shape.output.channels = 20;
  CHECK(cut(narrow, {load(1), load(0), load(0), load(0), load(1)}, {.stages = 2}).first == std::vector{0, 4});
}

TEST_CASE("memory moves a cut, and the first stages hold more micro-batches", "[unit]") {
  const Workload chain{.layers = {node({kData}), node({0}), node({1}), node({2})}};
  const Loads loads{load(1, 2, 1), load(1, 2, 1), load(1, 2, 1), load(1, 2, 1)};
  CHECK(cut(chain, loads, {.stages = 2, .memory = Bytes(6)}).first == std::vector{0, 2});
  const StageCut shifted = cut(chain, loads, {.stages = 2, .memory = Bytes(9), .in_flight = {3, 1}});
  CHECK(shifted.first == std::vector{0, 1});
  CHECK(values(shifted.memory) == std::vector<double>{5, 9});
}

TEST_CASE("what cannot be cut is infeasible, with the reason", "[unit]") {
  const Workload chain{.layers = {node({kData}), node({0}), node({1})}};
  const Loads loads{load(1, 1024), load(1, 2048), load(1, 1024)};
  const auto reason = [&](const StageLimits& limits) { return std::get<Infeasible>(cut_stages(chain, loads, limits)).reason; };
  CHECK(reason({.stages = 4}) == "4 stages, but only 3 layers");
  CHECK(reason({.stages = 2, .memory = Bytes(2048)}) == "the largest of 2 stages takes at least 3.00 KiB, a stage holds 2.00 KiB");
  CHECK(reason({.stages = 3, .memory = Bytes(1024)}) == "the largest of 3 stages takes at least 2.00 KiB, a stage holds 1.00 KiB");
}

TEST_CASE("no cut is better than the one that is found", "[unit]") {
  std::mt19937 random(3);
  int infeasible = 0;
  for (int trial = 0; trial < 400; ++trial) {
    const Workload workload = random_network(1 + static_cast<int>(random() % 9), random);
    Loads loads;
    for (std::size_t i = 0; i < workload.layers.size(); ++i)
      loads.push_back(load(static_cast<double>(random() % 6), static_cast<double>(random() % 6), static_cast<double>(random() % 4)));
    StageLimits limits{.stages = 1 + static_cast<int>(random() % 4), .memory = Bytes(8.0 + static_cast<double>(random() % 20))};
    for (int s = 0; s < limits.stages && trial % 2 == 0; ++s) limits.in_flight.push_back(1 + static_cast<int>(random() % 4));
    BruteForce brute{workload, loads, limits};
    brute.from(0, 0, 0, 0);
    const auto found = cut_stages(workload, loads, limits);
    if (std::get<0>(brute.best) > 1e200) {
      ++infeasible;
      REQUIRE(std::holds_alternative<Infeasible>(found));
      continue;
    }
    const StageCut& best = std::get<StageCut>(found);
    double crossing = 0;
    for (const Bytes bytes : best.crossing) crossing += bytes.value();
    REQUIRE(std::tuple(best.slowest().value(), crossing) == brute.best);
    for (const Bytes memory : best.memory) REQUIRE(memory <= limits.memory);
  }
  CHECK(infeasible > 20);
  CHECK(infeasible < 300);
}

TEST_CASE("blocks of a transformer are cut between blocks, where one tensor crosses", "[unit]") {
  const Workload gpt = load_workload({"gpt", "--workload", 0, 0, ""}, {});
  Loads loads;
  for (const Layer& layer : gpt.layers) loads.push_back(load(layer.block >= 0 ? 1 : 0));
  const StageCut found = cut(gpt, loads, {.stages = 4});
  const double tensor = 4.0 * 768 * 1024;
  CHECK(values(found.crossing) == std::vector<double>{tensor, tensor, tensor});
  for (int s = 1; s < 4; ++s) CHECK(gpt.layers[found.first[s]].block == 3 * s);
}

TEST_CASE("ten thousand layers are cut into 64 stages", "[limit]") {
  Workload chain;
  Loads loads;
  for (int i = 0; i < 10'000; ++i) {
    chain.layers.push_back(node({i - 1}));
    loads.push_back(load(1 + i % 7, 1, 1));
  }
  const StageCut found = cut(chain, loads, {.stages = 64, .memory = Bytes(1000)});
  const double even = (4.0 * 9'996 + 1 + 2 + 3 + 4) / 64;
  CHECK(found.slowest().value() >= even);
  CHECK(found.slowest().value() < even + 7);
}

}  // namespace forerun
