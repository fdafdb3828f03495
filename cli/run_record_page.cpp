#include "cli/run_record_page.hpp"

#include "io/format.hpp"
#include "kernels/trainer/quantiles.hpp"

namespace forerun {
namespace {

std::string failed_rank(const Failure& failure) { return failure.rank < 0 ? "?" : std::to_string(failure.rank); }

Json failures_json(const std::vector<Failure>& failures) {
  Json rows = Json::array();
  for (const Failure& failure : failures)
    rows.push_back({{"rank", failure.rank < 0 ? Json(nullptr) : Json(failure.rank)},
                    {"step", failure.step == 0 ? Json(nullptr) : Json(failure.step)},
                    {"after_step", failure.after},
                    {"lost_s", failure.lost.value()},
                    {"detection_s", failure.rank < 0 ? Json(nullptr) : Json(failure.detection.value())},
                    {"restart_s", failure.restart.value()},
                    {"load_s", failure.load.value()}});
  return rows;
}

std::string failures_text(const std::vector<Failure>& failures) {
  Table table;
  table.header = {"failed rank", "before step", "goes on after", "lost", "detection", "restart", "of it load"};
  for (const Failure& failure : failures)
    table.rows.push_back({failed_rank(failure), failure.step == 0 ? "?" : std::to_string(failure.step), std::to_string(failure.after),
                          human(failure.lost), failure.rank < 0 ? "?" : human(failure.detection), human(failure.restart),
                          human(failure.load)});
  return "\n" + text_table(table);
}

std::string checkpoints_text(const TrainRun& run) {
  const RunRecord& record = run.record;
  std::string text = forerun::format("checkpoints {} written", record.checkpoints);
  if (!record.write_times.empty())
    text += forerun::format(" of {}, {} each", human(run.checkpoint_bytes), human(quantiles(record.write_times).median));
  if (record.failed_checkpoints > 0) text += forerun::format("; {} could not be written", record.failed_checkpoints);
  return text + "\n";
}

}  // namespace

void add_run_record(const TrainRun& run, Page& page) {
  const RunRecord& record = run.record;
  Json& document = page.document;
  document["resumed_after_step"] = run.after;
  document["checkpoints"] = record.checkpoints;
  document["failed_checkpoints"] = record.failed_checkpoints;
  document["checkpoint_bytes"] = run.checkpoint_bytes > Bytes(0) ? Json(run.checkpoint_bytes.value()) : Json(nullptr);
  document["checkpoint_write_s"] = record.write_times.empty() ? Json(nullptr) : Json(quantiles(record.write_times).median.value());
  document["load_s"] = record.load.value();
  document["startup_s"] = record.startup.value();
  document["training_s"] = record.training.value();
  document["checkpoint_stall_s"] = record.checkpoint_stall.value();
  document["lost_s"] = record.lost.value();
  document["detection_s"] = record.detection.value();
  document["restart_s"] = record.restart.value();
  document["total_time_s"] = record.total.value();
  page.rows = one_row(document);
  document["failures"] = failures_json(record.failures);
  page.text += forerun::format("total time  {} = startup {} + training {} + checkpoint stall {} + lost {} + detection {} + restart {}\n",
                               human(record.total), human(record.startup), human(record.training), human(record.checkpoint_stall),
                               human(record.lost), human(record.detection), human(record.restart));
  if (record.checkpoints + record.failed_checkpoints > 0) page.text += checkpoints_text(run);
  if (!record.failures.empty()) page.text += failures_text(record.failures);
}

Page nothing_left_page(std::int64_t after) {
  Page page;
  page.document = {{"schema_version", 1}, {"steps", 0}, {"resumed_after_step", after}};
  page.rows = one_row(page.document);
  page.text = forerun::format("nothing is left to train: {} steps are done\n", after);
  return page;
}

}  // namespace forerun
