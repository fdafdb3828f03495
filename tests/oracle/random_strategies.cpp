#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <sstream>

#include "core/error.hpp"
#include "oracle/evaluate.hpp"
#include "tests/oracle/unrolled.hpp"
#include "tests/support/random_plans.hpp"

using namespace forerun;
using forerun::oracle::evaluate;
using forerun::test::Form;
using forerun::test::next_plan;
using forerun::test::Priced;
using forerun::test::RandomScenarios;
using forerun::test::traits;
using forerun::test::Unrolled;

namespace {

constexpr int kEach = 40;  ///< plans of every form

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
