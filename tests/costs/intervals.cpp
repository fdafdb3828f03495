#include "costs/intervals.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "core/random.hpp"
#include "costs/sampled_calibration.hpp"

using namespace forerun;

namespace {

/// Two nodes of two devices, published; nothing has a spread of its own.
Scenario small_cluster() {
  Scenario scenario;
  scenario.platform.nodes = 2;
  scenario.platform.devices_per_node = 2;
  scenario.platform.inter_node = {BytesPerSecond(1e9), Seconds(1e-5)};
  scenario.platform.intra_node = {BytesPerSecond(1e10), Seconds(1e-6)};
  scenario.strategy.data = 4;
  Calibration calibration;
  calibration.gpu.emplace();
  calibration.gpu->streaming_share = 0.5;
  scenario.calibration = std::make_shared<Calibration>(calibration);
  return scenario;
}

Scenario with_source(Scenario scenario, GpuSource source) {
  Calibration calibration = *scenario.calibration;
  calibration.gpu_sources.push_back(std::move(source));
  scenario.calibration = std::make_shared<Calibration>(calibration);
  return scenario;
}

/// One second of compute, half a second of memory, a gigabyte between nodes; the run has ten steps and starts for five seconds.
Prediction toy(const Scenario& scenario) {
  Prediction prediction;
  const double compute_s = scenario.calibration->compute_scale * (1 + 0.25 / scenario.calibration->gpu->streaming_share);
  prediction.step_time = Seconds(compute_s) + Bytes(1e9) / scenario.platform.inter_node.bandwidth;
  prediction.total_time = Seconds(5) + 10 * *prediction.step_time;
  prediction.parts = Parts{.compute = Seconds(compute_s), .comm_exposed = *prediction.step_time - Seconds(compute_s)};
  prediction.engine = "toy";
  return prediction;
}

Prediction toy_interval(const Scenario& scenario, const Spreads& spreads, int samples = kUsualSamples) {
  return with_intervals(toy, toy, {.samples = samples, .spreads = spreads})(scenario);
}

/// As good as a standard normal variable: [Box & Muller 1958].
double normal(std::uint64_t counter) {
  const auto uniform = [](std::uint64_t bits) { return (static_cast<double>(bits >> 11U) + 0.5) / 9007199254740992.0; };
  return std::sqrt(-2 * std::log(uniform(mix_bits(2 * counter)))) * std::cos(2 * std::numbers::pi * uniform(mix_bits(2 * counter + 1)));
}

constexpr Spreads kAll{.device = 0.05, .inter_bandwidth = 0.1, .messages = 0.2, .published_model = 0.04};

}  // namespace

TEST_CASE("without any spread P10 and P90 are the point") {
  const Prediction prediction = toy_interval(small_cluster(), Spreads{});
  CHECK(prediction.step_time_p10 == prediction.step_time);
  CHECK(prediction.step_time_p90 == prediction.step_time);
  CHECK(prediction.total_time_p10 == prediction.total_time);
  CHECK(prediction.total_time_p90 == prediction.total_time);
}

TEST_CASE("a wider spread never narrows the interval, whichever it is") {
  const Scenario scenario = small_cluster();
  for (double Spreads::*member : {&Spreads::device, &Spreads::inter_bandwidth, &Spreads::published_model}) {
    Spreads spreads{.device = 0.01, .inter_bandwidth = 0.01, .published_model = 0.01};
    double width = 0;
    for (const double spread : {0.0, 0.01, 0.05, 0.2, 0.5}) {
      spreads.*member = spread;
      const Prediction prediction = toy_interval(scenario, spreads);
      const double wider = *prediction.step_time_p90 / *prediction.step_time_p10;
      CHECK(wider >= 0.999 * width);
      width = wider;
    }
    CHECK(width > 1.2);
  }
}

TEST_CASE("P10 is below the point and P90 above, of the step and of the run") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Scenario scenario = small_cluster();
    scenario.run.seed = seed;
    const Prediction prediction = toy_interval(scenario, kAll, 3);
    CHECK(*prediction.step_time_p10 <= *prediction.step_time);
    CHECK(*prediction.step_time <= *prediction.step_time_p90);
    CHECK(*prediction.total_time_p10 <= *prediction.total_time);
    CHECK(*prediction.total_time <= *prediction.total_time_p90);
  }
}

TEST_CASE("the model's own error is exact: P90 of a normal logarithm") {
  const Prediction prediction = toy_interval(small_cluster(), {.published_model = 0.1});
  CHECK(*prediction.step_time_p90 / *prediction.step_time == Approx(std::exp(0.128155)).epsilon(1e-6));
  CHECK(*prediction.step_time_p10 / *prediction.step_time == Approx(std::exp(-0.128155)).epsilon(1e-6));
}

TEST_CASE("80 % of a population drawn from the causes lie within P10 to P90") {
  const Scenario scenario = with_source(small_cluster(), {"streaming-share", "", 0.2, "assumed"});
  const Prediction prediction = toy_interval(scenario, kAll, 48);
  const std::vector<Cause> list = causes(scenario, kAll);
  REQUIRE(list.size() == 4);
  constexpr int kPopulation = 4000;
  int below = 0, above = 0;
  for (std::uint64_t i = 0; i < kPopulation; ++i) {
    Sample sample{*scenario.calibration, scenario.platform};
    for (std::size_t c = 0; c < list.size(); ++c) list[c].move(sample, normal(10 * i + c));
    Scenario other = scenario;
    other.platform = sample.platform;
    other.calibration = std::make_shared<Calibration>(sample.calibration);
    const Seconds truth = std::exp(model_spread(scenario, kAll) * normal(10 * i + 9)) * *toy(other).step_time;
    below += truth < *prediction.step_time_p10 ? 1 : 0;
    above += truth > *prediction.step_time_p90 ? 1 : 0;
  }
  CHECK(below == Approx(0.1 * kPopulation).margin(0.025 * kPopulation));
  CHECK(above == Approx(0.1 * kPopulation).margin(0.025 * kPopulation));
}

TEST_CASE("the same seed gives the same interval, another seed nearly so") {
  Scenario scenario = small_cluster();
  const Prediction first = toy_interval(scenario, kAll);
  CHECK(toy_interval(scenario, kAll) == first);
  scenario.run.seed = 77;
  const Prediction second = toy_interval(scenario, kAll);
  CHECK(second != first);
  CHECK(*second.step_time_p90 / *first.step_time_p90 == Approx(1).margin(0.03));
}

TEST_CASE("all but P10 and P90 stays as the engine says") {
  const Scenario scenario = small_cluster();
  Prediction prediction = toy_interval(scenario, kAll);
  REQUIRE(prediction.step_time_p10);
  prediction.step_time_p10.reset(), prediction.step_time_p90.reset();
  prediction.total_time_p10.reset(), prediction.total_time_p90.reset();
  CHECK(prediction == toy(scenario));
}

TEST_CASE("an infeasible prediction passes through unpriced") {
  int prices = 0;
  const Predictor counted = [&](const Scenario&) { return ++prices, Prediction{.status = Status::infeasible, .reason = "out of memory"}; };
  const Prediction prediction = with_intervals(counted, counted)(small_cluster());
  CHECK(prediction == Prediction{.status = Status::infeasible, .reason = "out of memory"});
  CHECK(prices == 1);
}

TEST_CASE("an interval costs one price more than it has samples, and none without") {
  int prices = 0;
  const Predictor counted = [&](const Scenario& scenario) { return ++prices, toy(scenario); };
  with_intervals(toy, counted, {.samples = 7})(small_cluster());
  CHECK(prices == 8);
  CHECK_FALSE(with_intervals(toy, counted, {.samples = 0})(small_cluster()).step_time_p10);
  CHECK(prices == 8);
}

TEST_CASE("an interval sampled with another engine is relative to it") {
  const Predictor twice = [](const Scenario& scenario) {
    Prediction prediction = toy(scenario);
    *prediction.step_time *= 2;
    return prediction;
  };
  const Prediction other = with_intervals(twice, toy, {.spreads = kAll})(small_cluster());
  const Prediction own = toy_interval(small_cluster(), kAll);
  CHECK(*other.step_time_p90 / *own.step_time_p90 == Approx(2));
  CHECK(*other.step_time_p10 / *own.step_time_p10 == Approx(2));
}

TEST_CASE("what a run takes beside its steps is not spread") {
  const Prediction prediction = toy_interval(small_cluster(), {.device = 0.1});
  const double steps = *prediction.step_time_p90 / *prediction.step_time;
  const double run = *prediction.total_time_p90 / *prediction.total_time;
  CHECK(run - 1 == Approx((steps - 1) * (10 * *prediction.step_time / *prediction.total_time)).epsilon(0.02));
}

TEST_CASE("what is wrong with both of two times says nothing of their ratio, and all of it where causes are apart") {
  const Spreads spreads{.device = 0.2};
  const IntervalOptions options{.samples = 200, .spreads = spreads};
  Scenario bare = small_cluster();
  bare.platform.inter_node.bandwidth = BytesPerSecond(1e18);
  const SampledTimes times = sample_times(bare, toy, options);
  const auto shared = ratio_interval(times, times, Causes::shared);
  REQUIRE(shared);
  CHECK(shared->p10 == Approx(1));
  CHECK(shared->p90 == Approx(1));
  const auto apart = ratio_interval(times, times, Causes::apart);
  REQUIRE(apart);
  // Two independent errors of 0.2 each, and ten steps of 1.5 s beside 5 s of start-up that nothing moves.
  const double deviation = std::numbers::sqrt2 * 0.2 * 15 / 20;
  CHECK(std::log(apart->p90) == Approx(1.2816 * deviation).epsilon(0.15));
  CHECK(std::log(apart->p10) == Approx(-1.2816 * deviation).epsilon(0.15));
}

TEST_CASE("the models' own errors are apart in any ratio") {
  const IntervalOptions options{.samples = 32, .spreads = {.published_model = 0.1}};
  const SampledTimes times = sample_times(small_cluster(), toy, options);
  const auto ratio = ratio_interval(times, times, Causes::shared);
  REQUIRE(ratio);
  CHECK(std::log(ratio->p90) == Approx(1.2816 * std::numbers::sqrt2 * 0.1).epsilon(0.01));
}

TEST_CASE("a ratio of times that were not sampled, or not as often, has no interval") {
  const SampledTimes none = sample_times(small_cluster(), toy, {.samples = 0});
  const SampledTimes few = sample_times(small_cluster(), toy, {.samples = 4});
  const SampledTimes more = sample_times(small_cluster(), toy, {.samples = 8});
  CHECK_FALSE(ratio_interval(none, none, Causes::shared));
  CHECK_FALSE(ratio_interval(few, more, Causes::shared));
  CHECK(ratio_interval(more, more, Causes::apart));
}
