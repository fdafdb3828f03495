#include "cli/measured_run_files.hpp"

#include "io/atomic_file.hpp"
#include "io/file.hpp"
#include "io/format.hpp"
#include "validation/launches.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

using Row = std::vector<std::string>;

const Row kStepHeader{"run", "step", "step_time_s"};
const Row kInputHeader{"run", "step", "read_s", "decode_s", "input_exposed_s"};
const Row kOperationHeader{"run", "operation", "name", "layer", "median_s", "p10_s", "p90_s", "wait_s"};

std::vector<Row> step_rows(const std::string& run, const TrainResult& result) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < result.step_times.size(); ++i) rows.push_back({run, std::to_string(i), exact(result.step_times[i].value())});
  return rows;
}

std::vector<Row> operation_rows(const std::string& run, const TrainResult& result) {
  std::vector<Row> rows;
  for (const OperationTime& operation : result.operations)
    rows.push_back({run, std::to_string(operation.operation), operation.name, operation.layer, exact(operation.median.value()),
                    exact(operation.p10.value()), exact(operation.p90.value()), exact(operation.wait.value())});
  return rows;
}

std::vector<Row> input_rows(const std::string& run, const TrainResult& result) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < result.input.size(); ++i) {
    const InputTime& time = result.input[i];
    rows.push_back({run, std::to_string(i), exact(time.read.value()), exact(time.decode.value()), exact(time.wait.value())});
  }
  return rows;
}

}  // namespace

std::string named_from(const std::string& name_or_file, const fs::path& runs) {
  if (!names_a_file(name_or_file)) return name_or_file;
  const std::string file = fs::proximate(fs::absolute(name_or_file), fs::absolute(runs).parent_path()).string();
  return names_a_file(file) ? file : "./" + file;
}

MeasuredRunFiles::MeasuredRunFiles(const fs::path& runs)
    : runs_(runs),
      steps_(companion_file(runs, "steps")),
      operations_(companion_file(runs, "operations")),
      input_(companion_file(runs, "input")) {}

void MeasuredRunFiles::check(const std::string& run) const {
  std::error_code unknown;
  if (fs::exists(runs_, unknown) && !fs::is_regular_file(runs_, unknown) && !fs::is_directory(runs_, unknown))
    throw BadInput(Problem{.file = "--append", .what = "is not a regular file, and runs are added to one", .got = runs_.string()});
  Problems problems;
  problems.collect([&] { check_appendable(runs_, measured_run_columns()); });
  problems.collect([&] { check_appendable(steps_, kStepHeader); });
  problems.collect([&] { check_appendable(operations_, kOperationHeader); });
  problems.collect([&] { check_appendable(input_, kInputHeader); });
  problems.throw_if_any();
  std::error_code none;
  if (!fs::exists(runs_, none) || fs::file_size(runs_, none) == 0) return;
  for (const MeasuredRun& known : read_measured_runs(runs_))
    if (known.run == run) throw BadInput(Problem{.file = "--run", .what = "names a run that " + runs_.string() + " has", .got = run});
}

void MeasuredRunFiles::append(const MeasuredRun& run, const TrainResult& result) const {
  append_csv_rows(steps_, kStepHeader, step_rows(run.run, result));
  append_csv_rows(operations_, kOperationHeader, operation_rows(run.run, result));
  if (!result.input.empty()) append_csv_rows(input_, kInputHeader, input_rows(run.run, result));
  append_csv_row(runs_, measured_run_columns(), measured_run_row(run));
}

}  // namespace forerun
