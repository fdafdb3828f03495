#include "costs/statistical_efficiency.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace forerun;

namespace {

std::variant<FittedEfficiency, Infeasible> fit(const std::vector<BatchSteps>& pairs) { return fit_statistical_efficiency(pairs); }

}  // namespace

TEST_CASE("at the critical batch a target takes twice the least steps and twice the least samples", "[paper]") {
  const StatisticalEfficiency efficiency{1000, 512};
  CHECK(steps_to_target(efficiency, 512) == Approx(2000));
  CHECK(samples_to_target(efficiency, 512) == Approx(2 * 1000 * 512));
}

TEST_CASE("steps and samples lie on the hyperbola of their least", "[paper]") {
  const StatisticalEfficiency efficiency{1000, 512};
  for (const std::int64_t batch : {1, 8, 100, 512, 4096, 1 << 20}) {
    const double steps = steps_to_target(efficiency, batch) / 1000;
    const double samples = samples_to_target(efficiency, batch) / (1000.0 * 512);
    CHECK((steps - 1) * (samples - 1) == Approx(1));
  }
}

TEST_CASE("small batches take steps as one over the batch, large ones the least steps", "[limit]") {
  const StatisticalEfficiency efficiency{1000, 1e6};
  CHECK(steps_to_target(efficiency, 1) / steps_to_target(efficiency, 2) == Approx(2).epsilon(1e-5));
  CHECK(steps_to_target({1000, 1}, 1'000'000) == Approx(1000).epsilon(1e-5));
}

TEST_CASE("pairs of the formula give its constants back", "[unit]") {
  const StatisticalEfficiency truth{1234, 777};
  std::vector<BatchSteps> pairs;
  for (const std::int64_t batch : {16, 64, 256, 4096}) pairs.push_back({static_cast<double>(batch), steps_to_target(truth, batch)});
  for (const std::size_t count : {std::size_t{2}, pairs.size()}) {
    const auto fitted = fit({pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(count)});
    REQUIRE(std::holds_alternative<FittedEfficiency>(fitted));
    CHECK(std::get<FittedEfficiency>(fitted).efficiency.minimum_steps == Approx(1234));
    CHECK(std::get<FittedEfficiency>(fitted).efficiency.critical_batch == Approx(777));
    CHECK(std::get<FittedEfficiency>(fitted).worst_error == Approx(0).margin(1e-9));
  }
}

TEST_CASE("a fit of noisy steps says how far it is off", "[unit]") {
  const auto fitted = fit({{16, 5000}, {64, 1700}, {256, 1100}, {1024, 950}});
  REQUIRE(std::holds_alternative<FittedEfficiency>(fitted));
  CHECK(std::get<FittedEfficiency>(fitted).worst_error > 0.001);
  CHECK(std::get<FittedEfficiency>(fitted).worst_error < 0.1);
}

TEST_CASE("steps that say nothing of a critical batch are refused with the reason", "[unit]") {
  const auto reason = [](const std::vector<BatchSteps>& pairs) { return std::get<Infeasible>(fit(pairs)).reason; };
  CHECK(reason({}).find("fewer than two batches") != std::string::npos);
  CHECK(reason({{64, 100}, {64, 110}}).find("fewer than two batches") != std::string::npos);
  CHECK(reason({{16, 100}, {64, 200}}).find("do not fall with the batch") != std::string::npos);
  CHECK(reason({{16, 1000}, {64, 100}}).find("fall faster than the batch grows") != std::string::npos);
}
