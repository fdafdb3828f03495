#include <catch2/catch.hpp>

#include "validation/validation.hpp"

using namespace forerun;

namespace {

/// step = compute scale x batch milliseconds + a gigabyte over the link.
Prediction toy(const Scenario& scenario) {
  Prediction prediction;
  prediction.engine = "toy";
  if (scenario.workload.batch > 1000) return prediction.status = Status::infeasible, prediction.reason = "too large", prediction;
  prediction.step_time = Seconds(1e-3 * scenario.calibration->compute_scale * static_cast<double>(scenario.workload.batch)) +
                         Bytes(1e9) / scenario.platform.inter_node.bandwidth;
  return prediction;
}

Prediction toy_in_full(const Scenario& scenario) {
  Prediction prediction = toy(scenario);
  if (prediction.step_time) prediction.step_time_p10 = 0.9 * *prediction.step_time, prediction.step_time_p90 = 1.1 * *prediction.step_time;
  return prediction;
}

const NamedEngine kToy{"toy", toy, toy_in_full};

Case row(const std::string& group, const std::string& name, std::int64_t batch, double seconds) {
  static const auto shared = std::make_shared<const Calibration>();
  Case out;
  out.run.run = name;
  out.run.group = group;
  out.run.value = seconds;
  out.scenario.emplace();
  out.scenario->workload.batch = batch;
  out.scenario->platform.inter_node.bandwidth = BytesPerSecond(1e30);
  out.scenario->calibration = shared;
  return out;
}

Validation of(const std::vector<Case>& cases, const Split& split = {}) {
  Validation validation;
  add_engine(kToy, cases, split, validation);
  sum_up(validation);
  return validation;
}

}  // namespace

TEST_CASE("rows that are fitted give their scale to the scored ones and are not scored") {
  Split split;
  split.fit = Selection{Selection::By::group, {"a"}};
  const Validation found = of({row("a", "1", 10, 0.03), row("b", "2", 20, 0.06), row("b", "3", 30, 0.18)}, split);
  REQUIRE(found.fitted.size() == 1);
  CHECK(found.fitted[0].scale.scale == Approx(3));
  CHECK(found.fitted[0].scale.runs == std::vector<std::string>{"1"});
  REQUIRE(found.rows.size() == 2);
  CHECK(*found.rows[0].error == Approx(0).margin(1e-6));
  CHECK(*found.rows[1].error == Approx(-0.5));
  CHECK(found.rows[1].engine == "toy");
  CHECK(found.rows[1].interval);
  CHECK(scored_rows(found) == 2);
  REQUIRE(found.groups.size() == 1);
  CHECK(found.groups[0].group == "b");
}

TEST_CASE("cases that share a calibration share its rescaled copy, and the given one stays") {
  std::vector<Case> cases{row("a", "1", 1, 1), row("a", "2", 1, 1), row("a", "3", 1, 1)};
  cases[2].scenario.reset();
  const std::shared_ptr<const Calibration> before = cases[0].scenario->calibration;
  rescale(cases, 2.5);
  CHECK(cases[0].scenario->calibration == cases[1].scenario->calibration);
  CHECK(cases[0].scenario->calibration->compute_scale == 2.5);
  CHECK(before->compute_scale == 1);
}

TEST_CASE("each scored row is explained where an unknown is asked for") {
  Validation validation;
  validation.unknown = Unknown{"platform.link-bandwidth", 1e6, 1e12};
  add_engine(kToy, std::vector<Case>{row("a", "1", 10, 1.01)}, {}, validation);
  REQUIRE(validation.explanations.size() == 1);
  CHECK(*validation.explanations[0].value == Approx(1e9));
  CHECK(validation.explanations[0].engine == "toy");
}

TEST_CASE("a tolerance is kept where each group's median keeps it, nothing was denied and something was scored") {
  const auto within = [](const std::vector<Case>& cases, double tolerance) {
    Validation found = of(cases);
    found.tolerance = tolerance;
    return found.within_tolerance();
  };
  const std::vector<Case> good{row("a", "1", 10, 0.0101), row("b", "2", 10, 0.011)};
  CHECK(within(good, 0.1));
  CHECK_FALSE(within(good, 0.05));
  CHECK(of(good).within_tolerance());
  CHECK_FALSE(within({}, 0.1));
  const std::vector<Case> denied{row("a", "1", 10, 0.01), row("a", "2", 2000, 2)};
  CHECK(denied_rows(of(denied)) == 1);
  CHECK_FALSE(within(denied, 0.1));
}
