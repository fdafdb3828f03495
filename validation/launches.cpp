#include "validation/launches.hpp"

#include <algorithm>
#include <array>

#include "core/quantile.hpp"
#include "io/csv.hpp"
#include "io/quantity.hpp"

namespace forerun {
namespace {

bool same_experiment(const MeasuredRun& a, const MeasuredRun& b) {
  const auto same_settings = [](const Text& x, const Text& y) { return x.value == y.value && x.key == y.key; };
  return a.status == RunStatus::ok && b.status == RunStatus::ok && a.group == b.group && a.workload.value == b.workload.value &&
         a.platform.value == b.platform.value && a.strategy.value == b.strategy.value && a.metric == b.metric &&
         std::ranges::equal(a.settings, b.settings, same_settings);
}

/// All step times of the launches, or nothing where one of them lacks them.
std::vector<double> all_steps(std::span<const MeasuredRun> launches, const StepTimes& steps) {
  std::vector<double> all;
  for (const MeasuredRun& launch : launches) {
    const auto found = steps.find(launch.run);
    if (launch.metric != "step_time_s" || found == steps.end()) return {};
    all.insert(all.end(), found->second.begin(), found->second.end());
  }
  return all;
}

MeasuredRun pooled(std::span<const MeasuredRun> launches, const StepTimes& steps) {
  MeasuredRun run = launches.front();
  if (launches.size() == 1) return run;
  std::vector<double> values = all_steps(launches, steps);
  if (values.empty())
    for (const MeasuredRun& launch : launches) values.push_back(launch.value);
  std::ranges::sort(values);
  run.value = quantile(values, 0.5);
  run.p10 = quantile(values, 0.1);
  run.p90 = quantile(values, 0.9);
  run.repeats = static_cast<std::int64_t>(launches.size());
  run.note = "pooled over " + std::to_string(launches.size()) + " launches";
  return run;
}

}  // namespace

std::filesystem::path companion_file(const std::filesystem::path& runs, std::string_view what) {
  return runs.parent_path() / (runs.stem().string() + "." + std::string(what) + runs.extension().string());
}

StepTimes read_step_times(const std::filesystem::path& runs) {
  constexpr std::array<std::string_view, 2> kRequired{"run", "step_time_s"};
  const std::filesystem::path file = companion_file(runs, "steps");
  StepTimes times;
  if (!std::filesystem::exists(file)) return times;
  for_each_csv_row(file, kRequired, [&](const CsvTable& row) {
    times[row.at(0, "run").value].push_back(parse_number(row.at(0, "step_time_s"), 1e-12, 1e9));
  });
  return times;
}

std::vector<MeasuredRun> pool_launches(std::span<const MeasuredRun> runs, const StepTimes& steps) {
  std::vector<std::vector<MeasuredRun>> experiments;
  for (const MeasuredRun& run : runs) {
    const auto known = std::ranges::find_if(experiments, [&](const auto& launches) { return same_experiment(launches.front(), run); });
    if (known == experiments.end())
      experiments.push_back({run});
    else
      known->push_back(run);
  }
  std::vector<MeasuredRun> out;
  out.reserve(experiments.size());
  for (const auto& launches : experiments) out.push_back(pooled(launches, steps));
  return out;
}

}  // namespace forerun
