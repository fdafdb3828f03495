#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "costs/price.hpp"
#include "strategies/lower.hpp"
#include "tests/support/random_strategies.hpp"

namespace forerun::test {

/// A random strategy, lowered and priced.
struct Priced {
  Scenario scenario;
  StepPlan plan;
  std::vector<OperationCost> costs;
  std::vector<double> seconds;
};

inline constexpr int kDraws = 10;  ///< for each of them

/// The next feasible plan of the form.
inline Priced next_plan(RandomScenarios& scenarios, const Form& form) {
  for (int i = 0; i < kDraws; ++i) {
    Priced priced{scenarios.draw(form), {}, {}, {}};
    INFO(form.name << ": " << strategy_text(priced.scenario.strategy));
    auto lowered = lower(priced.scenario);
    if (!std::holds_alternative<StepPlan>(lowered)) {
      CHECK(std::get<Infeasible>(lowered).reason != "");
      continue;
    }
    priced.plan = std::move(std::get<StepPlan>(lowered));
    REQUIRE(find_defect(priced.plan) == "");
    priced.costs = price(priced.plan, priced.scenario);
    for (const OperationCost& cost : priced.costs) priced.seconds.push_back(cost.duration().value());
    return priced;
  }
  FAIL(form.name << ": no feasible strategy in " << kDraws << " draws");
  return {};
}

/// What else there is about a plan that an engine could get wrong.
inline std::vector<std::string> traits(const Priced& priced) {
  const Strategy& strategy = priced.scenario.strategy;
  std::vector<std::string> found;
  const auto note = [&](bool is, const char* what) {
    if (is) found.emplace_back(what);
  };
  const std::int64_t chunks = strategy.pipeline * strategy.interleave;
  int blocks = 0;
  for (const Layer& layer : priced.scenario.workload.layers) blocks = std::max(blocks, layer.block + 1);
  double transfer_s = 0, compute_s = 0;
  const TreeIndex tree = index_tree(priced.plan);
  for (std::size_t i = 0; i < priced.seconds.size(); ++i)
    (priced.plan.operations[i].kind() == OperationKind::transfer ? transfer_s : compute_s) += times_in_step(tree, i) * priced.seconds[i];
  note(strategy.pipeline > 1 && blocks % chunks != 0, "stages uneven");
  note(strategy.pipeline > 1 && strategy.micro_batches % strategy.pipeline != 0, "micro-batches no multiple of stages");
  note(strategy.pipeline == 1 && strategy.micro_batches > 1, "gradients accumulated");
  note(strategy.recompute != Recompute::none, "recomputation");
  note(strategy.overlap != Overlap::none && priced.plan.ranks > 1, "transfers beside compute");
  note(transfer_s > compute_s, "links slower than compute");
  note(priced.scenario.platform.loader_rate > 0 || priced.scenario.platform.data, "input loaded");
  note(*priced.scenario.run.steps > 5, "steps enough for a period");
  note(std::ranges::count(priced.plan.classes, 1, &RankClass::count) < static_cast<int>(priced.plan.classes.size()), "ranks alike");
  return found;
}

}  // namespace forerun::test
