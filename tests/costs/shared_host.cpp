// What neighbours on a shared host do to the machine that was calibrated: slow spells, and caches that forget.
#include <catch2/catch.hpp>
#include <cmath>

#include "costs/kernel_time.hpp"
#include "costs/price.hpp"
#include "tests/support/kernels.hpp"
#include "tests/support/plan_builder.hpp"

using namespace forerun;
using forerun::test::base_model;
using forerun::test::dense;

TEST_CASE("the slowest of several cores is in a slow spell more often than one") {
  const SlowSpells spells{0.25, 1.4};
  // Two thirds of the undisturbed times lie below the median of all where a quarter are slow: 0.43 standard deviations.
  CHECK(spell_factor(spells, 1) == Approx(1 + 0.43 * 0.02).epsilon(1e-3));
  CHECK(spell_factor(spells, 2) > spell_factor(spells, 1));
  CHECK(spell_factor(spells, 2) < 1.04);  // q = 0.44: the median is undisturbed yet
  CHECK(spell_factor(spells, 3) > 1.3);   // q = 0.58
  CHECK(spell_factor(spells, 1000) == Approx(1.4).epsilon(1e-4));
  CHECK(spell_factor({}, 1000) == 1);
}

TEST_CASE("the longer a step, the less of what it left does it find in a cache that others use too") {
  KernelTimeModel model = base_model();
  Kernel small = dense(10, 20, 30), cold = small;
  cold.footprint = Bytes(192 * kMiB);
  const KernelFeatures at = kernel_features(cold);
  model.inverse_scales.assign(4, 1);
  for (int f = 0; f < 4; ++f) model.features.push_back(static_cast<float>(at.values[f]));
  model.weights = {1};  // slower by e where nothing is cached
  const Seconds kept = kernel_time(model, small), lost = kernel_time(model, cold);
  REQUIRE(lost > 1.5 * kept);
  const auto in_step = [&](double step) { return kernel_time_in_step(model, small, Seconds(step), Seconds(1)); };
  CHECK(in_step(0) / kept == Approx(1));
  CHECK(in_step(1).value() == Approx(lost.value() - std::exp(-1) * (lost - kept).value()));
  CHECK(in_step(100) / lost == Approx(1));
  CHECK(kernel_time_in_step(model, cold, Seconds(0.5), Seconds(1)) == lost);
}

TEST_CASE("caches forget on the machine that was calibrated, while a rank computes and while it waits") {
  auto calibration = std::make_shared<Calibration>();
  calibration->kernel_models = {base_model()};
  KernelTimeModel& model = calibration->kernel_models.front();
  const Kernel kernel = dense(10, 20, 30);
  Kernel cold = kernel;
  cold.footprint = Bytes(192 * kMiB);
  const KernelFeatures at = kernel_features(cold);
  model.inverse_scales.assign(4, 1);
  for (int f = 0; f < 4; ++f) model.features.push_back(static_cast<float>(at.values[f]));
  model.weights = {1};
  test::PlanBuilder builder(1);
  for (int i = 0; i < 3; ++i) {
    builder.compute(0);
    builder.edit().operations.back().work = kernel;
  }
  Scenario scenario;
  scenario.calibration = calibration;
  calibration->name = scenario.platform.name = "this-machine";
  const Seconds step = 3 * kernel_time(model, kernel);
  calibration->cache_life = step;
  const auto took = [&] { return price(builder.plan(1), scenario)[1].duration(); };
  CHECK(took() / kernel_time_in_step(model, kernel, step, step) == Approx(1));
  builder.classes({{"rank", 0, 1, 1}, {"other", 1, 1, 1}});
  builder.delay(step.value());
  builder.delay(9 * step.value(), {}, 0, 1);  // another rank's
  CHECK(took() / kernel_time_in_step(model, kernel, 2 * step, step) == Approx(1));
  scenario.platform.name = "described";
  CHECK(took() / kernel_time(model, kernel) == Approx(1));
}

TEST_CASE("slow spells count on the machine that was calibrated and nowhere else") {
  auto calibration = std::make_shared<Calibration>();
  calibration->kernel_models = {base_model()};
  calibration->spells = {0.9, 2};
  test::PlanBuilder builder(1);
  builder.compute(0);
  builder.edit().operations[0].work = dense(10, 20, 30);
  Scenario scenario;
  scenario.calibration = calibration;
  calibration->name = scenario.platform.name = "described";
  const Seconds alone = kernel_time(calibration->kernel_models[0], dense(10, 20, 30));
  CHECK(price(builder.plan(1), scenario)[0].duration() / alone == Approx(1));
  scenario.platform.name = "this-machine";
  CHECK(price(builder.plan(1), scenario)[0].duration() / alone == Approx(1));
  calibration->name = "this-machine";
  CHECK(price(builder.plan(1), scenario)[0].duration() / alone == Approx(spell_factor(calibration->spells, 1)));
}
