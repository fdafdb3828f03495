#include "tests/support/random_strategies.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <sstream>

#include "core/error.hpp"
#include "costs/price.hpp"
#include "oracle/evaluate.hpp"
#include "strategies/lower.hpp"
#include "tests/oracle/unrolled.hpp"

using namespace forerun;
using forerun::oracle::evaluate;
using forerun::test::Form;
using forerun::test::RandomScenarios;
using forerun::test::Unrolled;

namespace {

constexpr int kEach = 40;   ///< plans of every form
constexpr int kTries = 10;  ///< for each of them

struct Priced {
  Scenario scenario;
  StepPlan plan;
  std::vector<OperationCost> costs;
  std::vector<double> seconds;
};

/// The next feasible plan of the form.
Priced next_plan(RandomScenarios& scenarios, const Form& form) {
  for (int i = 0; i < kTries; ++i) {
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
  FAIL(form.name << ": no feasible strategy in " << kTries << " draws");
  return {};
}

/// What the compute lane whose time is divided into parts does in a step.
double computed_s(const Priced& priced) {
  const TreeIndex tree = index_tree(priced.plan);
  double sum = 0;
  for (std::size_t i = 0; i < priced.seconds.size(); ++i) {
    const Operation& operation = priced.plan.operations[i];
    if (operation.kind() == OperationKind::compute && operation.lane == priced.plan.compute_lane &&
        operation.rank_class == priced.plan.compute_class)
      sum += times_in_step(tree, i) * priced.seconds[i];
  }
  return sum;
}

/// What else there is about a plan that an evaluation could get wrong.
std::vector<std::string> traits(const Priced& priced) {
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
  note(priced.scenario.platform.loader_rate > 0, "input loaded");
  note(*priced.scenario.run.steps > 5, "steps enough for a period");
  note(std::ranges::count(priced.plan.classes, 1, &RankClass::count) < static_cast<int>(priced.plan.classes.size()), "ranks alike");
  return found;
}

}  // namespace

TEST_CASE("a random strategy's step takes as long as every operation of it written out, whatever the form", "[unrolled]") {
  RandomScenarios scenarios(20261121);
  std::map<std::string, int> counted;
  std::size_t instances = 0;
  double worst = 0;
  for (const Form& form : test::kForms)
    for (int i = 0; i < kEach; ++i) {
      const Priced priced = next_plan(scenarios, form);
      const int steps = static_cast<int>(*priced.scenario.run.steps);
      INFO(form.name << " " << i << ": " << strategy_text(priced.scenario.strategy) << ", " << steps << " steps of batch "
                     << priced.scenario.workload.batch << ", " << priced.scenario.workload.name << " on " << priced.scenario.platform.name);
      const Unrolled unrolled(priced.plan, priced.seconds, steps);
      const auto evaluation = evaluate(priced.plan, priced.costs);
      const double expected = unrolled.total();
      REQUIRE(expected > 0);
      REQUIRE(std::abs(evaluation.total.value() - expected) <= 1e-12 * expected);
      REQUIRE(evaluation.parts.total().value() == Approx(evaluation.step.value()).epsilon(1e-9));
      REQUIRE(evaluation.parts.compute.value() == Approx(computed_s(priced)).epsilon(1e-9));
      worst = std::max(worst, std::abs(evaluation.total.value() / expected - 1));
      instances += unrolled.instances();
      ++counted["of the form: " + std::string(form.name)];
      for (const std::string& trait : traits(priced)) ++counted["with " + trait];
    }
  std::ostringstream table;
  for (const auto& [what, count] : counted) table << "\n  " << count << " " << what;
  WARN(test::kForms.size() * kEach << " plans of random strategies, " << instances << " instances, differ by " << worst << " at most"
                                   << table.str());
  for (const auto& [what, count] : counted) {
    INFO(what);
    CHECK(count >= 30);
  }
  CHECK(counted.size() == test::kForms.size() + 9);
  CHECK(test::kForms.size() * kEach >= 1000);
}

TEST_CASE("the step of a run without end is what each further step written out takes", "[unrolled]") {
  constexpr int kAgain = 12;  // a multiple of most periods
  RandomScenarios scenarios(1121);
  for (const Form& form : test::kForms)
    for (int i = 0; i < 6; ++i) {
      Priced priced = next_plan(scenarios, form);
      priced.plan.step.count = 0;
      const double step = evaluate(priced.plan, priced.costs).step.value();
      double growth = 0;
      for (int steps = 2 * kAgain; steps <= 8 * kAgain; steps *= 2) {
        const std::vector<double> ends = Unrolled(priced.plan, priced.seconds, steps).compute_ends();
        growth = (ends.back() - ends[ends.size() - 1 - kAgain]) / kAgain;
        if (std::abs(growth - step) <= 1e-9 * step) break;
      }
      INFO(form.name << " " << i << ": " << strategy_text(priced.scenario.strategy));
      CHECK(growth == Approx(step).epsilon(1e-9));
    }
}
