#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/text.hpp"

namespace forerun {

/// How a measured run ended. `timeout`: it was stopped at `value`, so that the truth is at least that.
enum class RunStatus { ok, oom, timeout, failed };
std::string_view to_string(RunStatus status);

/// One row of a file of measured runs: what was run, and what was measured. Texts know their file and line.
struct MeasuredRun {
  std::string run;    ///< unique in its file
  std::string group;  ///< the series it belongs to
  std::string file;   ///< the name of its file without folder and ending; empty where it was read from none
  Text workload;      ///< a name, or a file: absolute, or relative to the folder of the CSV file and made so on reading
  Text platform;
  Text strategy;               ///< empty where the workload is an execution trace
  std::vector<Text> settings;  ///< each `key=value`, as `--set` takes them
  std::string metric = "step_time_s";
  double value = 0;  ///< in the metric's unit; zero only where the run did not end ok
  std::optional<double> p10;
  std::optional<double> p90;
  std::optional<std::int64_t> repeats;
  RunStatus status = RunStatus::ok;
  std::string source;
  std::string date;
  std::string host;
  std::string note;
  std::vector<std::pair<std::string, std::string>> extra;  ///< columns that the schema does not know

  friend bool operator==(const MeasuredRun&, const MeasuredRun&) = default;
};

/// The columns of the schema, in order. `run, group, workload, platform, strategy, metric, value` must be there.
std::span<const std::string> measured_run_columns();

/// A run as a row under measured_run_columns().
std::vector<std::string> measured_run_row(const MeasuredRun& run);

/// 64 bits (FNV-1a) of what was run and measured: workload, platform, strategy, settings in any order, metric and value, not its name.
/// Of files their names alone, so that a set may move.                            [Fowler, Noll & Vo, RFC 9923]
std::string row_hash(const MeasuredRun& run);

/// Reads measured runs. BadInput, all at once: what read_csv() refuses, a run without a name or named twice, an unknown metric or
/// status (with a suggestion), a value that is missing, zero, negative or not a number, p10 above p90.
std::vector<MeasuredRun> read_measured_runs(const std::filesystem::path& file);

/// The same from a text; `name` stands for the file, whose folder is `folder`.
std::vector<MeasuredRun> read_measured_runs_text(std::string_view text, std::string_view name, const std::filesystem::path& folder);

}  // namespace forerun
