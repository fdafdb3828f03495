#include "cli/measure_links.hpp"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <vector>

#include "cli/measured_run_files.hpp"
#include "cli/progress.hpp"
#include "cli/ranks.hpp"
#include "core/this_machine.hpp"
#include "io/atomic_file.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "kernels/ranks/launch.hpp"
#include "validation/measured_runs.hpp"

namespace forerun {
namespace {

constexpr int kMostRanks = 1024;
constexpr std::int64_t kLargest = std::int64_t{4} << 20;  ///< of 100 Mbit/s it takes a third of a second

bool is_ping_pong(const CollectiveSample& sample) { return sample.operation == to_string(CommunicationBenchmark::ping_pong); }

MeasuredRun run_of(const CollectiveSample& sample, const LinkOptions& links, const Environment& environment) {
  MeasuredRun run;
  run.run =
      forerun::format("{}-{}x{:.0f}-{}-{}", sample.operation, sample.ranks, sample.bytes.value(), iso_date(environment.now), getpid());
  run.group = sample.operation;
  run.workload.value = is_ping_pong(sample) ? "broadcast" : sample.operation;
  run.platform.value = links.platform.empty() ? std::string(kThisMachine) : named_from(links.platform, links.runs);
  run.strategy.value = forerun::format("data={}", sample.ranks);
  run.settings.emplace_back().value = forerun::format("workload.bytes={:.0f}B", sample.bytes.value());
  run.metric = "step_time_s";
  run.value = sample.median.value();
  run.p10 = sample.p10.value();
  run.p90 = sample.p90.value();
  run.source = "forerun calibrate --links";
  run.date = iso_date(environment.now);
  run.host = environment.host;
  run.note = is_ping_pong(sample) ? "half a round trip" : "in steps of computation";
  return run;
}

Page links_page(const std::vector<CollectiveSample>& samples) {
  Page page;
  page.document = {{"schema_version", 1}, {"links", Json::array()}};
  Table table;
  table.header = {"operation", "ranks", "size", "time", "p10", "p90", "size / time"};
  for (const CollectiveSample& sample : samples) {
    table.rows.push_back({sample.operation, std::to_string(sample.ranks), human(sample.bytes), human(sample.median), human(sample.p10),
                          human(sample.p90), human(sample.bytes / sample.median)});
    page.document["links"].push_back({{"operation", sample.operation},
                                      {"ranks", sample.ranks},
                                      {"bytes", sample.bytes.value()},
                                      {"median_s", sample.median.value()},
                                      {"p10_s", sample.p10.value()},
                                      {"p90_s", sample.p90.value()}});
  }
  page.text = text_table(table);
  page.rows = rows_of(page.document["links"], {"operation", "ranks", "bytes", "median_s", "p10_s", "p90_s"});
  return page;
}

}  // namespace

ExitCode measure_links(const LinkOptions& links, const OutputOptions& output, const Environment& environment) {
  const auto ranks = static_cast<int>(parse_integer({links.ranks, "--ranks", 0, 0, ""}, 2, kMostRanks));
  check_output(output);
  check_appendable(links.runs, measured_run_columns());
  if (!links.platform.empty()) platform_of_ranks(links.platform, ranks, environment);
  constexpr std::array kMeasured{CommunicationBenchmark::ping_pong, CommunicationBenchmark::all_reduce};
  const NetworkJob job{network_entries(kMeasured, ranks, kLargest)};
  ProgressLine progress(WhenPiped::now_and_then);
  const NetworkResult measured = measure_network(job, ranks, ranks_paths(environment), progress.callback());
  std::vector<std::vector<std::string>> rows;
  for (const CollectiveSample& sample : measured.collectives) rows.push_back(measured_run_row(run_of(sample, links, environment)));
  append_csv_rows(links.runs, measured_run_columns(), rows);
  deliver(links_page(measured.collectives), output);
  return ExitCode::success;
}

}  // namespace forerun
