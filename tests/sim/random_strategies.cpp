#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <sstream>

#include "oracle/evaluate.hpp"
#include "sim/child.hpp"
#include "sim/player.hpp"
#include "tests/support/random_plans.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

constexpr unsigned kSeed = 20261122;
constexpr int kEach = 40;  ///< plans of every form

/// What the issue of agreement turns on, beside traits().
std::vector<std::string> turns(const Priced& priced) {
  const Strategy& strategy = priced.scenario.strategy;
  std::vector<std::string> found = traits(priced);
  for (std::size_t i = 0; i < priced.costs.size(); ++i) {
    const auto* transfer = std::get_if<Collective>(&priced.plan.operations[i].work);
    if (transfer == nullptr || transfer->operation != Collective::Operation::send || priced.seconds[i] <= 0) continue;
    found.emplace_back("stages that send for more than no time");
    break;
  }
  if (strategy.zero > 0) found.emplace_back("ZeRO " + std::to_string(strategy.zero));
  if (strategy.expert > 1) found.emplace_back("experts");
  return found;
}

sim::Played played(const Priced& priced, sim::Contention contention) {
  return sim::play(priced.plan, priced.costs, priced.scenario.platform, {.steps = *priced.scenario.run.steps, .contention = contention});
}

void require_agreement(const sim::Played& played, const oracle::Evaluation& evaluated, std::int64_t steps, double tolerance) {
  const double total_s = evaluated.total.value();
  REQUIRE(std::abs(played.makespan.value() - total_s) <= tolerance * total_s);
  const Parts parts = played.parts() * (1.0 / static_cast<double>(steps));
  const auto near = [&](Seconds a, Seconds b) { REQUIRE(std::abs((a - b).value()) <= tolerance * evaluated.step.value()); };
  near(parts.compute, evaluated.parts.compute);
  near(parts.comm_exposed, evaluated.parts.comm_exposed);
  near(parts.bubble, evaluated.parts.bubble);
  near(parts.input_exposed, evaluated.parts.input_exposed);
  near(parts.overhead, evaluated.parts.overhead);
}

/// How many of a plan's dependencies there are, and how many of them change its time when they are taken out of the program, one at a time.
std::pair<int, int> noticed_dependencies(const Priced& priced) {
  const std::string answer = sim::ask_child([&] {
    const Platform& platform = priced.scenario.platform;
    const sim::PlayOptions options{.steps = 3, .contention = sim::Contention::off};
    sim::Network network(platform, priced.plan.ranks);
    sim::Program program = sim::compile(priced.plan);
    const auto makespan_s = [&] {
      return sim::Player(priced.plan, program, priced.costs, platform, options, network).play().makespan.value();
    };
    const double whole_s = makespan_s();
    int noticed = 0;
    for (sim::Program::Wait& wait : program.waits) {
      const sim::Program::Wait kept = std::exchange(wait, sim::Program::Wait{.operation = wait.operation, .offset = kFurthestBack});
      noticed += std::abs(makespan_s() - whole_s) > 1e-9 * whole_s ? 1 : 0;
      wait = kept;
    }
    return std::to_string(noticed) + " " + std::to_string(program.waits.size());
  });
  std::istringstream numbers(answer);
  std::pair<int, int> counts;
  numbers >> counts.first >> counts.second;
  return counts;
}

}  // namespace

TEST_CASE("a random strategy takes as long in the simulator without contention as in the oracle, whatever the form", "[agreement][slow]") {
  RandomScenarios scenarios(kSeed);
  std::map<std::string, int> counted;
  double worst = 0;
  for (const Form& form : kForms)
    for (int i = 0; i < kEach; ++i) {
      const Priced priced = next_plan(scenarios, form);
      const std::int64_t steps = *priced.scenario.run.steps;
      INFO("seed " << kSeed << ", " << form.name << " " << i << ": " << strategy_text(priced.scenario.strategy) << ", " << steps
                   << " steps of batch " << priced.scenario.workload.batch << ", " << priced.scenario.workload.name << " on "
                   << priced.scenario.platform.name);
      const oracle::Evaluation evaluated = oracle::evaluate(priced.plan, priced.costs);
      const sim::Played alone = played(priced, sim::Contention::off);
      require_agreement(alone, evaluated, steps, 1e-9);
      worst = std::max(worst, std::abs(alone.makespan.value() / evaluated.total.value() - 1));
      ++counted["of the form: " + std::string(form.name)];
      for (const std::string& turn : turns(priced)) ++counted["with " + turn];
      // Links that are shared make nothing quicker.
      REQUIRE(played(priced, sim::Contention::on).makespan.value() >= alone.makespan.value() * (1 - 1e-6));
    }
  std::ostringstream table;
  for (const auto& [what, count] : counted) table << "\n  " << count << " " << what;
  WARN(kForms.size() * kEach << " plans of random strategies, seed " << kSeed << ", differ by " << worst << " at most" << table.str());
  for (const auto& [what, count] : counted) {
    INFO(what);
    CHECK(count >= 30);
  }
  CHECK(counted.size() == kForms.size() + 14);
  CHECK(kForms.size() * kEach >= 1000);
}

TEST_CASE("a dependency taken out of what the simulator plays is noticed", "[slow]") {
  RandomScenarios scenarios(kSeed + 1);
  std::ostringstream table;
  int noticed = 0;
  for (const Form& form : kForms) {
    int of_form = 0, all = 0;
    for (int i = 0; i < 4; ++i) {
      const auto [found, waits] = noticed_dependencies(next_plan(scenarios, form));
      of_form += found, all += waits;
    }
    table << "\n  " << of_form << " of " << all << " of the form: " << form.name;
    noticed += of_form > 0 ? 1 : 0;
  }
  WARN("dependencies without which a plan takes another time" << table.str());
  CHECK(noticed == static_cast<int>(kForms.size()));
}

TEST_CASE("a program knows how many operations the ranks of a class run in a step") {
  RandomScenarios scenarios(kSeed);
  for (const Form& form : kForms) {
    const Priced priced = next_plan(scenarios, form);
    INFO("seed " << kSeed << ", " << form.name << ": " << strategy_text(priced.scenario.strategy));
    const sim::Program program = sim::compile(priced.plan);
    std::int64_t all = 0;
    for (std::size_t c = 0; c < priced.plan.classes.size(); ++c) all += priced.plan.classes[c].count * program.instances[c];
    const sim::PlayOptions options{.steps = 2, .logging = sim::Logging::every_rank};
    CHECK(std::ssize(sim::play(priced.plan, priced.costs, priced.scenario.platform, options).log) == 2 * all);
  }
}
