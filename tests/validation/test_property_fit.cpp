#include <catch2/catch.hpp>
#include <memory>

#include "validation/property_fit.hpp"

using namespace forerun;

namespace {

/// step = overhead + a gigabyte for each sample of the batch over the link.
Prediction toy(const Scenario& scenario) {
  Prediction prediction;
  prediction.step_time = scenario.platform.collective_overhead +
                         static_cast<double>(scenario.workload.batch) * Bytes(1e9) / scenario.platform.inter_node.bandwidth;
  return prediction;
}

/// A row of a machine whose link has so much in truth, and a tenth of a GB/s as far as its scenario knows.
Case row(const std::string& group, int batch, double bytes_per_s, int nodes = 2) {
  static const auto none = std::make_shared<const Calibration>(Calibration{.name = "none"});
  Case out;
  out.run.group = group;
  out.run.run = group + std::to_string(batch);
  out.run.settings = {{out.run.run}};
  out.scenario.emplace();
  Platform& platform = out.scenario->platform;
  platform.name = "cluster";
  platform.nodes = nodes;
  platform.collective_overhead = Seconds(1e-3);
  out.scenario->workload.batch = batch;
  out.scenario->calibration = none;
  platform.inter_node.bandwidth = BytesPerSecond(bytes_per_s);
  out.run.value = toy(*out.scenario).step_time->value();
  platform.inter_node.bandwidth = BytesPerSecond(1e8);
  return out;
}

double predicted(const Case& measured) { return toy(*measured.scenario).step_time->value() / measured.run.value; }

std::vector<const Fittable*> properties(const std::string& names) { return parse_fittables({names, "--unknowns", 0, 0, ""}); }

}  // namespace

TEST_CASE("each group is scored with the links that its own rows gave") {
  const std::vector<Case> fitted{row("a", 1, 4e8), row("a", 3, 4e8), row("b", 1, 5e7), row("b", 3, 5e7)};
  std::vector<Case> scored{row("a", 2, 4e8), row("b", 2, 5e7), row("c", 2, 1e9)};
  const auto found = fit_properties(fitted, scored, Split::Each::group, properties("link-bandwidth"), toy);
  REQUIRE(found.size() == 2);
  CHECK(found[0].group == "a");
  CHECK(found[0].record.properties.front().value == Approx(4e8).epsilon(0.01));
  CHECK(found[1].record.rows.size() == 2);
  CHECK(predicted(scored[0]) == Approx(1).epsilon(0.01));
  CHECK(predicted(scored[1]) == Approx(1).epsilon(0.01));
  CHECK(scored[2].scenario->platform.inter_node.bandwidth == BytesPerSecond(1e8));
  CHECK(scored[2].scenario->calibration->name == "none");
  CHECK_FALSE(scored[2].scenario->calibration->fit);
}

TEST_CASE("rows that are fitted all together give every scored row of their platform its links") {
  const std::vector<Case> fitted{row("a", 1, 4e8), row("b", 3, 4e8)};
  std::vector<Case> scored{row("c", 2, 4e8), row("d", 2, 4e8)};
  scored[1].scenario->platform.name = "another";
  CHECK(fit_properties(fitted, scored, Split::Each::all, properties("link-bandwidth"), toy).front().group.empty());
  CHECK(predicted(scored[0]) == Approx(1).epsilon(0.01));
  CHECK(scored[1].scenario->platform.inter_node.bandwidth == BytesPerSecond(1e8));
}

TEST_CASE("what a machine does not have is passed over, and named by nobody") {
  const std::vector<Case> fitted{row("a", 1, 4e8), row("a", 3, 4e8), row("a", 5, 4e8)};
  std::vector<Case> scored{row("a", 2, 4e8)};
  const auto found =
      fit_properties(fitted, scored, Split::Each::group, properties("intra-node-bandwidth,link-bandwidth,product-rate"), toy);
  REQUIRE(found.front().record.properties.size() == 1);
  CHECK(found.front().record.properties.front().name == "link-bandwidth");
  CHECK(predicted(scored[0]) == Approx(1).epsilon(0.01));
}
