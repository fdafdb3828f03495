#include "oracle/search/pricer.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "core/error.hpp"
#include "costs/calibration_file.hpp"
#include "oracle/predict.hpp"
#include "platforms/load.hpp"
#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

using namespace forerun;
using oracle::Pricer;
using oracle::Quote;

namespace {

Text word(const std::string& value, const std::string& key = "") { return {value, "test", 0, 0, key}; }

struct Case {
  const char* workload;
  std::vector<std::pair<const char*, const char*>> settings;
  const char* platform;
  const char* nodes;
  std::int64_t batch;
};

Scenario scenario_of(const Case& chosen) {
  Scenario scenario;
  std::vector<Text> settings;
  for (const auto& [key, value] : chosen.settings) settings.push_back(word(value, key));
  scenario.workload = load_workload(word(chosen.workload), settings);
  scenario.workload.batch = chosen.batch;
  scenario.platform = load_platform(word(chosen.platform), std::vector{word(chosen.nodes, "nodes")});
  scenario.calibration = load_calibration(word(scenario.platform.calibration));
  return scenario;
}

/// What predict() says of a strategy: its step and memory, or nothing.
struct Whole {
  bool feasible = false;
  double step_s = 0;
  double memory_bytes = 0;
};
Whole predicted(Scenario scenario, const Strategy& strategy) {
  scenario.strategy = strategy;
  try {
    const Prediction prediction = oracle::predict(scenario);
    if (prediction.status != Status::ok) return {};
    return {true, prediction.step_time->value(), prediction.memory_per_device->value()};
  } catch (const MissingCapability&) {
    return {};
  }
}

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  template <class T>
  T pick(std::initializer_list<T> values) {
    return values.begin()[std::uniform_int_distribution<std::size_t>(0, values.size() - 1)(random_)];
  }

  /// What may share a draft with it, or all but.
  Strategy like(Strategy s) {
    s.zero = pick({0, 1, 2, 3});
    s.overlap = pick({Overlap::none, Overlap::data, Overlap::tensor, Overlap::all});
    switch (pick({0, 0, 0, 1, 2, 3})) {
      case 1: s.micro_batch = pick({1, 2, 4}); break;
      case 2: s.recompute = pick({Recompute::none, Recompute::full}); break;
      case 3:
        if (s.interleave == 1) s.schedule = pick({Schedule::gpipe, Schedule::one_f_one_b, Schedule::zero_bubble_h1});
        break;
      default: break;
    }
    return s;
  }

  Strategy strategy(int devices) {
    Strategy s = parse_strategy(word(pick({"runtime=megatron", "runtime=megatron", "runtime=pytorch-ddp", "runtime=forerun"})));
    s.tensor = pick({1, 1, 2, 2, 4, 4, 8, 3});
    s.pipeline = pick({1, 2, 2, 3, 4, 4, 5, 8});
    s.context = pick({1, 1, 1, 1, 2, 4});
    const int most = std::max(1, devices / (s.tensor * s.pipeline * s.context));
    s.data = std::min(pick({1, 2, 4, 8, 16}), most);
    if (pick({0, 0, 1}) == 1) s.expert = pick({2, 4});
    s.micro_batch = pick({1, 2, 4});
    s.sequence_parallel = s.tensor > 1 && pick({0, 1}) == 1;
    s.zero = pick({0, 0, 1, 2, 3});
    s.recompute = pick({Recompute::none, Recompute::selective, Recompute::full});
    s.overlap = pick({Overlap::none, Overlap::data, Overlap::tensor, Overlap::all});
    s.schedule = pick({Schedule::gpipe, Schedule::one_f_one_b, Schedule::interleaved, Schedule::zero_bubble_h1});
    if (s.pipeline > 1 && s.schedule == Schedule::interleaved) s.interleave = pick({1, 2, 3, 6});
    if (pick({0, 0, 1}) == 1) s.bucket = s.first_bucket = Bytes(20e6);
    if (pick({0, 0, 1}) == 1) s.order = {Axis::data, Axis::tensor, Axis::context, Axis::expert, Axis::pipeline};
    if (pick({0, 0, 0, 1}) == 1) s.collective = CollectiveAlgorithm::ring;
    if (pick({0, 0, 0, 1}) == 1) s.vocabulary_multiple = pick({1, 64});
    return s;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("a price put together from pieces is the prediction's, over random strategies") {
  const unsigned seed = 20'21;
  Dice dice(seed);
  const std::vector<Case> cases{
      {"gpt", {{"layers", "24"}, {"hidden", "1024"}, {"heads", "16"}, {"precision", "fp16"}}, "dgx-a100-80gb", "16", 64},
      {"llama", {{"layers", "13"}, {"hidden", "2048"}, {"heads", "16"}, {"precision", "bf16"}}, "dgx-h100", "8", 48},
      {"mixtral-8x7b", {{"layers", "8"}, {"precision", "bf16"}, {"gradients", "fp32"}}, "dgx-h100", "8", 32},
      {"bert-large", {{"precision", "fp16"}}, "dgx1-v100", "4", 24},
      {"gpt3-175b", {{"precision", "bf16"}, {"gradients", "fp32"}}, "dgx-a100-80gb", "16", 48},
  };
  std::map<std::string, int> seen;
  for (const Case& chosen : cases) {
    const Scenario scenario = scenario_of(chosen);
    Pricer pricer(scenario);
    Strategy strategy;
    for (int i = 0; i < 800; ++i) {
      strategy = i % 4 < 2 ? dice.strategy(scenario.platform.devices()) : dice.like(strategy);
      const std::int64_t before = pricer.counts().from_pieces;
      const Quote quote = pricer.price(strategy);
      const Whole whole = predicted(scenario, strategy);
      INFO("seed " << seed << ", " << chosen.workload << ", " << i << ": " << strategy_text(strategy) << "; " << to_string(quote.obstacle));
      REQUIRE(quote.feasible() == whole.feasible);
      if (pricer.counts().from_pieces == before) continue;
      ++seen[whole.feasible ? "feasible" : std::string(to_string(quote.obstacle))];
      if (!whole.feasible) continue;
      REQUIRE(quote.step_s == Approx(whole.step_s).epsilon(1e-9));
      REQUIRE(quote.memory_bytes == Approx(whole.memory_bytes).epsilon(1e-9));
      seen["pipelines"] += strategy.pipeline > 1;
      seen["interleaved"] += strategy.interleave > 1;
      seen["experts"] += strategy.expert > 1;
      seen["sharded"] += strategy.zero > 0;
      seen["parameters in units"] += strategy.zero == 3 && strategy.data * strategy.context > 1;
      seen["data axes that fill nodes"] += strategy.order.front() == Axis::data && strategy.data > scenario.platform.devices_per_node;
      seen["sequences over nodes"] += strategy.tensor * strategy.context > scenario.platform.devices_per_node;
    }
  }
  for (const char* what : {"feasible", "pipelines", "interleaved", "experts", "sharded", "parameters in units", "data axes that fill nodes",
                           "sequences over nodes", "division", "schedule", "stages", "network", "memory"})
    CHECK(seen[what] >= 5);
}

TEST_CASE("two stages of several chunks wait for each other's sends where links are slow") {
  Scenario scenario =
      scenario_of({"gpt", {{"layers", "24"}, {"hidden", "1024"}, {"heads", "16"}, {"precision", "fp16"}}, "dgx-a100-80gb", "2", 16});
  scenario.platform.inter_node.bandwidth = BytesPerSecond(2e8);
  Pricer pricer(scenario);
  for (const char* text : {"tensor=8,pipeline=2,interleave=2,micro-batch=1,runtime=megatron",
                           "tensor=8,pipeline=2,interleave=6,micro-batch=2,runtime=megatron"}) {
    const Strategy strategy = parse_strategy(word(text));
    const Quote quote = pricer.price(strategy);
    CHECK(quote.step_s == Approx(predicted(scenario, strategy).step_s).epsilon(1e-9));
  }
  CHECK(pricer.counts().from_pieces == 2);
}

TEST_CASE("strategies of a network whose blocks differ are what they are as whole plans, and none is quicker than its bound") {
  const unsigned seed = 20'26;
  Dice dice(seed);
  const std::vector<std::pair<const char*, const char*>> settings{{"layers", "8"}, {"precision", "bf16"}};
  Scenario scenario = scenario_of({"deepseek-v2", settings, "dgx-h100", "8", 16});
  Pricer pricer(scenario);
  std::map<std::string, int> seen;
  for (int i = 0; i < 400; ++i) {
    scenario.strategy = dice.strategy(scenario.platform.devices());
    INFO("seed " << seed << ", " << i << ": " << strategy_text(scenario.strategy));
    const Quote quote = pricer.price(scenario.strategy);
    Obstacle obstacle = Obstacle::other;
    try {
      const auto lowered = lower(scenario);
      obstacle = std::holds_alternative<Infeasible>(lowered) ? std::get<Infeasible>(lowered).obstacle : Obstacle::none;
    } catch (const MissingCapability&) {
    }
    REQUIRE(quote.obstacle == obstacle);
    ++seen[std::string(to_string(obstacle))];
    if (!quote.feasible()) continue;
    const Prediction prediction = oracle::predict(scenario);
    REQUIRE(quote.step_s == prediction.step_time->value());
    const Quote bound = pricer.price(scenario.strategy, [](double, double) { return false; });
    REQUIRE(bound.given_up);
    REQUIRE(bound.step_s <= quote.step_s * (1 + 1e-12));
    REQUIRE(bound.memory_bytes == Approx(quote.memory_bytes).epsilon(1e-12));
    seen["tight"] += bound.step_s > 0.5 * quote.step_s;
    seen["recomputed"] += scenario.strategy.recompute == Recompute::full;
    seen["pipelines"] += scenario.strategy.pipeline > 1;
  }
  CHECK(pricer.counts().from_pieces == 0);
  for (const char* what : {"none", "division", "schedule", "network", "stages", "memory", "other", "tight", "recomputed", "pipelines"}) {
    INFO(what);
    CHECK(seen[what] >= 3);
  }
}

TEST_CASE("steps that wait for their samples are priced one plan at a time") {
  Scenario scenario =
      scenario_of({"gpt", {{"layers", "8"}, {"hidden", "1024"}, {"heads", "16"}, {"precision", "fp16"}}, "dgx-a100-80gb", "1", 16});
  scenario.platform.loader_rate = 2;
  Pricer pricer(scenario);
  const Strategy strategy = parse_strategy(word("data=2,tensor=2,micro-batch=2,runtime=megatron"));
  CHECK(pricer.price(strategy).step_s == Approx(4));  // 8 samples of a replica
  CHECK(pricer.counts().from_pieces == 0);
}

TEST_CASE("over other networks strategies are priced as predictions are, and none is quicker than over a star") {
  const unsigned seed = 20'27;
  Dice dice(seed);
  const Case chosen{"mixtral-8x7b", {{"layers", "8"}, {"precision", "bf16"}}, "dgx-h100", "8", 32};
  const Scenario star = scenario_of(chosen);
  Pricer over_star(star);
  std::map<std::string, int> seen;
  for (const Topology& topology : {Topology{.kind = Topology::Kind::fat_tree, .shape = {2}, .oversubscription = {2}},
                                   Topology{.kind = Topology::Kind::torus, .shape = {4, 2}, .local = BytesPerSecond(2e11)},
                                   Topology{.kind = Topology::Kind::dragonfly, .shape = {1, 2}, .global = BytesPerSecond(5e10)}}) {
    Scenario scenario = star;
    scenario.platform.topology = topology;
    Pricer pricer(scenario);
    for (int i = 0; i < 150; ++i) {
      const Strategy strategy = dice.strategy(scenario.platform.devices());
      INFO("seed " << seed << ", " << to_string(topology.kind) << ", " << i << ": " << strategy_text(strategy));
      const Quote bound = over_star.price(strategy);
      const Quote quote = pricer.price(strategy, [](double, double) { return true; });
      const Whole whole = predicted(scenario, strategy);
      REQUIRE(quote.feasible() == whole.feasible);
      REQUIRE(bound.feasible() == whole.feasible);
      if (!whole.feasible) continue;
      REQUIRE(quote.step_s == Approx(whole.step_s).epsilon(1e-9));
      REQUIRE(quote.memory_bytes == Approx(whole.memory_bytes).epsilon(1e-9));
      REQUIRE(bound.step_s <= quote.step_s * (1 + 1e-9));
      seen["feasible"]++;
      seen[std::string(to_string(topology.kind))] += bound.step_s < 0.999 * quote.step_s;
    }
  }
  for (const char* what : {"feasible", "fat-tree", "torus", "dragonfly"}) CHECK(seen[what] >= 10);
}
