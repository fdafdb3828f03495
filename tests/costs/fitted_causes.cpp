#include <catch2/catch.hpp>
#include <cmath>

#include "core/normal.hpp"
#include "costs/sampled_calibration.hpp"

using namespace forerun;

namespace {

constexpr Spreads kSpreads{.intra_bandwidth = 0.09, .inter_bandwidth = 0.1, .messages = 0.2};
constexpr double kFitted = 0.03;  // spread of what the fit told

FittedProperty fitted(const std::string& name, double value, Standing standing = Standing::fitted) {
  const double half = kNormal90 * kFitted;
  return {.name = name,
          .standing = standing,
          .published = 2 * value,
          .value = value,
          .p10 = value * std::exp(-half),
          .p90 = value * std::exp(half)};
}

/// Four ranks on two nodes of a platform whose figures were all fitted.
Scenario cluster(std::vector<FittedProperty> properties) {
  Scenario scenario;
  scenario.platform.name = "cluster";
  scenario.platform.nodes = scenario.platform.devices_per_node = 2;
  scenario.platform.inter_node = {BytesPerSecond(1e9), Seconds(1e-5)};
  scenario.platform.intra_node = {BytesPerSecond(1e10), Seconds(1e-6)};
  scenario.platform.inter_node_share = 0.5;
  scenario.platform.intra_node_share = 0.98;
  scenario.platform.collective_overhead = Seconds(2e-5);
  scenario.strategy.data = 4;
  Calibration calibration;
  calibration.compute_scale = 1.5;
  calibration.fit = FitRecord{.platform = "cluster", .properties = std::move(properties)};
  scenario.calibration = std::make_shared<Calibration>(calibration);
  return scenario;
}

Sample moved(const Scenario& scenario, double z) {
  Sample sample{*scenario.calibration, scenario.platform};
  for (const Cause& cause : causes(scenario, kSpreads)) cause.move(sample, z);
  return sample;
}

double rate(const Platform& platform) { return platform.inter_node_rate().value(); }

}  // namespace

TEST_CASE("a fitted share of a link is uncertain by what the fit left of it") {
  CHECK(rate(moved(cluster({fitted("link-share", 0.5)}), 1).platform) == Approx(0.5e9 * std::exp(kFitted)));
  const Platform inside = moved(cluster({fitted("intra-node-share", 0.98)}), -1).platform;
  CHECK(inside.intra_node_rate().value() == Approx(0.98e10 * std::exp(-kFitted)));
  CHECK(rate(inside) == Approx(0.5e9 * std::exp(-kSpreads.inter_bandwidth)));
}

TEST_CASE("a fitted share never reaches more than the link carries") {
  CHECK(moved(cluster({fitted("intra-node-share", 0.98)}), 3).platform.intra_node_rate() == BytesPerSecond(1e10));
}

TEST_CASE("a fitted latency moves by its own spread, apart from those that were not fitted") {
  const Platform platform = moved(cluster({fitted("link-latency", 1e-5)}), 1).platform;
  CHECK(platform.inter_node.latency.value() == Approx(1e-5 * std::exp(kFitted)));
  CHECK(platform.intra_node.latency.value() == Approx(1e-6 * std::exp(kSpreads.messages)));
  CHECK(platform.collective_overhead.value() == Approx(2e-5 * std::exp(kSpreads.messages)));
  const Platform other = moved(cluster({fitted("intra-node-latency", 1e-6), fitted("collective-overhead", 2e-5)}), 1).platform;
  CHECK(other.inter_node.latency.value() == Approx(1e-5 * std::exp(kSpreads.messages)));
  CHECK(other.intra_node.latency.value() == Approx(1e-6 * std::exp(kFitted)));
  CHECK(other.collective_overhead.value() == Approx(2e-5 * std::exp(kFitted)));
}

TEST_CASE("a fitted compute scale is uncertain by what the fit left of it") {
  CHECK(moved(cluster({fitted("compute-scale", 1.5)}), 2).calibration.compute_scale == Approx(1.5 * std::exp(2 * kFitted)));
  CHECK(moved(cluster({}), 2).calibration.compute_scale == 1.5);
}

TEST_CASE("what was fitted is only said of what was fitted: not of a kept property, another platform or a value put in its place") {
  const double published = 0.5e9 * std::exp(kSpreads.inter_bandwidth);
  CHECK(rate(moved(cluster({fitted("link-share", 0.5, Standing::kept)}), 1).platform) == Approx(published));
  Scenario elsewhere = cluster({fitted("link-share", 0.5)});
  elsewhere.platform.name = "elsewhere";
  CHECK(rate(moved(elsewhere, 1).platform) == Approx(published));
  CHECK(rate(moved(cluster({fitted("link-share", 0.4)}), 1).platform) == Approx(published));
  CHECK(moved(cluster({fitted("compute-scale", 1.4)}), 1).calibration.compute_scale == 1.5);
}
