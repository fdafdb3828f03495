#include "cli/target_page.hpp"

#include <cmath>

#include "costs/statistical_efficiency.hpp"
#include "costs/whole_run.hpp"
#include "io/format.hpp"
#include "io/table.hpp"

namespace forerun {
namespace {

/// Null where nothing bounds it.
Json bound(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

/// What a batch's fastest strategy comes to.
struct Fastest {
  std::optional<Seconds> step;
  std::optional<Seconds> run;
  std::optional<Dollars> cost;
};

Fastest fastest_of(const BatchSearch& search) {
  Fastest fastest;
  if (search.found.pareto.empty()) return fastest;
  fastest.step = Seconds(search.found.pareto.front().step_s);
  fastest.run = search.run_time(0);
  const Scenario& scenario = search.read.scenario;
  if (fastest.run) fastest.cost = run_cost(scenario.platform, scenario.run.market, *fastest.run);
  return fastest;
}

std::optional<double> epochs_of(const BatchSearch& search, const StatisticalEfficiency& target) {
  const Workload& workload = search.read.scenario.workload;
  if (workload.samples < 1) return {};
  return samples_to_target(target, workload.batch) / static_cast<double>(workload.samples);
}

Table batches_table(const RankedStrategies& ranked, const StatisticalEfficiency& target) {
  Table table;
  const bool ranges = steps_range(target, 1).has_value();
  const bool priced =
      run_cost(ranked.searches.front().read.scenario.platform, ranked.searches.front().read.scenario.run.market, Seconds(1)).has_value();
  table.header = {"batch", "steps"};
  if (ranges) table.header.emplace_back("P10 to P90");
  for (const char* column : {"epochs", "fastest step", "to target"}) table.header.emplace_back(column);
  if (priced) table.header.emplace_back("USD");
  for (const BatchSearch& search : ranked.searches) {
    const Fastest fastest = fastest_of(search);
    const std::optional<double> epochs = epochs_of(search, target);
    std::vector<std::string> row{counted(search.batch()), counted(*run_steps(search.read.scenario))};
    if (ranges) {
      const FitRange range = *steps_range(target, search.batch());
      row.push_back(forerun::format("{:.4g} to {:.4g}", range.p10, range.p90));
    }
    row.push_back(epochs ? forerun::format("{:.4g}", *epochs) : "-");
    row.push_back(fastest.step ? human(*fastest.step) : "-");
    row.push_back(fastest.run ? human(*fastest.run) : "nothing fits");
    if (priced) row.push_back(fastest.cost ? forerun::format("{:.2f}", fastest.cost->value()) : "-");
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::string target_text(const RankedStrategies& ranked) {
  const std::optional<StatisticalEfficiency>& target = ranked.searches.front().read.scenario.run.to_target;
  if (!target) return "";
  std::string out = forerun::format("the target takes {:.5g} (1 + {:.5g} / batch) steps, at learning rates tuned for each batch\n",
                                    target->minimum_steps, target->critical_batch);
  if (target->fit) out += forerun::format("  fitted to {} runs, worst error {}\n", target->fit->runs, percent(target->fit->worst_error));
  if (const auto range = minimum_steps_range(*target)) out += forerun::format("  minimum steps {}\n", range_text(*range));
  if (const auto range = critical_batch_range(*target)) out += forerun::format("  critical batch {}\n", range_text(*range));
  return out + "\n" + text_table(batches_table(ranked, *target)) + "\n";
}

Json target_json(const RankedStrategies& ranked) {
  const std::optional<StatisticalEfficiency>& target = ranked.searches.front().read.scenario.run.to_target;
  if (!target) return nullptr;
  Json out{{"minimum_steps", target->minimum_steps}, {"critical_batch", target->critical_batch}};
  const auto add = [&](const std::string& name, const std::optional<FitRange>& range) {
    out[name + "_p10"] = range ? Json(range->p10) : Json(nullptr);
    out[name + "_p90"] = range ? bound(range->p90) : Json(nullptr);
  };
  add("minimum_steps", minimum_steps_range(*target));
  add("critical_batch", critical_batch_range(*target));
  out["runs"] = target->fit ? Json(target->fit->runs) : Json(nullptr);
  out["worst_error"] = target->fit ? Json(target->fit->worst_error) : Json(nullptr);
  return out;
}

Json batches_json(const RankedStrategies& ranked) {
  const std::optional<StatisticalEfficiency>& target = ranked.searches.front().read.scenario.run.to_target;
  Json out = Json::array();
  for (const BatchSearch& search : ranked.searches) {
    const Fastest fastest = fastest_of(search);
    const std::optional<FitRange> steps = target ? steps_range(*target, search.batch()) : std::nullopt;
    out.push_back({{"global_batch", search.batch()},
                   {"evaluated", search.found.evaluated},
                   {"feasible", search.found.feasible},
                   {"steps", to_json_value(run_steps(search.read.scenario))},
                   {"steps_p10", steps ? Json(steps->p10) : Json(nullptr)},
                   {"steps_p90", steps ? bound(steps->p90) : Json(nullptr)},
                   {"epochs_to_target", target ? to_json_value(epochs_of(search, *target)) : Json(nullptr)},
                   {"step_time_s", to_json_value(fastest.step)},
                   {"total_time_s", to_json_value(fastest.run)},
                   {"cost_usd", to_json_value(fastest.cost)}});
  }
  return out;
}

}  // namespace forerun
