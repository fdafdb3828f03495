#include "cli/operations_page.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "io/format.hpp"

namespace forerun {
namespace {

constexpr std::size_t kShown = 12;  ///< of a run; JSON and CSV have all

std::optional<double> error_of(Seconds predicted, Seconds measured) {
  if (measured <= Seconds(0)) return {};
  return predicted / measured - 1;
}

std::string error_text(Seconds predicted, Seconds measured) {
  const auto error = error_of(predicted, measured);
  return error ? signed_percent(*error) : "-";
}

std::string signed_time(Seconds time) { return (time < Seconds(0) ? "-" : "+") + human(Seconds(std::abs(time.value()))); }

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::vector<ScoredOperation> worst_first(std::vector<ScoredOperation> operations) {
  std::ranges::stable_sort(operations, std::ranges::greater{}, [](const ScoredOperation& one) { return std::abs(one.missed().value()); });
  return operations;
}

std::string run_text(const RunOperations& run) {
  if (run.operations.empty()) return forerun::format("{}: {}\n\n", run.run, run.reason);
  Seconds measured, predicted;
  Table table;
  table.header = {"operation", "kind", "layer", "times", "measured", "p10", "p90", "predicted", "error", "a step"};
  for (const ScoredOperation& one : worst_first(run.operations)) {
    measured += one.times * one.measured.median, predicted += one.times * one.predicted;
    if (table.rows.size() < kShown)
      table.rows.push_back({one.measured.name.value, or_dash(one.kind), or_dash(one.measured.layer), forerun::format("{:.0f}", one.times),
                            human(one.measured.median), human(one.measured.p10), human(one.measured.p90), human(one.predicted),
                            error_text(one.predicted, one.measured.median), signed_time(one.missed())});
  }
  std::string text = forerun::format("{}: operations take {} a step measured, {} predicted ({})\n", run.run, human(measured),
                                     human(predicted), error_text(predicted, measured));
  text += text_table(table);
  if (run.operations.size() > kShown) text += forerun::format("and {} more (--format json has all)\n", run.operations.size() - kShown);
  return text + "\n";
}

Table sums_table(const std::vector<OperationSum>& sums) {
  Table table;
  table.header = {"operation", "kind", "n", "measured", "predicted", "error", "missed"};
  for (const OperationSum& sum : sums)
    table.rows.push_back({sum.name, or_dash(sum.kind), std::to_string(sum.operations), human(sum.measured), human(sum.predicted),
                          error_text(sum.predicted, sum.measured), signed_time(sum.missed())});
  return table;
}

Json operation_json(const std::string& run, const ScoredOperation& one) {
  return {{"run", run},
          {"operation", one.measured.operation},
          {"name", one.measured.name.value},
          {"kind", one.kind.empty() ? Json(nullptr) : Json(one.kind)},
          {"layer", one.measured.layer.empty() ? Json(nullptr) : Json(one.measured.layer)},
          {"times", one.times},
          {"measured_s", one.measured.median.value()},
          {"measured_p10_s", one.measured.p10.value()},
          {"measured_p90_s", one.measured.p90.value()},
          {"predicted_s", one.predicted.value()},
          {"error", to_json_value(error_of(one.predicted, one.measured.median))}};
}

}  // namespace

Page operations_page(const std::vector<RunOperations>& runs) {
  Page page;
  page.document = {{"schema_version", 1}, {"by", "operation"}, {"operations", Json::array()}, {"kinds", Json::array()}};
  page.document["left_out"] = Json::array();
  std::vector<ScoredOperation> all;
  for (const RunOperations& run : runs) {
    page.text += run_text(run);
    if (run.operations.empty()) page.document["left_out"].push_back({{"run", run.run}, {"reason", run.reason}});
    for (const ScoredOperation& one : run.operations) page.document["operations"].push_back(operation_json(run.run, one));
    all.insert(all.end(), run.operations.begin(), run.operations.end());
  }
  const std::vector<OperationSum> sums = sum_operations(all);
  for (const OperationSum& sum : sums)
    page.document["kinds"].push_back({{"name", sum.name},
                                      {"kind", sum.kind.empty() ? Json(nullptr) : Json(sum.kind)},
                                      {"operations", sum.operations},
                                      {"measured_s", sum.measured.value()},
                                      {"predicted_s", sum.predicted.value()},
                                      {"error", to_json_value(error_of(sum.predicted, sum.measured))}});
  if (!sums.empty()) page.text += "all runs, by kind\n" + text_table(sums_table(sums));
  page.rows = rows_of(page.document["operations"], {"run", "operation", "name", "kind", "layer", "times", "measured_s", "measured_p10_s",
                                                    "measured_p90_s", "predicted_s", "error"});
  return page;
}

}  // namespace forerun
