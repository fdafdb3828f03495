#include "costs/statistical_efficiency.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "core/random.hpp"

using namespace forerun;

namespace {

std::variant<StatisticalEfficiency, Infeasible> fit(const std::vector<BatchSteps>& pairs) { return fit_statistical_efficiency(pairs); }

}  // namespace

TEST_CASE("at the critical batch a target takes twice the least steps and twice the least samples", "[paper]") {
  const StatisticalEfficiency efficiency{1000, 512, {}};
  CHECK(steps_to_target(efficiency, 512) == Approx(2000));
  CHECK(samples_to_target(efficiency, 512) == Approx(2 * 1000 * 512));
}

TEST_CASE("steps and samples lie on the hyperbola of their least", "[paper]") {
  const StatisticalEfficiency efficiency{1000, 512, {}};
  for (const std::int64_t batch : {1, 8, 100, 512, 4096, 1 << 20}) {
    const double steps = steps_to_target(efficiency, batch) / 1000;
    const double samples = samples_to_target(efficiency, batch) / (1000.0 * 512);
    CHECK((steps - 1) * (samples - 1) == Approx(1));
  }
}

TEST_CASE("small batches take steps as one over the batch, large ones the least steps", "[limit]") {
  const StatisticalEfficiency efficiency{1000, 1e6, {}};
  CHECK(steps_to_target(efficiency, 1) / steps_to_target(efficiency, 2) == Approx(2).epsilon(1e-5));
  CHECK(steps_to_target({1000, 1, {}}, 1'000'000) == Approx(1000).epsilon(1e-5));
}

TEST_CASE("pairs of the formula give its constants back", "[unit]") {
  const StatisticalEfficiency truth{1234, 777, {}};
  std::vector<BatchSteps> pairs;
  for (const std::int64_t batch : {16, 64, 256, 4096}) pairs.push_back({static_cast<double>(batch), steps_to_target(truth, batch)});
  for (const std::size_t count : {std::size_t{2}, pairs.size()}) {
    const auto fitted = fit({pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(count)});
    REQUIRE(std::holds_alternative<StatisticalEfficiency>(fitted));
    CHECK(std::get<StatisticalEfficiency>(fitted).minimum_steps == Approx(1234));
    CHECK(std::get<StatisticalEfficiency>(fitted).critical_batch == Approx(777));
    CHECK(std::get<StatisticalEfficiency>(fitted).fit->worst_error == Approx(0).margin(1e-9));
  }
}

TEST_CASE("a fit of noisy steps says how far it is off", "[unit]") {
  const auto fitted = fit({{16, 5000}, {64, 1700}, {256, 1100}, {1024, 950}});
  REQUIRE(std::holds_alternative<StatisticalEfficiency>(fitted));
  CHECK(std::get<StatisticalEfficiency>(fitted).fit->worst_error > 0.001);
  CHECK(std::get<StatisticalEfficiency>(fitted).fit->worst_error < 0.1);
}

TEST_CASE("a run that reached the target gives the least steps", "[unit]") {
  const StatisticalEfficiency efficiency{minimum_steps_of(90 * 1000.0, 100, 400), 400, {}};
  CHECK(samples_to_target(efficiency, 100) == Approx(90'000));
  CHECK(minimum_steps_of(samples_to_target({1234, 777, {}}, 64), 64, 777) == Approx(1234));
}

TEST_CASE("a fit's ranges hold the truth about as often as they say", "[unit]") {
  const StatisticalEfficiency truth{1000, 512, {}};
  int critical = 0, least = 0, steps = 0, fitted = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    std::vector<BatchSteps> pairs;
    for (const std::int64_t batch : {64, 128, 256, 512, 1024, 2048, 4096}) {
      // A sum of twelve uniform numbers is as good as normal.
      double noise = -6;
      for (std::uint64_t i = 0; i < 12; ++i) noise += unit_interval(mix_bits(mix_bits(seed) + 12 * batch + i));
      pairs.push_back({static_cast<double>(batch), steps_to_target(truth, batch) / (1 + 0.05 * noise)});
    }
    const auto found = fit(pairs);
    REQUIRE(std::holds_alternative<StatisticalEfficiency>(found));
    const auto& efficiency = std::get<StatisticalEfficiency>(found);
    const auto holds = [](const FitRange& range, double value) { return range.p10 <= value && value <= range.p90; };
    critical += holds(*critical_batch_range(efficiency), 512) ? 1 : 0;
    least += holds(*minimum_steps_range(efficiency), 1000) ? 1 : 0;
    steps += holds(*steps_range(efficiency, 300), steps_to_target(truth, 300)) ? 1 : 0;
    ++fitted;
  }
  for (const int held : {critical, least, steps}) {
    CHECK(held > 0.76 * fitted);
    CHECK(held < 0.84 * fitted);
  }
}

TEST_CASE("runs that cannot tell the constants apart are said to, and those that can are not", "[unit]") {
  const auto warned = [](const std::vector<BatchSteps>& pairs, std::int64_t batch) {
    const auto fitted = fit(pairs);
    REQUIRE(std::holds_alternative<StatisticalEfficiency>(fitted));
    std::string all;
    for (const std::string& warning : fit_warnings(std::get<StatisticalEfficiency>(fitted), batch)) all += warning + ";";
    return all;
  };
  const std::vector<BatchSteps> good{{64, 9100}, {256, 2950}, {1024, 1510}, {4096, 1120}, {16384, 1030}};
  CHECK(warned(good, 512).empty());
  CHECK(warned(good, 32768).find("batch 32768 lies outside of the runs', 64 to 16384") != std::string::npos);
  CHECK(warned({{64, 9000}, {4096, 1100}}, 64).find("two runs settle") != std::string::npos);
  // All far below the critical batch: steps fall as 1 / B.
  CHECK(warned({{8, 12600}, {16, 6250}, {32, 3170}, {64, 1580}}, 64).find("bound the critical batch from above") != std::string::npos);
  // All far above it: steps do not change.
  CHECK(warned({{10000, 1003}, {20000, 1001}, {40000, 1004}, {80000, 1000}}, 10000).find("it may as well be zero") != std::string::npos);
}

TEST_CASE("what was given has no ranges and no warnings, and two runs have no ranges", "[limit]") {
  CHECK_FALSE(critical_batch_range({1000, 512, {}}));
  CHECK_FALSE(steps_range({1000, 512, {}}, 64));
  CHECK(fit_warnings({1000, 512, {}}, 64).empty());
  const auto two = fit({{64, 9000}, {4096, 1100}});
  CHECK_FALSE(minimum_steps_range(std::get<StatisticalEfficiency>(two)));
}

TEST_CASE("steps that say nothing of a critical batch are refused with the reason", "[unit]") {
  const auto reason = [](const std::vector<BatchSteps>& pairs) { return std::get<Infeasible>(fit(pairs)).reason; };
  CHECK(reason({}).find("fewer than two batches") != std::string::npos);
  CHECK(reason({{64, 100}, {64, 110}}).find("fewer than two batches") != std::string::npos);
  CHECK(reason({{16, 100}, {64, 200}}).find("do not fall with the batch") != std::string::npos);
  CHECK(reason({{16, 1000}, {64, 100}}).find("fall faster than the batch grows") != std::string::npos);
}

TEST_CASE("a range that nothing bounds is shown without a number above", "[limit]") {
  CHECK(range_text({808.3, 2017}) == "P10 to P90 808.3 to 2017");
  CHECK(range_text({808.3, std::numeric_limits<double>::infinity()}) == "P10 808.3, unbounded above");
}
