#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/cases.hpp"
#include "cli/choice.hpp"
#include "cli/engines.hpp"
#include "cli/operations_page.hpp"
#include "cli/validation_page.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "costs/price.hpp"
#include "io/csv.hpp"
#include "io/quantity.hpp"
#include "strategies/lower.hpp"
#include "validation/launches.hpp"
#include "validation/operations.hpp"

namespace forerun {
namespace {

/// What rows are summed up by, or the operations of each instead.
enum class SumBy { group, device, set, operation };

struct ValidateOptions {
  std::vector<std::string> runs;
  std::string calibration;
  std::string fit;
  std::string score;
  std::string leave_out;
  std::string unknowns;
  std::string tolerance;
  std::string solve;
  std::vector<Engine> engines;
  SumBy by = SumBy::group;
  int samples = kUsualSamples;
  bool print_template = false;
  bool pool = false;
  OutputOptions output;
};

Page template_page() {
  const MeasuredRun example{.run = "first",
                            .group = "mine",
                            .workload = {"mlp"},
                            .platform = {"this-machine"},
                            .strategy = {"data=2"},
                            .settings = {{"workload.batch=64"}},
                            .value = 0.0042,
                            .p10 = 0.0040,
                            .p90 = 0.0047,
                            .repeats = 100,
                            .source = "where it comes from",
                            .date = "2026-01-31",
                            .host = "its host",
                            .note = "anything"};
  const auto columns = measured_run_columns();
  Page page;
  page.rows.header.assign(columns.begin(), columns.end());
  page.rows.rows.push_back(measured_run_row(example));
  page.text = csv_table(page.rows);
  page.document = {{"schema_version", 1}, {"columns", page.rows.header}};
  return page;
}

/// A fraction, or a percentage. A bare number above one was meant in per cent.
double parse_tolerance(const std::string& value) {
  const Text text{value, "--tolerance", 0, 0, ""};
  const double tolerance = parse_fraction(text, 0, 1000);
  if (tolerance > 1 && value.find('%') == std::string::npos)
    throw BadInput(problem(text, "is more than 1 without a per cent sign", "a fraction from 0 to 1, or a percentage", value + "%"));
  return tolerance;
}

/// The rows of all files. Of several, each row is named after its file too: names are unique in a file only.
std::vector<MeasuredRun> read_files(const std::vector<std::string>& files, bool pool) {
  std::vector<MeasuredRun> all;
  for (const std::string& file : files) {
    std::vector<MeasuredRun> runs = read_measured_runs(file);
    if (runs.empty()) throw BadInput(Problem{.file = file, .what = "holds no measured runs, only its head line"});
    if (pool) runs = pool_launches(runs, read_step_times(file));
    for (MeasuredRun& run : runs) {
      if (files.size() > 1) run.run = run.file + "/" + run.run;
      if (std::ranges::find(all, run.run, &MeasuredRun::run) != all.end())
        throw BadInput(Problem{.file = file, .what = "has the name of a file before it, or is that file", .got = run.file});
      all.push_back(std::move(run));
    }
  }
  return all;
}

/// Operations have one price, whichever engine puts them together, and nothing is fitted to them.
void require_alone(const ValidateOptions& options) {
  Problems problems;
  const auto refuse = [&](bool given, const char* option) {
    if (given) problems.add(Problem{.file = option, .what = "has no meaning with --by operation"});
  };
  refuse(!options.fit.empty(), "--fit");
  refuse(!options.solve.empty(), "--solve");
  refuse(!options.tolerance.empty(), "--tolerance");
  refuse(options.pool, "--pool");
  problems.throw_if_any();
}

/// Of all files; of several, by the names that read_files() gives their rows.
OperationTimes read_operations(const std::vector<std::string>& files) {
  OperationTimes all;
  for (const std::string& file : files) {
    OperationTimes times = read_operation_times(file);
    if (times.empty())
      throw BadInput(Problem{.file = companion_file(file, "operations").string(),
                             .what = "is missing or empty: --by operation needs what forerun train --append writes beside the runs"});
    for (auto& [run, operations] : times) {
      const std::string name = files.size() > 1 ? std::filesystem::path(file).stem().string() + "/" + run : run;
      all[name] = std::move(operations);
    }
  }
  return all;
}

/// The plan that the trainer lowered: samples in memory, and checkpoints outside of the step.
RunOperations operations_of(const Case& each, const OperationTimes& times) {
  const auto found = times.find(each.run.run);
  if (!each.scenario) return {each.run.run, {}, each.reason};
  if (found == times.end()) return {each.run.run, {}, "no operations of it were measured"};
  Scenario scenario = *each.scenario;
  scenario.platform.data.reset(), scenario.platform.checkpoints.reset();
  try {
    const auto lowered = lower(scenario);
    if (const auto* infeasible = std::get_if<Infeasible>(&lowered)) return {each.run.run, {}, infeasible->reason};
    const auto& plan = std::get<StepPlan>(lowered);
    return {each.run.run, score_operations(found->second, plan, price(plan, scenario)), {}};
  } catch (const MissingCapability& missing) {
    return {each.run.run, {}, missing.what()};
  }
}

ExitCode validate_operations(const ValidateOptions& options, const Environment& environment) {
  require_alone(options);
  const std::vector<MeasuredRun> runs = read_files(options.runs, false);
  const Split split = read_split({}, options.score, runs, options.leave_out);
  const OperationTimes times = read_operations(options.runs);
  std::vector<RunOperations> found;
  for (const Case& each : read_cases(runs, options.calibration, environment))
    if (split.scores(each.run)) found.push_back(operations_of(each, times));
  deliver(operations_page(found), options.output);
  return ExitCode::success;
}

ExitCode validate(const ValidateOptions& options, const Environment& environment) {
  check_output(options.output);
  if (options.print_template) {
    deliver(template_page(), options.output);
    return ExitCode::success;
  }
  if (options.by == SumBy::operation) return validate_operations(options, environment);
  const std::vector<MeasuredRun> runs = read_files(options.runs, options.pool);
  Validation validation;
  validation.by = options.by == SumBy::group ? ScoreBy::group : options.by == SumBy::device ? ScoreBy::device : ScoreBy::set;
  Split split;
  std::vector<Case> cases;
  Problems problems;
  problems.collect([&] { split = read_split(options.fit, options.score, runs, options.leave_out); });
  problems.collect([&] {
    if (!options.unknowns.empty()) validation.properties = parse_fittables({options.unknowns, "--unknowns", 0, 0, ""});
    if (options.unknowns.empty() && split.each == Split::Each::group)
      throw BadInput(Problem{.file = "--fit", .what = "takes rows of each group, and --unknowns says what to fit to them"});
  });
  problems.collect([&] {
    if (!options.solve.empty()) validation.unknown = parse_unknown({options.solve, "--solve", 0, 0, ""});
  });
  problems.collect([&] {
    if (!options.tolerance.empty()) validation.tolerance = parse_tolerance(options.tolerance);
  });
  problems.collect([&] { cases = read_cases(runs, options.calibration, environment); });
  problems.throw_if_any();
  for (const Engine engine : options.engines) {
    const NamedEngine named{std::string(to_string(engine)), predictor(engine), with_intervals(engine, options.samples),
                            predictor(Engine::oracle)};
    add_engine(named, cases, split, validation);
  }
  sum_up(validation);
  deliver(validation_page(validation), options.output);
  return validation.within_tolerance() ? ExitCode::success : ExitCode::no;
}

}  // namespace

void add_validate(CLI::App& command, const Environment& environment, Action& chosen) {
  CLI::App* verb = command.add_subcommand("validate", "how far predictions are from measured runs");
  const auto options = std::make_shared<ValidateOptions>();
  verb->add_option("runs", options->runs, "CSV files of measured runs");
  add_output_options(*verb, options->output);
  verb->add_option("-c,--calibration", options->calibration, "instead of each platform's own");
  add_choice<std::vector<Engine>>(*verb, "--engine", options->engines, "oracle, sim, both of these, or sim-message",
                                  {{"oracle", {Engine::oracle}},
                                   {"sim", {Engine::sim}},
                                   {"both", {Engine::oracle, Engine::sim}},
                                   {"sim-message", {Engine::sim_message}}});
  auto* fit = verb->add_option(
      "--fit", options->fit,
      "fit another host's compute time over the calibration's to these rows: group=G1,G2 or run=R1,R2; they are "
      "not scored. every=2: to every second row of each group, marked: to those with yes in a column calibrates, each group by itself");
  verb->add_option("--unknowns", options->unknowns, "fit these instead, of calibrate --from's, where the rows' machine has them")
      ->needs(fit);
  verb->add_option("--score", options->score, "score these rows only: group=G3 or run=R3");
  verb->add_option("--leave-out", options->leave_out, "neither fit nor score these rows: group=G4 or run=R4");
  add_choice<SumBy>(*verb, "--by", options->by,
                    "sum rows up by group; or by device or by set (a file), in one table without the rows; or by operation: what forerun "
                    "train timed of each, beside its price alone",
                    {{"group", SumBy::group}, {"device", SumBy::device}, {"set", SumBy::set}, {"operation", SumBy::operation}});
  verb->add_option("--solve", options->solve,
                   "the value under which each scored row is met exactly: platform.link-bandwidth=10Mbit/s..100Gbit/s, or link-latency, "
                   "intra-node-bandwidth, intra-node-latency");
  verb->add_option("--tolerance", options->tolerance, "exit code 1 if a group's median error is above it, such as 15%");
  add_samples_option(*verb, options->samples);
  verb->add_flag("--pool", options->pool,
                 "take launches of the same thing as one run, over all their steps where runs.steps.csv stands beside runs.csv");
  verb->add_flag("--template", options->print_template, "print the columns of such a file with an example row");
  verb->footer("Example:\n  forerun validate runs.csv --engine both --tolerance 15%\n  forerun validate mine.csv yours.csv --by device");
  verb->callback([options, &environment, &chosen] {
    if (options->runs.empty() && !options->print_template) throw CLI::RequiredError("runs");
    chosen = [options, &environment] { return validate(*options, environment); };
  });
}

}  // namespace forerun
