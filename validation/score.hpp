#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/predictor.hpp"
#include "validation/measured_runs.hpp"

namespace forerun {

/// A measured run with the scenario that it describes, or why there is none.
struct Case {
  MeasuredRun run;
  std::optional<Scenario> scenario;
  std::string reason;
};

/// A prediction's value of a metric of the schema, in the metric's unit; empty where it has none.
std::optional<double> metric_value(const Prediction& prediction, std::string_view metric);

/// Whether a metric follows time: +1 grows with it, -1 falls, 0 does not depend on it.
int time_direction(std::string_view metric);

/// P10 and P90 of a metric.
struct Interval {
  double p10 = 0;
  double p90 = 0;

  friend bool operator==(const Interval&, const Interval&) = default;
};

/// Of a prediction's metric: those of the step's time, or of the run's for what belongs to a run; a rate falls as its time grows, so its
/// P10 is that of the time's P90. Empty where the prediction has none, and for memory.
std::optional<Interval> metric_interval(const Prediction& prediction, std::string_view metric);

/// A measured run held against its prediction. Without an error it is not scored, and `reason` says why.
struct ScoredRun {
  std::string engine;
  std::string run;
  std::string group;
  std::string file;    ///< that the row stands in, without folder and ending
  std::string device;  ///< what it was priced as: the calibration's; empty where there is none
  std::string metric;
  std::string workload;
  std::string subject;     ///< what the model is, and where it runs: rows of one subject differ in batch, ranks and strategy
  std::string strategy;    ///< as the row writes it
  std::int64_t batch = 0;  ///< global; 0 where the run has no scenario
  int ranks = 0;           ///< the same
  std::optional<double> measured;
  std::optional<double> measured_p10;
  std::optional<double> measured_p90;
  std::optional<double> predicted;
  std::optional<Interval> interval;  ///< of the prediction
  std::optional<double> error;       ///< predicted / measured - 1
  bool denied = false;               ///< it ran, but was predicted not to
  std::string reason;
};

/// Predicts a case and holds it against its measurement. Not scored: a run that did not end ok, a metric that the engine does not
/// give, an infeasible scenario, a missing capability, a row that its calibration was fitted to, whatever it is called there. A failed
/// simulation is passed on.
ScoredRun score(const Case& measured, const Predictor& predict);

/// How many measurements lie within P10 to P90, which should hold 80 % of them, and how wide that is.
struct Coverage {
  int n = 0;                           ///< rows with an error and an interval; the following are empty where there is none
  std::optional<double> share;         ///< of them with P10 <= measured <= P90
  std::optional<double> median_width;  ///< of (P90 - P10) / predicted

  friend bool operator==(const Coverage&, const Coverage&) = default;
};

/// Over all rows of an engine.
Coverage coverage(std::span<const ScoredRun> rows, std::string_view engine);

/// What rows are summed up by: the group that they name, or of all files the device that they were priced as, or the file itself.
enum class ScoreBy { group, device, set };
std::string_view to_string(ScoreBy by);

/// Statistics over the scored rows of one group, device or file, and one engine.
struct GroupScore {
  std::string engine;
  std::string group;                   ///< or device, or file
  int files = 0;                       ///< that the rows with an error stand in
  int n = 0;                           ///< rows with an error; the following are empty where there is none
  std::optional<double> median_error;  ///< of |error|
  std::optional<double> mean_error;
  std::optional<double> worst_error;
  std::optional<double> bias;              ///< mean of the signed errors
  std::optional<double> rank_correlation;  ///< Spearman's, ties at their mean rank; empty below two rows or without any spread
  std::optional<double> pairs_ordered;     ///< as pairs_ordered(); empty where no two measurements differ
  Coverage coverage;
};

/// One entry a group and engine, in order of appearance; or one a device (file) and engine that has an error, by its name.
std::vector<GroupScore> score_groups(std::span<const ScoredRun> rows, ScoreBy by = ScoreBy::group);

/// Share of the pairs (i, j) with truth_i != truth_j for which guess orders i and j alike; a tie of the guess counts half, so that a
/// guess that says nothing gets one half. Empty without such a pair. The index of concordance          [Harrell et al. 1982, JAMA 247]
std::optional<double> pairs_ordered(std::span<const double> truth, std::span<const double> guess);

/// The middle value; of an even number, the mean of both in the middle. Precondition: not empty.
double median(std::vector<double> values);

}  // namespace forerun
