#include "cli/validation_page.hpp"

#include <algorithm>
#include <functional>

#include "cli/fitted_page.hpp"
#include "io/format.hpp"

namespace forerun {
namespace {

using Number = std::optional<double>;

std::string or_dash(const Number& value, const std::function<std::string(double)>& write) { return value ? write(*value) : "-"; }
std::string plain(double value) { return forerun::format("{:.4g}", value); }
std::string fraction(double value) { return percent(value); }
std::string signed_fraction(double value) { return signed_percent(value); }

/// A value of a metric, with a unit where people expect one.
std::string metric_text(const Number& value, const std::string& metric) {
  if (!value) return "-";
  if (metric.ends_with("_time_s")) return human(Seconds(*value));
  if (metric.ends_with("_bytes")) return human(Bytes(*value));
  return plain(*value);
}

std::string interval_text(const ScoredRun& row) {
  return row.interval ? metric_text(row.interval->p10, row.metric) + " to " + metric_text(row.interval->p90, row.metric) : "-";
}

bool is_bandwidth(const Unknown& unknown) { return unknown.key.ends_with("-bandwidth"); }

std::string unknown_text(const Unknown& unknown, double value) {
  if (!is_bandwidth(unknown)) return human(Seconds(value));
  return forerun::format("{} ({:.3g} Mbit/s)", human(BytesPerSecond(value)), value * 8 / 1e6);
}

/// Why a run was not scored: in one engine's words where all say the same, else each engine's.
std::string reasons_text(const std::vector<ScoredRun>& rows, const std::string& run) {
  std::vector<const ScoredRun*> of_run;
  for (const ScoredRun& row : rows)
    if (row.run == run) of_run.push_back(&row);
  if (std::ranges::all_of(of_run, [&](const ScoredRun* row) { return row->reason == of_run.front()->reason; }))
    return of_run.front()->reason;
  std::string text;
  for (const ScoredRun* row : of_run)
    if (!row->reason.empty()) text += (text.empty() ? "" : "; ") + row->engine + ": " + row->reason;
  return text;
}

std::vector<std::string> engines_of(const std::vector<ScoredRun>& rows) {
  std::vector<std::string> engines;
  for (const ScoredRun& row : rows)
    if (std::ranges::find(engines, row.engine) == engines.end()) engines.push_back(row.engine);
  return engines;
}

/// One line a run, the engines side by side.
Table rows_table(const std::vector<ScoredRun>& rows) {
  const std::vector<std::string> engines = engines_of(rows);
  Table table;
  table.header = {"run", "workload", "batch", "ranks", "metric", "measured", "p10", "p90"};
  for (const std::string& engine : engines) table.header.insert(table.header.end(), {engine, "P10 to P90", "error"});
  table.header.emplace_back("reason");
  for (const ScoredRun& first : rows) {
    if (first.engine != engines.front()) break;
    const auto measured = [&](const Number& value) { return metric_text(value, first.metric); };
    std::vector<std::string> line{first.run,
                                  first.workload,
                                  first.batch > 0 ? std::to_string(first.batch) : "-",
                                  first.ranks > 0 ? std::to_string(first.ranks) : "-",
                                  first.metric,
                                  measured(first.measured),
                                  measured(first.measured_p10),
                                  measured(first.measured_p90)};
    for (const ScoredRun& row : rows)
      if (row.run == first.run) {
        line.push_back(metric_text(row.predicted, row.metric));
        line.push_back(interval_text(row));
        line.push_back(or_dash(row.error, signed_fraction));
      }
    line.push_back(reasons_text(rows, first.run));
    table.rows.push_back(std::move(line));
  }
  return table;
}

/// One line a group; or one a device over all files, without what compares the rows of one series.
Table groups_table(const std::vector<GroupScore>& groups, ScoreBy by) {
  const bool of_all_files = by != ScoreBy::group;
  Table table;
  table.header = {"engine", std::string(to_string(by)), "n", "median error", "mean", "worst", "bias"};
  if (by == ScoreBy::device) table.header.insert(table.header.begin() + 2, "sets");
  if (!of_all_files) table.header.insert(table.header.end(), {"rank correlation", "pairs ordered"});
  table.header.insert(table.header.end(), {"within P10-P90", "median width"});
  for (const GroupScore& group : groups) {
    std::vector<std::string> line{group.engine, group.group};
    if (by == ScoreBy::device) line.push_back(std::to_string(group.files));
    line.insert(line.end(), {std::to_string(group.n), or_dash(group.median_error, fraction), or_dash(group.mean_error, fraction),
                             or_dash(group.worst_error, fraction), or_dash(group.bias, signed_fraction)});
    if (!of_all_files) line.insert(line.end(), {or_dash(group.rank_correlation, plain), or_dash(group.pairs_ordered, fraction)});
    line.insert(line.end(), {or_dash(group.coverage.share, fraction), or_dash(group.coverage.median_width, fraction)});
    table.rows.push_back(std::move(line));
  }
  return table;
}

Table explanations_table(const Validation& validation) {
  const Unknown& unknown = *validation.unknown;
  const auto written = [&](double value) { return unknown_text(unknown, value); };
  const auto in_metric = [&](const Explanation& row, const Number& value) {
    const auto scored = std::ranges::find(validation.rows, row.run, &ScoredRun::run);
    return metric_text(value, scored == validation.rows.end() ? "" : scored->metric);
  };
  Table table;
  table.header = {"engine", "run", unknown.key, "measured", "predicted at " + written(unknown.low), "at " + written(unknown.high),
                  "reason"};
  for (const Explanation& row : validation.explanations)
    table.rows.push_back({row.engine, row.run, or_dash(row.value, written), in_metric(row, row.measured),
                          in_metric(row, row.predicted_at_low), in_metric(row, row.predicted_at_high), row.reason});
  return table;
}

Json rows_json(const std::vector<ScoredRun>& rows) {
  Json out = Json::array();
  for (const ScoredRun& row : rows)
    out.push_back({{"run", row.run},
                   {"group", row.group},
                   {"file", row.file},
                   {"device", row.device.empty() ? Json(nullptr) : Json(row.device)},
                   {"metric", row.metric},
                   {"workload", row.workload},
                   {"batch", row.batch > 0 ? Json(row.batch) : Json(nullptr)},
                   {"ranks", row.ranks > 0 ? Json(row.ranks) : Json(nullptr)},
                   {"measured", to_json_value(row.measured)},
                   {"measured_p10", to_json_value(row.measured_p10)},
                   {"measured_p90", to_json_value(row.measured_p90)},
                   {"predicted", to_json_value(row.predicted)},
                   {"p10", row.interval ? Json(row.interval->p10) : Json(nullptr)},
                   {"p90", row.interval ? Json(row.interval->p90) : Json(nullptr)},
                   {"error", to_json_value(row.error)},
                   {"reason", row.reason.empty() ? Json(nullptr) : Json(row.reason)},
                   {"engine", row.engine}});
  return out;
}

Json groups_json(const std::vector<GroupScore>& groups) {
  Json out = Json::array();
  for (const GroupScore& group : groups)
    out.push_back({{"group", group.group},
                   {"files", group.files},
                   {"n", group.n},
                   {"median_error", to_json_value(group.median_error)},
                   {"mean_error", to_json_value(group.mean_error)},
                   {"worst_error", to_json_value(group.worst_error)},
                   {"bias", to_json_value(group.bias)},
                   {"rank_correlation", to_json_value(group.rank_correlation)},
                   {"pairs_ordered", to_json_value(group.pairs_ordered)},
                   {"coverage", to_json_value(group.coverage.share)},
                   {"median_width", to_json_value(group.coverage.median_width)},
                   {"engine", group.engine}});
  return out;
}

Json explanations_json(const Validation& validation) {
  Json out = Json::array();
  for (const Explanation& row : validation.explanations)
    out.push_back({{"engine", row.engine},
                   {"run", row.run},
                   {"key", validation.unknown->key},
                   {is_bandwidth(*validation.unknown) ? "value_bytes_per_s" : "value_s", to_json_value(row.value)},
                   {"measured", to_json_value(row.measured)},
                   {"predicted_at_low", to_json_value(row.predicted_at_low)},
                   {"predicted_at_high", to_json_value(row.predicted_at_high)},
                   {"reason", row.reason.empty() ? Json(nullptr) : Json(row.reason)}});
  return out;
}

/// The rows as numbers in their metrics' units.
Table csv_rows(const std::vector<ScoredRun>& rows) {
  const auto number = [](const Number& value) { return value ? exact(*value) : std::string(); };
  Table table;
  table.header = {"run", "group", "metric", "measured", "predicted", "p10", "p90", "error", "reason", "engine"};
  for (const ScoredRun& row : rows)
    table.rows.push_back({row.run, row.group, row.metric, number(row.measured), number(row.predicted),
                          number(row.interval ? Number(row.interval->p10) : Number()),
                          number(row.interval ? Number(row.interval->p90) : Number()), number(row.error), row.reason, row.engine});
  return table;
}

Json orders_json(const std::vector<StrategyOrder>& orders) {
  Json out = Json::array();
  for (const StrategyOrder& order : orders) {
    Json wrong = Json::array();
    for (const StrategyPair& pair : order.wrong)
      wrong.push_back({{"subject", pair.subject},
                       {"faster", pair.faster},
                       {"slower", pair.slower},
                       {"measured_ratio", pair.measured_ratio},
                       {"predicted_ratio", pair.predicted_ratio}});
    out.push_back({{"engine", order.engine}, {"pairs", order.pairs}, {"ordered", order.ordered}, {"wrong", std::move(wrong)}});
  }
  return out;
}

constexpr std::size_t kWrongPairsShown = 5;

/// Pairs of strategies that measurements tell apart, and how many of them are in the measured order.
std::string orders_text(const std::vector<StrategyOrder>& orders) {
  std::string out;
  for (const StrategyOrder& order : orders) {
    if (order.pairs == 0) continue;
    out += forerun::format(
        "\n{}: {} of {} pairs of strategies in the measured order ({}): same model, platform and ranks, time a sample,\n"
        "measured ranges apart and by more than 10 %\n",
        order.engine, order.ordered, order.pairs, percent(static_cast<double>(order.ordered) / order.pairs));
    for (std::size_t i = 0; i < std::min(order.wrong.size(), kWrongPairsShown); ++i) {
      const StrategyPair& pair = order.wrong[i];
      out += forerun::format("  {}: {} takes {:.2f} times as long as {}, predicted {:.2f} times\n", pair.subject, pair.slower,
                             pair.measured_ratio, pair.faster, pair.predicted_ratio);
    }
    if (order.wrong.size() > kWrongPairsShown)
      out += forerun::format("  and {} more (--format json has all)\n", order.wrong.size() - kWrongPairsShown);
  }
  return out;
}

/// How much the errors stand for, and whether they are kept.
std::string verdict(const Validation& validation) {
  std::string out = forerun::format("\n{} of {} rows scored", scored_rows(validation), validation.rows.size());
  if (const auto denied = denied_rows(validation); denied > 0) out += forerun::format(", {} that ran predicted infeasible", denied);
  if (validation.tolerance)
    out += forerun::format("; {} the tolerance of {} on each {}'s median error", validation.within_tolerance() ? "within" : "outside",
                           percent(*validation.tolerance), to_string(validation.by));
  return out + "\n";
}

std::string coverage_text(const Validation& validation) {
  std::string out;
  for (const std::string& engine : engines_of(validation.rows)) {
    const Coverage all = coverage(validation.rows, engine);
    if (all.share)
      out += forerun::format("{}: {} of {} rows within P10 to P90, which should hold 80 %; median width {}\n", engine, percent(*all.share),
                             all.n, percent(*all.median_width));
  }
  return out.empty() ? out : "\n" + out;
}

Json coverage_json(const Validation& validation) {
  Json out = Json::array();
  for (const std::string& engine : engines_of(validation.rows)) {
    const Coverage all = coverage(validation.rows, engine);
    out.push_back(
        {{"engine", engine}, {"n", all.n}, {"coverage", to_json_value(all.share)}, {"median_width", to_json_value(all.median_width)}});
  }
  return out;
}

}  // namespace

Page validation_page(const Validation& validation) {
  Page page;
  if (validation.by == ScoreBy::group) page.text = text_table(rows_table(validation.rows)) + "\n";
  page.text += text_table(groups_table(validation.groups, validation.by));
  page.text += fitted_text(validation);
  if (validation.unknown)
    page.text += "\n" + validation.unknown->key + " that explains each run\n" + text_table(explanations_table(validation));
  if (validation.by == ScoreBy::group) page.text += orders_text(validation.orders);
  page.text += coverage_text(validation) + verdict(validation);
  page.document = {{"schema_version", 1},
                   {"by", to_string(validation.by)},
                   {"rows", rows_json(validation.rows)},
                   {"groups", groups_json(validation.groups)},
                   {"fitted", fitted_json(validation)}};
  page.document["coverage"] = coverage_json(validation);
  page.document["solved"] = explanations_json(validation);
  page.document["strategy_order"] = orders_json(validation.orders);
  page.rows = csv_rows(validation.rows);
  return page;
}

}  // namespace forerun
