#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "cli/choice.hpp"
#include "cli/output.hpp"
#include "cli/search/past_jobs.hpp"
#include "cli/search/scenario_source.hpp"
#include "cli/search/search_journal.hpp"
#include "cli/search/space_table.hpp"
#include "cli/search/verbs.hpp"
#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"

namespace forerun {
namespace {

struct InitOptions {
  std::string journal;
  std::string table;
  ScenarioSource source;  ///< without a table
  std::string job;
  std::string history;
  cherrypick::Objective objective = cherrypick::Objective::cost;
  std::string deadline;
  std::string budget;
  std::string spend;
  std::string runs;
  std::string improvement;
  std::string seed;
};

/// `100`, `100USD` or `100 USD`.
Dollars parse_dollars(Text text) {
  constexpr double kMost = 1e12;
  const std::string whole = text.value;
  if (text.value.ends_with("USD")) text.value.resize(text.value.size() - 3);
  while (text.value.ends_with(' ')) text.value.pop_back();
  try {
    const double value = parse_number(text, 0, kMost);
    if (value > 0) return Dollars(value);
  } catch (const BadInput&) {
    // Told below with what was typed.
  }
  text.value = whole;
  throw BadInput(problem(text, "is no amount of money", "a number above zero, such as 100USD"));
}

SearchSpace read_space(const InitOptions& options, const Environment& environment) {
  if (options.table.empty()) {
    SearchSpace space = read_scenario_source(options.source, environment);
    if (!options.job.empty()) space.job = options.job;
    return space;
  }
  const std::string job = options.job.empty() ? std::filesystem::path(options.table).stem().string() : options.job;
  return read_space_table(options.table, job);
}

void read_limits(const InitOptions& options, SearchSetup& setup, Problems& problems) {
  constexpr int kMostRuns = 1'000'000;
  const auto read = [&](const std::string& value, const char* option, auto&& take) {
    if (!value.empty()) problems.collect([&] { take(Text{.value = value, .file = option}); });
  };
  read(options.deadline, "--deadline", [&](const Text& text) { setup.goal.deadline = parse_seconds(text); });
  read(options.budget, "--budget", [&](const Text& text) { setup.goal.budget = parse_dollars(text); });
  read(options.spend, "--spend", [&](const Text& text) { setup.stopping.spend = parse_dollars(text); });
  read(options.runs, "--runs", [&](const Text& text) { setup.stopping.runs = static_cast<int>(parse_integer(text, 1, kMostRuns)); });
  read(options.improvement, "--improvement", [&](const Text& text) { setup.stopping.improvement = parse_fraction(text, 0, 1); });
  read(options.seed, "--seed", [&](const Text& text) {
    setup.seed = static_cast<std::uint64_t>(parse_integer(text, 0, std::numeric_limits<std::int64_t>::max()));
  });
}

ExitCode init(const InitOptions& options, const Environment& environment) {
  Problems problems;
  SearchSetup setup{.date = iso_date(environment.now)};
  setup.goal.objective = options.objective;
  read_limits(options, setup, problems);
  problems.collect([&] { check_writable(options.journal); });
  const bool read = problems.collect([&] { setup.space = read_space(options, environment); });
  if (read && !options.history.empty()) problems.collect([&] { setup.history = read_past_jobs(options.history, setup.space); });
  problems.throw_if_any();
  SearchJournal::create(options.journal, setup);
  std::size_t excluded = 0;
  for (const SpaceEntry& entry : setup.space.entries) excluded += entry.candidate.excluded.empty() ? 0 : 1;
  say(format("{}: {} configurations{}{}; `forerun search ask` names the first to run, `forerun search run` runs them", options.journal,
             setup.space.entries.size(), excluded > 0 ? format(", of which {} are excluded", excluded) : "",
             setup.history.empty() ? "" : format(", {} past jobs", setup.history.size())));
  return ExitCode::success;
}

}  // namespace

void add_search_init(CLI::App& search, const Environment& environment, Action& chosen) {
  CLI::App* verb = search.add_subcommand("init", "begins a search: what it chooses from, what for, and when it has done enough");
  const auto options = std::make_shared<InitOptions>();
  verb->add_option("journal", options->journal, "the file that the search is kept in; never written over")->required();
  verb->add_option("--space", options->table, "a table of configurations, one a row (docs/search.md)");
  add_scenario_source(*verb, options->source);
  verb->add_option("--job", options->job, "what is to be run, in words; without it, the name of the table, or the workload");
  add_choice<cherrypick::Objective>(
      *verb, "--objective", options->objective, "what is to be least",
      {{"cost", cherrypick::Objective::cost}, {"time", cherrypick::Objective::time}, {"both", cherrypick::Objective::front}});
  verb->add_option("--deadline", options->deadline, "of a run, such as 4h");
  verb->add_option("--budget", options->budget, "what a run may cost, such as 100USD");
  verb->add_option("--spend", options->spend, "stops once all runs together have cost this, such as 500USD");
  verb->add_option("--runs", options->runs, "stops after so many runs");
  verb->add_option("--improvement", options->improvement,
                   "stops once the best next run is expected to improve less than this; 1% without it");
  verb->add_option("--history", options->history, "a table of runs of other jobs on these configurations (docs/search.md)");
  verb->add_option("--seed", options->seed, "of the first candidates; 1 without it");
  verb->footer(
      "Example:\n  forerun search init mine.search --space examples/search/configurations.csv --deadline 4h --runs 20\n"
      "  forerun search init gpt2.search --workload gpt2 --set workload.batch=64 --set run.steps=20000 --platform aws:p3.8xlarge \\\n"
      "      --strategy data=all,runtime=pytorch-ddp --vary platform.nodes=1,2,4 --vary run.market=on-demand,spot");
  verb->callback([options, &environment, &chosen] {
    if (options->table.empty() != is_given(options->source))
      throw CLI::ValidationError("either --space TABLE or a scenario that is varied (--workload, --platform, --vary, ...)");
    chosen = [options, &environment] { return init(*options, environment); };
  });
}

}  // namespace forerun
