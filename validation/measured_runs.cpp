#include "validation/measured_runs.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "io/csv.hpp"
#include "io/file.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "workloads/chakra/read.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 7> kRequired{"run", "group", "workload", "platform", "strategy", "metric", "value"};
constexpr std::array<std::string_view, 8> kMetrics{
    "step_time_s", "epoch_time_s", "total_time_s", "throughput_samples_per_s", "throughput_tokens_per_s", "mfu", "memory_per_device_bytes",
    "cost_usd"};
constexpr std::array<std::string_view, 4> kStatuses{"ok", "oom", "timeout", "failed"};
constexpr double kLargest = 1e30;

std::size_t index_of(std::span<const std::string_view> known, const Text& text, std::string_view what) {
  const auto found = std::find(known.begin(), known.end(), text.value);
  if (found == known.end()) throw BadInput(problem(text, "unknown " + std::string(what), listed(known), suggest(text.value, known)));
  return static_cast<std::size_t>(found - known.begin());
}

double positive(const Text& text) {
  const double value = parse_number(text, 0, kLargest);
  if (value == 0) throw BadInput(problem(text, "must be above zero"));
  return value;
}

/// A file stands relative to the CSV file; a name stays as it is.
Text resolved(Text text, const fs::path& folder) {
  std::error_code none;
  if (names_a_file(text.value) || fs::is_regular_file(folder / text.value, none))
    text.value = (folder / text.value).lexically_normal().string();
  return text;
}

std::vector<Text> words(const Text& text) {
  std::vector<Text> out;
  std::size_t end = 0;
  for (std::size_t begin = text.value.find_first_not_of(' '); begin != std::string::npos; begin = text.value.find_first_not_of(' ', end)) {
    end = std::min(text.value.find(' ', begin), text.value.size());
    Text word = text;
    word.value = text.value.substr(begin, end - begin);
    word.column += static_cast<int>(begin);
    out.push_back(std::move(word));
  }
  return out;
}

/// Reads one row of the table.
class RowReader {
 public:
  RowReader(const CsvTable& table, std::size_t row, const fs::path& folder, Problems& problems)
      : table_(table), row_(row), folder_(folder), problems_(problems) {}

  MeasuredRun read() {
    MeasuredRun run;
    run.run = table_.at(row_, "run").value;
    if (run.run.empty()) problems_.add(problem(table_.at(row_, "run"), "a run needs a name"));
    run.group = table_.at(row_, "group").value;
    run.workload = resolved(named("workload"), folder_);
    run.platform = resolved(named("platform"), folder_);
    // A trace is a plan already.
    run.strategy = chakra::names_a_trace(run.workload.value) ? table_.at(row_, "strategy") : named("strategy");
    if (const Text* set = table_.find(row_, "set")) run.settings = words(*set);
    problems_.collect([&] { run.metric = kMetrics[index_of(kMetrics, table_.at(row_, "metric"), "metric")]; });
    optional("status", [&](const Text& text) { run.status = static_cast<RunStatus>(index_of(kStatuses, text, "status")); });
    read_values(run);
    run.source = word("source"), run.date = word("date"), run.host = word("host"), run.note = word("note");
    for (const Text& column : table_.header)
      if (std::ranges::find(measured_run_columns(), column.value) == measured_run_columns().end())
        run.extra.emplace_back(column.value, table_.at(row_, column.value).value);
    return run;
  }

 private:
  void read_values(MeasuredRun& run) {
    const Text& value = table_.at(row_, "value");
    const bool needed = run.status == RunStatus::ok || run.status == RunStatus::timeout;
    if (needed && value.value.empty())
      problems_.add(problem(value, "a run that is ok or timed out needs a value"));
    else
      optional("value", [&](const Text& text) { run.value = positive(text); });
    optional("p10", [&](const Text& text) { run.p10 = positive(text); });
    optional("p90", [&](const Text& text) { run.p90 = positive(text); });
    optional("repeats", [&](const Text& text) { run.repeats = parse_integer(text, 1, 1 << 30); });
    if (run.p10 && run.p90 && *run.p10 > *run.p90) problems_.add(problem(*table_.find(row_, "p10"), "p10 is above p90"));
  }

  const Text& named(std::string_view column) {
    const Text& text = table_.at(row_, column);
    if (text.value.empty()) problems_.add(problem(text, "is empty"));
    return text;
  }

  std::string word(std::string_view column) {
    const Text* text = table_.find(row_, column);
    return text == nullptr ? std::string() : text->value;
  }

  template <class Read>
  void optional(std::string_view column, Read&& read) {
    const Text* text = table_.find(row_, column);
    if (text != nullptr && !text->value.empty()) problems_.collect([&] { read(*text); });
  }

  const CsvTable& table_;
  std::size_t row_;
  const fs::path& folder_;
  Problems& problems_;
};

std::string number_or_empty(const std::optional<double>& value) { return value ? exact(*value) : std::string(); }

std::vector<MeasuredRun> read_table(const CsvTable& table, const fs::path& folder) {
  Problems problems;
  std::vector<MeasuredRun> runs;
  std::set<std::string> seen;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    runs.push_back(RowReader(table, row, folder, problems).read());
    if (!runs.back().run.empty() && !seen.insert(runs.back().run).second)
      problems.add(problem(table.at(row, "run"), "another row has this name"));
  }
  problems.throw_if_any();
  return runs;
}

}  // namespace

std::string_view to_string(RunStatus status) { return kStatuses[static_cast<std::size_t>(status)]; }

std::span<const std::string> measured_run_columns() {
  static const std::array<std::string, 16> columns{"run", "group", "workload", "platform", "strategy", "set",  "metric", "value",
                                                   "p10", "p90",   "repeats",  "status",   "source",   "date", "host",   "note"};
  return columns;
}

std::vector<std::string> measured_run_row(const MeasuredRun& run) {
  std::string set;
  for (const Text& setting : run.settings) set += (set.empty() ? "" : " ") + setting.value;
  return {run.run,
          run.group,
          run.workload.value,
          run.platform.value,
          run.strategy.value,
          set,
          run.metric,
          run.value > 0 ? exact(run.value) : std::string(),
          number_or_empty(run.p10),
          number_or_empty(run.p90),
          run.repeats ? std::to_string(*run.repeats) : std::string(),
          std::string(to_string(run.status)),
          run.source,
          run.date,
          run.host,
          run.note};
}

std::string row_hash(const MeasuredRun& run) {
  std::vector<std::string> parts;
  for (const Text& setting : run.settings) parts.push_back(setting.value);
  std::ranges::sort(parts);
  for (const Text* name : {&run.workload, &run.platform, &run.strategy})
    parts.push_back(names_a_file(name->value) ? fs::path(name->value).filename().string() : name->value);
  parts.push_back(run.metric);
  parts.push_back(exact(run.value));
  constexpr std::uint64_t kBasis = 14695981039346656037ULL;
  constexpr std::uint64_t kPrime = 1099511628211ULL;
  std::uint64_t hash = kBasis;
  const auto feed = [&](unsigned char byte) { hash = (hash ^ byte) * kPrime; };
  for (const std::string& part : parts) {
    for (const char sign : part) feed(static_cast<unsigned char>(sign));
    feed(0);
  }
  return forerun::format("{:016x}", hash);
}

std::vector<MeasuredRun> read_measured_runs(const fs::path& file) {
  const std::string text = read_file(file);
  std::vector<MeasuredRun> runs = read_measured_runs_text(text, file.string(), file.parent_path());
  for (MeasuredRun& run : runs) run.file = file.stem().string();
  return runs;
}

std::vector<MeasuredRun> read_measured_runs_text(std::string_view text, std::string_view name, const fs::path& folder) {
  return read_table(read_csv_text(text, name, kRequired), folder);
}

}  // namespace forerun
