#include "costs/scaled_calibration.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "costs/calibration_file.hpp"
#include "costs/kernel_time.hpp"
#include "costs/sampled_calibration.hpp"
#include "costs/spreads.hpp"
#include "platforms/load.hpp"

namespace forerun {
namespace {

Text name(const std::string& value) { return {.value = value}; }

Platform machine(const std::string& processor, int cores) {
  return {.name = "m", .device = "cpu", .calibration = "epyc-9004", .processor = processor, .cores = cores};
}

const Calibration& measured() {
  static const std::shared_ptr<const Calibration> read = load_calibration(name("epyc-9004"), {});
  return *read;
}

const KernelTimeModel& model(const Calibration& calibration, LayerKind kind, Pass pass) {
  for (const KernelTimeModel& each : calibration.kernel_models)
    if (each.kind == kind && each.pass == pass) return each;
  FAIL("no such model");
  return calibration.kernel_models.front();
}

}  // namespace

TEST_CASE("four cores of the processor that was measured do four times the arithmetic and have four times the memory", "[unit]") {
  const auto ratios = scaling(machine("epyc-9004", 4), measured());
  REQUIRE(ratios);
  CHECK(ratios->arithmetic == Approx(4));
  CHECK(ratios->memory == Approx(4));
  CHECK(ratios->to == "4 cores of epyc-9004");
}

TEST_CASE("published clocks and vector widths make the ratio of two processors", "[unit]") {
  const auto ratios = scaling(machine("skylake-sp", 4), measured());
  REQUIRE(ratios);
  CHECK(ratios->arithmetic == Approx(4 * 2.7 * 64 / (3.7 * 32)));
  CHECK(ratios->memory == Approx(4 * (128.0 / 28) / (460.8 / 96)));
}

TEST_CASE("a platform without a processor, and a calibration of an unknown one, are as they were measured", "[unit]") {
  CHECK_FALSE(scaling(machine("", 0), measured()));
  Calibration own = measured();
  own.name = "mine";
  CHECK_FALSE(scaling(machine("skylake-sp", 4), own));
  CHECK_FALSE(scaling(machine("skylake-sp", 4), *load_calibration(name("v100"), {})));
  Calibration gpu = measured();
  gpu.measured_gpu = MeasuredGpu{};
  CHECK_FALSE(scaling(machine("skylake-sp", 4), gpu));
}

TEST_CASE("products are scaled by arithmetic, all else by the scarcer of arithmetic and memory", "[unit]") {
  const ScaledTimes ratios{.arithmetic = 6, .memory = 2};
  const Calibration scaled = scaled_calibration(measured(), ratios);
  const auto rate = [&](LayerKind kind) { return model(scaled, kind, Pass::forward).rate / model(measured(), kind, Pass::forward).rate; };
  CHECK(rate(LayerKind::conv2d) == Approx(6));
  CHECK(rate(LayerKind::dense) == Approx(6));
  CHECK(rate(LayerKind::relu) == Approx(2));
  CHECK(model(scaled, LayerKind::dense, Pass::forward).bandwidth / model(measured(), LayerKind::dense, Pass::forward).bandwidth ==
        Approx(2));
  CHECK(model(scaled, LayerKind::dense, Pass::forward).overhead == model(measured(), LayerKind::dense, Pass::forward).overhead);
}

TEST_CASE("what was scaled is no measurement: its origin, spells and interval say so", "[unit]") {
  const Calibration scaled = scaled_calibration(measured(), {.arithmetic = 2, .memory = 2, .to = "x", .from = "y"});
  CHECK(scaled.origin == Origin::published);
  CHECK(scaled.spells.share == 0);
  Scenario scenario;
  scenario.calibration = std::make_shared<const Calibration>(scaled);
  const auto has = [&](const std::string& cause) {
    return std::ranges::any_of(causes(scenario, shipped_spreads()), [&](const Cause& each) { return each.name == cause; });
  };
  CHECK(has("scaling"));
  scenario.calibration = std::make_shared<const Calibration>(measured());
  CHECK_FALSE(has("scaling"));
}

// The one pair of machines that were both measured: what scaling makes of the one is held against the other's samples. The Xeon's model is
// hidden by its host; it has two units of AVX-512, and is taken for a Sapphire Rapids.
TEST_CASE("scaled to another machine that was measured, kernels are off by the spread that intervals have", "[cross]") {
  const auto xeon = load_calibration(name("cpu-cluster"), {});
  const auto ratios = scaling(machine("sapphire-rapids", 1), measured());
  REQUIRE(ratios);
  const Calibration scaled = scaled_calibration(measured(), *ratios);
  double squares = 0;
  int count = 0;
  for (const KernelSample& sample : xeon->kernels) {
    const double error = std::log(kernel_time(find_model(scaled, sample.kernel), sample.kernel) / sample.median);
    squares += error * error, ++count;
  }
  CHECK(count == 815);
  CHECK(std::sqrt(squares / count) == Approx(shipped_spreads().scaling).margin(0.01));
}

}  // namespace forerun
