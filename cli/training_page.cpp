#include "cli/training_page.hpp"

#include <numeric>

#include "io/format.hpp"
#include "kernels/trainer/quantiles.hpp"

namespace forerun {
namespace {

Table operations_table(const TrainResult& result) {
  Table table;
  table.header = {"operation", "layer", "median", "p10", "p90", "wait"};
  for (const OperationTime& operation : result.operations)
    table.rows.push_back(
        {operation.name, operation.layer, human(operation.median), human(operation.p10), human(operation.p90), human(operation.wait)});
  return table;
}

/// The same in seconds, for machines.
Table operations_rows(const TrainResult& result) {
  Table table;
  table.header = {"operation", "layer", "median_s", "p10_s", "p90_s", "wait_s"};
  for (const OperationTime& operation : result.operations)
    table.rows.push_back({operation.name, operation.layer, exact(operation.median.value()), exact(operation.p10.value()),
                          exact(operation.p90.value()), exact(operation.wait.value())});
  return table;
}

Json operations_json(const TrainResult& result) {
  Json rows = Json::array();
  for (const OperationTime& operation : result.operations)
    rows.push_back({{"operation", operation.operation},
                    {"name", operation.name},
                    {"layer", operation.layer},
                    {"median_s", operation.median.value()},
                    {"p10_s", operation.p10.value()},
                    {"p90_s", operation.p90.value()},
                    {"wait_s", operation.wait.value()}});
  return rows;
}

double mean_of(const std::vector<std::int64_t>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Of a sorted list, the value that a share of it lies below; as the simulator has it.
std::int64_t at_share(const std::vector<std::int64_t>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

/// By updates that others made since a gradient's worker pulled; null where servers wait for all.
void add_staleness(const std::vector<std::int64_t>& sorted, Json& document) {
  const bool none = sorted.empty();
  document["staleness_mean"] = none ? Json() : Json(mean_of(sorted));
  document["staleness_p50"] = none ? Json() : Json(at_share(sorted, 0.5));
  document["staleness_p90"] = none ? Json() : Json(at_share(sorted, 0.9));
  document["staleness_max"] = none ? Json() : Json(sorted.back());
}

std::string staleness_line(const std::vector<std::int64_t>& sorted) {
  if (sorted.empty()) return {};
  return forerun::format("staleness   {:.2f} updates on average, median {}, P90 {}, most {}, over {} updates\n", mean_of(sorted),
                         at_share(sorted, 0.5), at_share(sorted, 0.9), sorted.back(), sorted.size());
}

/// The median of one part of what steps' samples took.
Seconds median_of(const TrainResult& result, Seconds InputTime::*part) {
  std::vector<Seconds> times;
  for (const InputTime& time : result.input) times.push_back(time.*part);
  return quantiles(std::move(times)).median;
}

void add_input(const TrainResult& result, Page& page) {
  const Seconds read = median_of(result, &InputTime::read), decode = median_of(result, &InputTime::decode);
  const Seconds wait = median_of(result, &InputTime::wait);
  page.document["read_s"] = read.value(), page.document["decode_s"] = decode.value(), page.document["input_exposed_s"] = wait.value();
  page.rows = one_row(page.document);
  page.text +=
      forerun::format("input       a step: read {}, decode {}; the step waits {} (medians)\n", human(read), human(decode), human(wait));
}

}  // namespace

Page training_page(const TrainResult& result, const Scenario& scenario, const std::string& strategy, Detail detail) {
  const std::int64_t batch = scenario.workload.batch;
  Page page;
  page.document = {{"schema_version", 1},
                   {"workload", scenario.workload.name},
                   {"strategy", strategy},
                   {"ranks", result.ranks},
                   {"global_batch", batch},
                   {"seed", scenario.run.seed},
                   {"steps", result.step_times.size()},
                   {"step_time_s", result.median.value()},
                   {"step_time_p10_s", result.p10.value()},
                   {"step_time_p90_s", result.p90.value()},
                   {"throughput_samples_per_s", static_cast<double>(batch) / result.median.value()},
                   {"first_loss", result.losses.front()},
                   {"last_loss", result.losses.back()}};
  add_staleness(result.staleness, page.document);
  page.rows = one_row(page.document);
  page.text = forerun::format("{}, {}: {} rank{}, batch {}, {} steps\n\n", scenario.workload.name, strategy, result.ranks,
                              result.ranks == 1 ? "" : "s", batch, result.step_times.size());
  page.text +=
      forerun::format("step time   median {}, p10 {}, p90 {}\nthroughput  {:.4g} samples/s\nloss        {:.4g} first, {:.4g} last\n",
                      human(result.median), human(result.p10), human(result.p90), static_cast<double>(batch) / result.median.value(),
                      result.losses.front(), result.losses.back());
  page.text += staleness_line(result.staleness);
  if (!result.input.empty()) add_input(result, page);
  if (detail == Detail::operations) {
    page.document["operations"] = operations_json(result);
    page.rows = operations_rows(result);
    page.text += "\n" + text_table(operations_table(result));
  }
  return page;
}

}  // namespace forerun
