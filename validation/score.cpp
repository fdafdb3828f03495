#include "validation/score.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "core/rank_correlation.hpp"
#include "io/format.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

template <class T>
std::optional<double> si(const std::optional<T>& quantity) {
  return quantity ? std::optional(quantity->value()) : std::nullopt;
}

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// Models of one name may differ in their sizes.
std::string subject_of(const Scenario& scenario) {
  const Workload& workload = scenario.workload;
  return forerun::format("{}, {} parameters, {} inputs, {}, on {}", workload.name, parameters(workload), workload.input.elements(),
                         to_string(workload.precision), scenario.platform.name);
}

std::string why_not_scored(const MeasuredRun& run, const Prediction& prediction) {
  std::string measured = run.status == RunStatus::ok ? "" : "the run ended as " + std::string(to_string(run.status));
  if (prediction.status != Status::ok) {
    const std::string predicted = std::string(to_string(prediction.status)) + ": " + prediction.reason;
    return measured.empty() ? predicted : measured + "; predicted " + predicted;
  }
  if (!measured.empty()) return measured;
  if (!metric_value(prediction, run.metric)) return prediction.engine + " does not predict " + run.metric;
  return "";
}

bool was_fitted(const Calibration& calibration, const MeasuredRun& run) {
  if (!calibration.fit) return false;
  const std::string hash = row_hash(run);
  return std::ranges::find(calibration.fit->rows, hash, &FittedRow::hash) != calibration.fit->rows.end();
}

/// An interval of a time as one of what is `value` where the time is `time` and grows with it, or falls.
enum class Follows { grows, falls };
std::optional<Interval> follow(const std::optional<double>& value, const std::optional<Seconds>& time, const std::optional<Seconds>& p10,
                               const std::optional<Seconds>& p90, Follows follows) {
  if (!value || !time || !p10 || !p90) return std::nullopt;
  if (follows == Follows::falls) return Interval{*value * (*time / *p90), *value * (*time / *p10)};
  return Interval{*value * (*p10 / *time), *value * (*p90 / *time)};
}

Coverage coverage_where(std::span<const ScoredRun> rows, const std::function<bool(const ScoredRun&)>& counts) {
  Coverage coverage;
  int inside = 0;
  std::vector<double> widths;
  for (const ScoredRun& row : rows) {
    if (!row.error || !row.interval || !counts(row)) continue;
    inside += row.interval->p10 <= *row.measured && *row.measured <= row.interval->p90 ? 1 : 0;
    widths.push_back((row.interval->p90 - row.interval->p10) / *row.predicted);
  }
  coverage.n = static_cast<int>(widths.size());
  if (widths.empty()) return coverage;
  coverage.share = static_cast<double>(inside) / coverage.n;
  coverage.median_width = median(widths);
  return coverage;
}

const std::string& name_of(const ScoredRun& row, ScoreBy by) {
  if (by == ScoreBy::set) return row.file;
  return by == ScoreBy::device ? row.device : row.group;
}

GroupScore statistics(std::span<const ScoredRun> rows, const std::string& engine, const std::string& group, ScoreBy by) {
  GroupScore score{.engine = engine, .group = group};
  const auto counts = [&](const ScoredRun& row) { return row.engine == engine && name_of(row, by) == group; };
  std::set<std::string_view> files;
  std::vector<double> errors, absolute, measured, predicted;
  for (const ScoredRun& row : rows) {
    if (!counts(row) || !row.error) continue;
    files.insert(row.file);
    errors.push_back(*row.error);
    absolute.push_back(std::abs(*row.error));
    measured.push_back(*row.measured);
    predicted.push_back(*row.predicted);
  }
  score.coverage = coverage_where(rows, counts);
  score.files = static_cast<int>(files.size());
  score.n = static_cast<int>(errors.size());
  if (errors.empty()) return score;
  score.median_error = median(absolute);
  score.mean_error = mean(absolute);
  score.worst_error = *std::ranges::max_element(absolute);
  score.bias = mean(errors);
  score.rank_correlation = rank_correlation(measured, predicted);
  score.pairs_ordered = pairs_ordered(measured, predicted);
  return score;
}

}  // namespace

std::optional<double> metric_value(const Prediction& prediction, std::string_view metric) {
  if (metric == "step_time_s") return si(prediction.step_time);
  if (metric == "epoch_time_s") return si(prediction.epoch_time);
  if (metric == "total_time_s") return si(prediction.total_time);
  if (metric == "throughput_samples_per_s") return prediction.throughput_samples_per_s;
  if (metric == "throughput_tokens_per_s") return prediction.throughput_tokens_per_s;
  if (metric == "mfu") return prediction.mfu;
  if (metric == "cost_usd") return si(prediction.cost);
  if (metric == "memory_per_device_bytes") return si(prediction.memory_per_device);
  return std::nullopt;
}

int time_direction(std::string_view metric) {
  if (metric == "step_time_s" || metric == "epoch_time_s" || metric == "total_time_s") return 1;
  return metric == "throughput_samples_per_s" || metric == "throughput_tokens_per_s" || metric == "mfu" ? -1 : 0;
}

std::optional<Interval> metric_interval(const Prediction& prediction, std::string_view metric) {
  const std::optional<double> value = metric_value(prediction, metric);
  if (metric == "memory_per_device_bytes") return std::nullopt;
  if (metric == "total_time_s" || metric == "cost_usd")
    return follow(value, prediction.total_time, prediction.total_time_p10, prediction.total_time_p90, Follows::grows);
  const bool rate = metric.starts_with("throughput_") || metric == "mfu";
  return follow(value, prediction.step_time, prediction.step_time_p10, prediction.step_time_p90, rate ? Follows::falls : Follows::grows);
}

Coverage coverage(std::span<const ScoredRun> rows, std::string_view engine) {
  return coverage_where(rows, [&](const ScoredRun& row) { return row.engine == engine; });
}

ScoredRun score(const Case& measured, const Predictor& predict) {
  const MeasuredRun& run = measured.run;
  ScoredRun row{.run = run.run, .group = run.group, .file = run.file, .metric = run.metric, .workload = run.workload.value};
  row.strategy = run.strategy.value;
  row.measured_p10 = run.p10;
  row.measured_p90 = run.p90;
  if (measured.scenario) {
    row.workload = measured.scenario->workload.name;
    row.batch = measured.scenario->workload.batch;
    row.ranks = measured.scenario->ranks();
    row.subject = subject_of(*measured.scenario);
    if (measured.scenario->calibration) row.device = measured.scenario->calibration->device;
  }
  if (run.value > 0) row.measured = run.value;
  row.reason = measured.reason;
  if (!measured.scenario) return row;
  if (measured.scenario->calibration && was_fitted(*measured.scenario->calibration, run)) {
    row.reason = "calibration " + measured.scenario->calibration->name + " was fitted to it";
    return row;
  }
  try {
    const Prediction prediction = predict(*measured.scenario);
    row.predicted = metric_value(prediction, run.metric);
    row.interval = metric_interval(prediction, run.metric);
    row.denied = run.status == RunStatus::ok && prediction.status == Status::infeasible;
    row.reason = why_not_scored(run, prediction);
  } catch (const MissingCapability& missing) {
    row.reason = missing.what();
  }
  if (row.reason.empty()) row.error = *row.predicted / *row.measured - 1;
  return row;
}

std::string_view to_string(ScoreBy by) {
  if (by == ScoreBy::set) return "set";
  return by == ScoreBy::device ? "device" : "group";
}

std::vector<GroupScore> score_groups(std::span<const ScoredRun> rows, ScoreBy by) {
  std::vector<GroupScore> groups;
  for (const ScoredRun& row : rows) {
    if (by != ScoreBy::group && !row.error) continue;
    const auto known = [&](const GroupScore& group) { return group.engine == row.engine && group.group == name_of(row, by); };
    if (std::ranges::none_of(groups, known)) groups.push_back(statistics(rows, row.engine, name_of(row, by), by));
  }
  if (by != ScoreBy::group) std::ranges::stable_sort(groups, {}, &GroupScore::group);
  return groups;
}

std::optional<double> pairs_ordered(std::span<const double> truth, std::span<const double> guess) {
  std::int64_t pairs = 0, ordered = 0, tied = 0;
  for (std::size_t i = 0; i < truth.size(); ++i)
    for (std::size_t j = i + 1; j < truth.size(); ++j) {
      if (truth[i] == truth[j]) continue;
      ++pairs;
      if (guess[i] == guess[j])
        ++tied;
      else if ((truth[i] < truth[j]) == (guess[i] < guess[j]))
        ++ordered;
    }
  if (pairs == 0) return std::nullopt;
  return (static_cast<double>(ordered) + static_cast<double>(tied) / 2) / static_cast<double>(pairs);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace forerun
