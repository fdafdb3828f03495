#include "costs/limits.hpp"

#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <optional>

#include "oracle/predict.hpp"
#include "tests/support/random_strategies.hpp"

using namespace forerun;
using test::Dice;
using test::Form;
using test::RandomScenarios;

namespace {

constexpr int kEach = 20;  ///< scenarios of every form

std::string told(const Form& form, const Scenario& scenario) {
  return std::string(form.name) + ": " + strategy_text(scenario.strategy) + " of " + scenario.workload.name + ", batch " +
         std::to_string(scenario.workload.batch) + " on " + std::to_string(scenario.platform.nodes) + " x " +
         std::to_string(scenario.platform.devices_per_node) + " of " + scenario.platform.name;
}

/// The next scenario of the form that is feasible.
Scenario next_scenario(RandomScenarios& scenarios, const Form& form) {
  for (int i = 0; i < 10; ++i) {
    Scenario scenario = scenarios.draw(form);
    if (oracle::predict(scenario).status == Status::ok) return scenario;
  }
  FAIL(form.name << ": no feasible strategy in ten draws");
  return {};
}

Prediction predicted(const Scenario& scenario) {
  const Prediction prediction = oracle::predict(scenario);
  REQUIRE(prediction.status == Status::ok);
  return prediction;
}

constexpr std::array kNetwork{Rate::intra_node_bandwidth, Rate::intra_node_latency, Rate::inter_node_bandwidth,
                              Rate::inter_node_latency,   Rate::library_latency,    Rate::library_protocols};

}  // namespace

TEST_CASE("on one device whatever a strategy says of others takes as long as nothing", "[limit]") {
  RandomScenarios scenarios(41);
  int compared = 0;
  for (const Form& form : test::kForms)
    for (int i = 0; i < kEach; ++i) {
      Scenario scenario = scenarios.draw(form);
      Strategy& strategy = scenario.strategy;
      if (strategy.servers > 0) continue;
      strategy.data = strategy.tensor = strategy.pipeline = strategy.context = strategy.expert = 1;
      strategy.filter = strategy.channel = strategy.interleave = 1;
      strategy.spatial = {};
      strategy.sequence_parallel = false;
      if (strategy.schedule == Schedule::interleaved) strategy.schedule = Schedule::one_f_one_b;
      Scenario alone = scenario;
      alone.strategy = Strategy{};
      alone.strategy.runtime = strategy.runtime;
      alone.strategy.micro_batches = strategy.micro_batches;
      alone.strategy.recompute = strategy.recompute;
      alone.strategy.vocabulary_multiple = strategy.vocabulary_multiple;
      INFO(told(form, scenario));
      const Prediction one = predicted(scenario), serial = predicted(alone);
      REQUIRE(one.step_time->value() == Approx(serial.step_time->value()).epsilon(1e-12));
      REQUIRE(one.parts->compute.value() == Approx(serial.parts->compute.value()).epsilon(1e-12));
      REQUIRE(one.memory_per_device == serial.memory_per_device);
      REQUIRE(one.parts->comm_exposed == Seconds(0));
      ++compared;
    }
  CHECK(compared == kEach * static_cast<int>(test::kForms.size() - 4));
}

TEST_CASE("over links without limit nothing waits for communication", "[limit]") {
  RandomScenarios scenarios(42);
  for (const Form& form : test::kForms)
    for (int i = 0; i < kEach; ++i) {
      Scenario scenario = next_scenario(scenarios, form);
      INFO(told(form, scenario));
      const double compute_s = predicted(scenario).parts->compute.value();
      for (const Rate rate : kNetwork) scenario = with_better(scenario, rate, 1e20).value_or(scenario);
      const Prediction free = predicted(scenario);
      CHECK(free.parts->comm_exposed.value() <= 1e-9 * free.step_time->value());
      CHECK(free.parts->compute.value() == Approx(compute_s).epsilon(1e-9));
    }
}

namespace {

constexpr std::array kDevice{Rate::products, Rate::vector_arithmetic, Rate::memory_bandwidth, Rate::kernel_start};

/// The scenario with one of the rates better by little, and by up to a thousand times.
template <std::size_t count, class Check>
void with_each_better(const Scenario& scenario, const std::array<Rate, count>& rates, Dice& dice, const Check& check) {
  for (const Rate rate : rates)
    for (const double factor : {1.01, dice.scale(1, 1000)})
      if (const std::optional<Scenario> better = with_better(scenario, rate, factor)) {
        INFO(words(rate) << " " << factor << " times as good");
        check(*better);
      }
}

Scenario with_host_issue(const Scenario& scenario, Seconds issue) {
  auto calibration = std::make_shared<Calibration>(*scenario.calibration);
  calibration->gpu->host_issue = issue;
  Scenario changed = scenario;
  changed.calibration = std::move(calibration);
  return changed;
}

}  // namespace

TEST_CASE("a better network makes no step longer", "[limit]") {
  RandomScenarios scenarios(43);
  for (const Form& form : test::kForms)
    for (int i = 0; i < kEach; ++i) {
      const Scenario scenario = next_scenario(scenarios, form);
      INFO(told(form, scenario));
      const Seconds step = *predicted(scenario).step_time;
      constexpr std::array kOutside{kNetwork[0], kNetwork[1], kNetwork[2], kNetwork[3],
                                    kNetwork[4], kNetwork[5], Rate::input, Rate::host_link};
      with_each_better(scenario, kOutside, scenarios.dice,
                       [&](const Scenario& better) { REQUIRE(*predicted(better).step_time <= (1 + 1e-12) * step); });
    }
}

TEST_CASE("a faster device makes no step longer where its host keeps up", "[limit]") {
  RandomScenarios scenarios(44);
  for (const Form& form : test::kForms)
    for (int i = 0; i < kEach; ++i) {
      const Scenario scenario = with_host_issue(next_scenario(scenarios, form), Seconds(0));
      INFO(told(form, scenario));
      const Seconds step = *predicted(scenario).step_time;
      with_each_better(scenario, kDevice, scenarios.dice,
                       [&](const Scenario& better) { REQUIRE(*predicted(better).step_time <= (1 + 1e-12) * step); });
    }
}

// A host that is behind issues the kernels of a block as fast as it can, whatever each of them takes: a shorter one leaves more of the wait
// to the others (costs/gpu/host shares it in proportion). The block takes no longer, but a transfer that waits for a kernel within it may
// start later, and end later where it is what the step waits for.
TEST_CASE("a faster device or host makes no rank compute longer, and a step that waits for the host longer by 3 % at most", "[limit]") {
  RandomScenarios scenarios(46);
  constexpr std::array kAll{kDevice[0], kDevice[1], kDevice[2], kDevice[3], Rate::host_issue};
  double worst = 0;
  for (const Form& form : test::kForms)
    for (int i = 0; i < kEach; ++i) {
      const Scenario scenario = next_scenario(scenarios, form);
      INFO(told(form, scenario));
      const Prediction before = predicted(scenario);
      with_each_better(scenario, kAll, scenarios.dice, [&](const Scenario& better) {
        const Prediction after = predicted(better);
        CHECK(after.parts->compute <= (1 + 1e-9) * before.parts->compute);
        worst = std::max(worst, *after.step_time / *before.step_time - 1);
      });
    }
  std::printf("a faster device or host made a step that waits for the host longer by %.2f %% at most\n", 100 * worst);
  CHECK(worst <= 0.03);
}
