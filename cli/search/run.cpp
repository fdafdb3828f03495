#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <memory>

#include "cli/choice.hpp"
#include "cli/output.hpp"
#include "cli/search/past_jobs.hpp"
#include "cli/search/report_page.hpp"
#include "cli/search/run_loop.hpp"
#include "cli/search/scenario_source.hpp"
#include "cli/search/verbs.hpp"
#include "core/error.hpp"
#include "io/quantity.hpp"

namespace forerun {
namespace {

struct SearchRunOptions {
  std::string journal;
  std::string evaluate;  ///< a table of runs, or an engine
  std::vector<std::string> command;
  std::string timeout;
  RunPolicy policy;
  OutputOptions output;
};

/// A command that cannot be run would be told of each candidate.
void check_command(const std::string& program, const Environment& environment) {
  if (program.find('{') != std::string::npos) return;
  const auto can_run = [](const std::filesystem::path& file) {
    return std::filesystem::is_regular_file(file) && ::access(file.c_str(), X_OK) == 0;
  };
  const bool found = program.find('/') != std::string::npos
                         ? can_run(program)
                         : std::ranges::any_of(environment.program_folders, [&](const auto& folder) { return can_run(folder / program); });
  if (!found) throw BadInput(Problem{.file = "command", .what = "is no program that can be run", .got = program});
}

/// By what `--evaluate` names, an engine or a table of runs.
Evaluator evaluator_of(const std::string& name, const SearchSpace& space, VariantReader& reader) {
  if (name == to_string(Engine::oracle) || name == to_string(Engine::sim)) {
    const Engine engine = parse_engine(Text{.value = name, .file = "--evaluate"});
    return
        [&space, &reader, engine](int candidate) { return evaluate(space.entries[static_cast<std::size_t>(candidate)], engine, reader); };
  }
  return [results = read_measured_runs(name, space)](int candidate) {
    return Evaluated{results[static_cast<std::size_t>(candidate)].value()};
  };
}

/// Ends as the signal would have ended it, so that a shell sees what happened.
ExitCode end_by(int signal, SearchJournal& journal) {
  for (const SearchRun& run : journal.session().under_way())
    say("run " + std::to_string(run.number) + ": " + journal.session().name(run.candidate) + ": goes on as process " +
        std::to_string(run.process->pid) + "; the same command waits for it");
  ::signal(signal, SIG_DFL);
  ::raise(signal);
  return ExitCode::failed;
}

ExitCode run(const SearchRunOptions& options, const Environment& environment) {
  check_output(options.output);
  RunPolicy policy = options.policy;
  if (!options.timeout.empty()) policy.timeout = parse_seconds(Text{.value = options.timeout, .file = "--timeout"});
  if (!options.evaluate.empty() && (policy.timeout || policy.parallel > 1 || policy.time == TimeSource::wall))
    throw BadInput(Problem{.file = "--evaluate", .what = "takes no --timeout, --parallel or --time, which are of commands"});
  if (!options.command.empty()) check_command(options.command.front(), environment);
  SearchJournal journal(options.journal, LineJournal::Access::append);
  const SearchSpace& space = journal.session().setup().space;
  if (!options.evaluate.empty()) {
    VariantReader reader(environment);
    run_evaluated(journal, evaluator_of(options.evaluate, space, reader), policy);
  } else {
    const CommandTemplate command(options.command, space);
    try {
      if (const auto signal = run_commands(journal, command, policy, environment.host)) return end_by(*signal, journal);
    } catch (const SimulationFailed& error) {
      say(error.what());  // no simulation here
      return ExitCode::failed;
    }
  }
  deliver(report_page(journal.session()), options.output);
  return code_of(journal.session());
}

}  // namespace

void add_search_run(CLI::App& search, const Environment& environment, Action& chosen) {
  CLI::App* verb =
      search.add_subcommand("run", "runs a command, or looks runs up in a table, until the search is over; goes on where it was");
  const auto options = std::make_shared<SearchRunOptions>();
  verb->add_option("journal", options->journal, "of the search")->required();
  verb->add_option(
      "command", options->command,
      "behind --: what runs a configuration, {candidate} and {SETTING} filled in; the line seconds=NUMBER that it prints is the "
      "result (docs/search.md)");
  verb->add_option(
      "--evaluate", options->evaluate,
      "instead of a command, a table of runs that were all made, or an engine, oracle or sim, of a search that --workload began");
  verb->add_option("--timeout", options->timeout, "ends a command after so long, such as 2h");
  add_choice<TimeSource>(*verb, "--time", options->policy.time, "wall: a command that prints no seconds took as long as it lived",
                         {{"printed", TimeSource::printed}, {"wall", TimeSource::wall}});
  verb->add_option("--parallel", options->policy.parallel, "commands at once; up to 4 are of use")->check(CLI::Range(1, 64));
  verb->add_option("--confirm", options->policy.confirm,
                   "runs so many of the best once more at the end, since the best of runs that scatter is a lucky one")
      ->check(CLI::Range(0, 100));
  add_output_options(*verb, options->output);
  verb->footer(
      "Example:\n  forerun search run mine.search --timeout 2h -- ./train.sh {nodes} {family}\n\nExit codes: 0 found, 1 no run was within "
      "the "
      "limits, 2 command line, 3 bad input, 4 commands gave no result, 5 the budget of money or runs is spent and the best so far is "
      "there, "
      "70 a bug.");
  verb->callback([options, &environment, &chosen] {
    if (options->command.empty() == options->evaluate.empty())
      throw CLI::ValidationError("either --evaluate TABLE, oracle or sim, or -- COMMAND ARGUMENTS");
    chosen = [options, &environment] { return run(*options, environment); };
  });
}

}  // namespace forerun
