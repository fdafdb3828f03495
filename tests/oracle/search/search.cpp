#include "oracle/search/search.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "core/error.hpp"
#include "costs/calibration_file.hpp"
#include "oracle/predict.hpp"
#include "platforms/load.hpp"
#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

using namespace forerun;
using namespace forerun::oracle;

namespace {

Text word(const std::string& value, const std::string& key = "") { return {value, "test", 0, 0, key}; }

Scenario scenario_of(const char* workload, const std::vector<Text>& settings, std::int64_t batch, const char* platform, const char* nodes,
                     const char* strategy) {
  Scenario scenario;
  scenario.workload = load_workload(word(workload), settings);
  scenario.workload.batch = batch;
  scenario.platform = load_platform(word(platform), std::vector{word(nodes, "nodes")});
  scenario.calibration = load_calibration(word(scenario.platform.calibration));
  scenario.strategy = parse_strategy(word(strategy));
  return scenario;
}

/// 24 layers on two nodes of eight.
Scenario small_gpt(const char* pinned) {
  return scenario_of("gpt", {word("24", "layers"), word("2048", "hidden"), word("16", "heads"), word("fp16", "precision")}, 32,
                     "dgx-a100-40gb", "2", pinned);
}

Space space(const Scenario& scenario, const char* pinned) { return space_of(scenario, strategy_keys(word(pinned))); }

std::vector<Strategy> all_of(const Space& space) {
  std::vector<Strategy> all;
  for_each_strategy(space, [&](const Strategy& strategy) { all.push_back(strategy); });
  return all;
}

}  // namespace

TEST_CASE("a space holds each strategy once, and each uses every device") {
  const char* pinned = "runtime=megatron";
  const Scenario scenario = small_gpt(pinned);
  std::set<std::string> texts;
  const std::vector<Strategy> all = all_of(space(scenario, pinned));
  CHECK(all.size() > 5000);
  std::size_t count = 0;
  for (const Strategy& strategy : all) {
    if (strategy.ranks() != 16) FAIL(strategy_text(strategy) << " leaves devices idle");
    const std::string text = strategy_text(strategy);
    if (!texts.insert(text).second) FAIL(text << " stands twice");
    // Reading a text takes longer than writing it.
    if (++count % 100 == 0 && parse_strategy(word(text)) != strategy) FAIL(text << " reads back as another one");
  }
}

TEST_CASE("what is pinned stays") {
  const char* pinned = "tensor=4,zero=1,schedule=gpipe,micro-batch=2,recompute=full,overlap=none,runtime=megatron";
  const std::vector<Strategy> all = all_of(space(small_gpt(pinned), pinned));
  CHECK_FALSE(all.empty());
  std::set<int> pipelines;
  for (const Strategy& strategy : all) {
    CHECK(strategy.tensor == 4);
    CHECK(strategy.micro_batch == 2);
    CHECK(strategy.recompute == Recompute::full);
    CHECK(strategy.overlap == Overlap::none);
    CHECK(strategy.schedule == Schedule::gpipe);
    CHECK(strategy.zero == 1);
    pipelines.insert(strategy.pipeline);
  }
  CHECK(pipelines == std::set<int>{1, 2, 4});
}

TEST_CASE("the best of a search is the best of predictions made one by one") {
  const char* pinned = "context=1,overlap=none,recompute=none,runtime=megatron";
  Scenario scenario = small_gpt(pinned);
  const Space looked_at = space(scenario, pinned);
  double best_s = 1e30;
  std::int64_t feasible = 0;
  for (const Strategy& strategy : all_of(looked_at)) {
    scenario.strategy = strategy;
    try {
      const Prediction prediction = predict(scenario);
      if (prediction.status != Status::ok) continue;
      ++feasible;
      best_s = std::min(best_s, prediction.step_time->value());
    } catch (const MissingCapability&) {
      continue;
    }
  }
  const SearchResult result = search(scenario, looked_at, {});
  CHECK(result.feasible == feasible);
  REQUIRE(result.best.size() == 10);
  CHECK(result.best.front().step_s == Approx(best_s).epsilon(1e-9));
}

TEST_CASE("a pruned search finds what an exhaustive one finds, and prices less") {
  for (const Objective objective : {Objective::time, Objective::memory}) {
    const char* pinned = "runtime=megatron";
    const Scenario scenario = small_gpt(pinned);
    const Space looked_at = space(scenario, pinned);
    SearchOptions options{.objective = objective, .thoroughness = Thoroughness::exhaustive, .most = 7};
    const SearchResult all = search(scenario, looked_at, options);
    options.thoroughness = Thoroughness::pruned;
    const SearchResult pruned = search(scenario, looked_at, options);
    CHECK(pruned.evaluated == all.evaluated);
    CHECK(pruned.feasible == all.feasible);
    CHECK(all.priced == all.feasible);
    CHECK(pruned.priced < all.priced / 2);
    const auto same = [](const std::vector<Found>& a, const std::vector<Found>& b) {
      REQUIRE(a.size() == b.size());
      for (std::size_t i = 0; i < a.size(); ++i) {
        CHECK(a[i].step_s == b[i].step_s);
        CHECK(a[i].memory_bytes == b[i].memory_bytes);
      }
    };
    same(pruned.best, all.best);
    same(pruned.pareto, all.pareto);
  }
}

TEST_CASE("a pruned search of a network whose blocks differ finds what an exhaustive one finds") {
  const char* pinned = "runtime=megatron,context=1,order=tensor-context-expert-data-pipeline";
  const Scenario scenario = scenario_of("deepseek-v2", {word("6", "layers"), word("bf16", "precision")}, 8, "dgx-h100", "1", pinned);
  const Space looked_at = space(scenario, pinned);
  SearchOptions options{.thoroughness = Thoroughness::exhaustive, .most = 5};
  const SearchResult all = search(scenario, looked_at, options);
  options.thoroughness = Thoroughness::pruned;
  const SearchResult pruned = search(scenario, looked_at, options);
  CHECK(all.counts.from_pieces == 0);
  CHECK(all.feasible > 100);
  CHECK(pruned.feasible == all.feasible);
  CHECK(pruned.priced < all.priced);
  REQUIRE(pruned.best.size() == all.best.size());
  for (std::size_t i = 0; i < all.best.size(); ++i) CHECK(pruned.best[i].strategy == all.best[i].strategy);
  REQUIRE(pruned.pareto.size() == all.pareto.size());
  for (std::size_t i = 0; i < all.pareto.size(); ++i) CHECK(pruned.pareto[i].step_s == all.pareto[i].step_s);
}

TEST_CASE("a pruned search over an over-subscribed tree finds what an exhaustive one finds") {
  const char* pinned = "runtime=megatron,context=1,zero=1,order=tensor-context-expert-data-pipeline";
  Scenario scenario = scenario_of("gpt", {word("8", "layers"), word("2048", "hidden"), word("16", "heads"), word("fp16", "precision")}, 16,
                                  "dgx-a100-40gb", "4", pinned);
  scenario.platform.topology = {.kind = Topology::Kind::fat_tree, .shape = {2}, .oversubscription = {2}};
  const Space looked_at = space(scenario, pinned);
  SearchOptions options{.thoroughness = Thoroughness::exhaustive, .most = 5};
  const SearchResult all = search(scenario, looked_at, options);
  options.thoroughness = Thoroughness::pruned;
  const SearchResult pruned = search(scenario, looked_at, options);
  CHECK(all.feasible > 100);
  CHECK(pruned.feasible == all.feasible);
  CHECK(pruned.priced < all.priced / 2);
  REQUIRE(pruned.best.size() == all.best.size());
  for (std::size_t i = 0; i < all.best.size(); ++i) CHECK(pruned.best[i].step_s == all.best[i].step_s);
  REQUIRE(pruned.pareto.size() == all.pareto.size());
  for (std::size_t i = 0; i < all.pareto.size(); ++i) CHECK(pruned.pareto[i].step_s == all.pareto[i].step_s);
}

TEST_CASE("of a network without blocks, too, the search counts what lower() says of each strategy") {
  const char* pinned = "runtime=pytorch-ddp";
  Scenario scenario = scenario_of("resnet18", {}, 16, "abci-v100", "2", pinned);
  const Space looked_at = space(scenario, pinned);
  std::map<Obstacle, std::int64_t> counts;
  for (const Strategy& strategy : all_of(looked_at)) {
    scenario.strategy = strategy;
    try {
      const auto lowered = lower(scenario);
      ++counts[std::holds_alternative<Infeasible>(lowered) ? std::get<Infeasible>(lowered).obstacle : Obstacle::none];
    } catch (const MissingCapability&) {
      ++counts[Obstacle::other];
    }
  }
  const SearchResult result = search(scenario, looked_at, {});
  CHECK(result.feasible == counts[Obstacle::none]);
  CHECK(counts[Obstacle::network] > 100);
  for (const Refusal& refusal : result.refusals) CHECK(refusal.count == counts[refusal.obstacle]);
}

TEST_CASE("of a front no strategy beats another, and it begins with the fastest") {
  const char* pinned = "runtime=megatron";
  const Scenario scenario = small_gpt(pinned);
  const SearchResult result = search(scenario, space(scenario, pinned), {});
  REQUIRE(result.pareto.size() > 3);
  CHECK(result.pareto.front().step_s == result.best.front().step_s);
  for (std::size_t i = 1; i < result.pareto.size(); ++i) {
    CHECK(result.pareto[i].step_s > result.pareto[i - 1].step_s);
    CHECK(result.pareto[i].memory_bytes < result.pareto[i - 1].memory_bytes);
  }
}

TEST_CASE("every strategy that cannot be is counted under a reason") {
  const char* pinned = "runtime=megatron";
  const Scenario scenario = small_gpt(pinned);
  const SearchResult result = search(scenario, space(scenario, pinned), {});
  std::int64_t refused = 0;
  for (const Refusal& refusal : result.refusals) {
    refused += refusal.count;
    CHECK_FALSE(refusal.reason.empty());
    if (refusal.obstacle == Obstacle::memory) CHECK_THAT(refusal.reason, Catch::Contains("activations"));
  }
  CHECK(refused == result.evaluated - result.feasible);
}

TEST_CASE("split layers are looked at with their exchange beside compute, and beside data ranks in both orders") {
  const Scenario scenario = scenario_of("vgg16", {}, 64, "abci-v100", "2", "runtime=pytorch-ddp");
  for (const char* pinned : {"filter=2,runtime=pytorch-ddp", "channel=2,runtime=pytorch-ddp", "spatial=2x1,runtime=pytorch-ddp"}) {
    Scenario chosen = scenario;
    chosen.strategy = parse_strategy(word(pinned));
    std::set<std::pair<Overlap, bool>> seen;
    for (const Strategy& strategy : all_of(space(chosen, pinned))) seen.insert({strategy.overlap, strategy.order == Strategy{}.order});
    INFO(pinned);
    CHECK(seen.size() == 8);
  }
}

TEST_CASE("what cannot be is told apart where plans are priced one at a time, too") {
  const char* pinned = "runtime=pytorch-ddp,zero=0,overlap=none";
  const Scenario scenario = scenario_of("vgg16", {}, 4096, "abci-v100", "2", pinned);
  const SearchResult result = search(scenario, space(scenario, pinned), {});
  std::set<Obstacle> seen;
  for (const Refusal& refusal : result.refusals) seen.insert(refusal.obstacle);
  CHECK(seen.contains(Obstacle::network));
  CHECK(seen.contains(Obstacle::memory));
  for (const Refusal& refusal : result.refusals)
    if (refusal.obstacle == Obstacle::memory) CHECK_THAT(refusal.reason, Catch::Contains("of memory a device"));
}

TEST_CASE("a pinned interleave leaves interleaved schedules alone") {
  const char* pinned = "interleave=2,runtime=megatron";
  Scenario scenario = small_gpt("runtime=megatron");
  scenario.strategy = parse_strategy(word(pinned), Unsaid::open);
  const std::vector<Strategy> all = all_of(space(scenario, pinned));
  CHECK_FALSE(all.empty());
  for (const Strategy& strategy : all) {
    REQUIRE(strategy.interleave == 2);
    REQUIRE(strategy.schedule == Schedule::interleaved);
  }
}

TEST_CASE("images are split by filters, channels and areas, of which no two go together") {
  const char* pinned = "runtime=pytorch-ddp";
  const Scenario scenario = scenario_of("vgg16", {}, 64, "abci-v100", "4", pinned);
  std::set<std::string> ways;
  for (const Strategy& strategy : all_of(space(scenario, pinned))) {
    const int split = (strategy.filter > 1) + (strategy.channel > 1) + (strategy.spatial.parts() > 1);
    REQUIRE(split <= 1);
    if (split == 1) ways.insert(strategy.filter > 1 ? "filter" : strategy.channel > 1 ? "channel" : "spatial");
  }
  CHECK(ways == std::set<std::string>{"filter", "channel", "spatial"});
}
