#include <catch2/catch.hpp>

#include "validation/score.hpp"

using namespace forerun;

namespace {

Case make_case(double value, RunStatus status = RunStatus::ok, const std::string& metric = "step_time_s") {
  Case out;
  out.run.run = "r";
  out.run.group = "g";
  out.run.metric = metric;
  out.run.value = value;
  out.run.status = status;
  out.scenario = Scenario{};
  return out;
}

Predictor answers(double step_s) {
  return [step_s](const Scenario&) {
    Prediction prediction;
    prediction.engine = "paper";
    prediction.step_time = Seconds(step_s);
    return prediction;
  };
}

ScoredRun row(const std::string& group, double measured, double predicted) {
  return {.engine = "paper",
          .run = "r",
          .group = group,
          .metric = "step_time_s",
          .measured = measured,
          .predicted = predicted,
          .error = predicted / measured - 1};
}

}  // namespace

TEST_CASE("an error is signed and relative to the measurement") {
  CHECK(*score(make_case(2), answers(3)).error == Approx(0.5));
  CHECK(*score(make_case(4), answers(3)).error == Approx(-0.25));
}

TEST_CASE("a scored run says what ran and how far its measurement spread") {
  Case measured = make_case(2);
  measured.run.p10 = 1.5;
  measured.run.p90 = 2.5;
  measured.scenario->workload.name = "w";
  measured.scenario->workload.batch = 12;
  measured.scenario->strategy.data = 3;
  const ScoredRun scored = score(measured, answers(3));
  CHECK(scored.workload == "w");
  CHECK(scored.batch == 12);
  CHECK(scored.ranks == 3);
  CHECK(scored.measured_p10 == 1.5);
  CHECK(scored.measured_p90 == 2.5);
}

TEST_CASE("a trace's run says the ranks of its plan") {
  Case measured = make_case(2);
  StepPlan plan;
  plan.ranks = 4;
  measured.scenario->plan = std::make_shared<const StepPlan>(plan);
  CHECK(score(measured, answers(3)).ranks == 4);
}

TEST_CASE("a run that did not end ok is kept with its reason and not scored") {
  const ScoredRun scored = score(make_case(2, RunStatus::timeout), answers(3));
  CHECK_FALSE(scored.error);
  CHECK(*scored.measured == 2);
  CHECK(*scored.predicted == 3);
  CHECK(scored.reason == "the run ended as timeout");
}

TEST_CASE("a metric that the engine does not give is not scored") {
  const ScoredRun scored = score(make_case(2, RunStatus::ok, "mfu"), answers(3));
  CHECK_FALSE(scored.error);
  CHECK(scored.reason == "paper does not predict mfu");
}

TEST_CASE("an infeasible scenario and a missing capability are reasons, not errors") {
  const ScoredRun infeasible = score(make_case(2), [](const Scenario&) {
    Prediction prediction;
    prediction.status = Status::infeasible;
    prediction.reason = "too large";
    return prediction;
  });
  CHECK_FALSE(infeasible.error);
  CHECK(infeasible.reason == "infeasible: too large");
  const ScoredRun missing = score(make_case(2), [](const Scenario&) -> Prediction { throw MissingCapability("no such kernel"); });
  CHECK(missing.reason == "no such kernel");
}

TEST_CASE("a failed simulation is passed on") {
  CHECK_THROWS_AS(score(make_case(2), [](const Scenario&) -> Prediction { throw SimulationFailed("deadlock"); }), SimulationFailed);
}

TEST_CASE("a case without a scenario keeps its reason") {
  Case without = make_case(2);
  without.scenario.reset();
  without.reason = "not modelled";
  const ScoredRun scored = score(without, answers(3));
  CHECK(scored.reason == "not modelled");
  CHECK_FALSE(scored.predicted);
}

TEST_CASE("a group's errors are absolute, its bias is signed") {
  const std::vector<ScoredRun> rows{row("g", 1, 1.1), row("g", 2, 1.6), row("g", 4, 5.2), row("h", 1, 3)};
  const auto groups = score_groups(rows);
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].n == 3);
  CHECK(*groups[0].median_error == Approx(0.2));
  CHECK(*groups[0].mean_error == Approx(0.2));
  CHECK(*groups[0].worst_error == Approx(0.3));
  CHECK(*groups[0].bias == Approx((0.1 - 0.2 + 0.3) / 3));
  CHECK(groups[1].n == 1);
  CHECK_FALSE(groups[1].rank_correlation);
}

TEST_CASE("rows without an error do not count, engines are apart") {
  std::vector<ScoredRun> rows{row("g", 1, 2), row("g", 1, 3)};
  rows[1].engine = "other";
  rows.push_back(row("g", 1, 9));
  rows[2].error.reset();
  const auto groups = score_groups(rows);
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].n == 1);
  CHECK(*groups[0].worst_error == Approx(1));
  CHECK(*groups[1].worst_error == Approx(2));
}

TEST_CASE("a device is summed up over all files, and one without any error does not appear") {
  std::vector<ScoredRun> rows{row("g", 1, 1.1), row("h", 1, 1.3), row("g", 1, 2), row("g", 1, 9)};
  rows[0].device = rows[1].device = "v100", rows[2].device = "k80", rows[3].device = "t4";
  rows[0].file = "one", rows[1].file = "two", rows[2].file = "one";
  rows[3].error.reset();
  const auto devices = score_groups(rows, ScoreBy::device);
  REQUIRE(devices.size() == 2);
  CHECK(devices[0].group == "k80");
  CHECK(devices[0].files == 1);
  CHECK(devices[1].group == "v100");
  CHECK(devices[1].files == 2);
  CHECK(devices[1].n == 2);
  CHECK(*devices[1].median_error == Approx(0.2));
}

TEST_CASE("an interval follows its metric: a rate falls as its time grows") {
  Prediction prediction;
  prediction.step_time = Seconds(2), prediction.step_time_p10 = Seconds(1), prediction.step_time_p90 = Seconds(4);
  prediction.total_time = Seconds(20), prediction.total_time_p10 = Seconds(16), prediction.total_time_p90 = Seconds(30);
  prediction.epoch_time = Seconds(10);
  prediction.throughput_samples_per_s = 100;
  prediction.cost = Dollars(5);
  prediction.memory_per_device = Bytes(7);
  CHECK(metric_interval(prediction, "step_time_s") == Interval{1, 4});
  CHECK(metric_interval(prediction, "total_time_s") == Interval{16, 30});
  CHECK(metric_interval(prediction, "epoch_time_s") == Interval{5, 20});
  CHECK(metric_interval(prediction, "throughput_samples_per_s") == Interval{50, 200});
  CHECK(metric_interval(prediction, "cost_usd") == Interval{4, 7.5});
  CHECK_FALSE(metric_interval(prediction, "memory_per_device_bytes"));
  CHECK_FALSE(metric_interval(prediction, "mfu"));
  prediction.step_time_p90.reset();
  CHECK_FALSE(metric_interval(prediction, "step_time_s"));
}

TEST_CASE("coverage is the share of measurements within P10 to P90, its width relative to the prediction") {
  std::vector<ScoredRun> rows{row("g", 1, 2), row("g", 1.5, 2), row("g", 2.5, 2), row("g", 9, 4), row("h", 2, 2)};
  for (ScoredRun& each : rows) each.interval = Interval{*each.predicted - 0.5, *each.predicted + 0.5};
  rows[4].interval.reset();
  const auto groups = score_groups(rows);
  CHECK(groups[0].coverage.n == 4);
  CHECK(*groups[0].coverage.share == Approx(0.5));
  CHECK(*groups[0].coverage.median_width == Approx(0.5));
  CHECK(groups[1].n == 1);
  CHECK(groups[1].coverage == Coverage{});
  CHECK(coverage(rows, "paper") == groups[0].coverage);
  CHECK(coverage(rows, "another") == Coverage{});
  rows[0].error.reset();
  CHECK(*coverage(rows, "paper").share == Approx(2.0 / 3));
}

TEST_CASE("the median of an even number is the mean of both in the middle") {
  CHECK(median({4, 1, 3, 2}) == 2.5);
  CHECK(median({5, 1, 3}) == 3);
}

TEST_CASE("pairs with equal measurements do not count, a tied prediction counts half") {
  CHECK(*pairs_ordered(std::vector<double>{1, 2, 3}, std::vector<double>{1, 3, 2}) == Approx(2.0 / 3));
  CHECK(*pairs_ordered(std::vector<double>{1, 1, 2}, std::vector<double>{5, 6, 6}) == Approx(0.75));
  CHECK(*pairs_ordered(std::vector<double>{1, 2, 3}, std::vector<double>{4, 4, 4}) == Approx(0.5));
  CHECK_FALSE(pairs_ordered(std::vector<double>{1, 1}, std::vector<double>{1, 2}));
}

TEST_CASE("each metric of the schema reads its own field of a prediction") {
  Prediction prediction;
  prediction.step_time = Seconds(1);
  prediction.epoch_time = Seconds(2);
  prediction.total_time = Seconds(3);
  prediction.throughput_samples_per_s = 4;
  prediction.memory_per_device = Bytes(5);
  CHECK(*metric_value(prediction, "step_time_s") == 1);
  CHECK(*metric_value(prediction, "epoch_time_s") == 2);
  CHECK(*metric_value(prediction, "total_time_s") == 3);
  CHECK(*metric_value(prediction, "throughput_samples_per_s") == 4);
  CHECK(*metric_value(prediction, "memory_per_device_bytes") == 5);
  CHECK_FALSE(metric_value(prediction, "cost_usd"));
}
