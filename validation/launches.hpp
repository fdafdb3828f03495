#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "validation/measured_runs.hpp"

namespace forerun {

/// The file that stands beside a file of measured runs: `runs.csv` has `runs.steps.csv` for "steps".
std::filesystem::path companion_file(const std::filesystem::path& runs, std::string_view what);

/// Every step time of a run, by the run's name, in seconds.
using StepTimes = std::map<std::string, std::vector<double>, std::less<>>;

/// Reads the companion file "steps" (`run, step, step_time_s`); empty where there is none. BadInput as for_each_csv_row(), and for a time
/// that is not above zero.
StepTimes read_step_times(const std::filesystem::path& runs);

/// Launches of the same thing as one run: rows that ended ok with equal group, workload, platform, strategy, settings and metric.
/// The first gives the name and the rest of the row; value, p10 and p90 are the quantiles of all their step times where the metric is
/// `step_time_s` and every launch has them, else of their values; `repeats` counts the launches. Other rows stay as they are.
std::vector<MeasuredRun> pool_launches(std::span<const MeasuredRun> runs, const StepTimes& steps);

}  // namespace forerun
