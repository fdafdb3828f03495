#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/choice.hpp"
#include "cli/search/verbs.hpp"
#include "cli/search_page.hpp"
#include "cli/search_predictions.hpp"
#include "cli/search_table.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"

namespace forerun {
namespace {

/// What is known before the first run; `best`: history where there is any.
enum class Start { best, cold, history, permuted, plain, random };

struct ReplayOptions {
  std::string file;
  std::string predicted;  ///< a table of predictions; empty without
  Start start = Start::best;
  cherrypick::Protocol protocol;
  OutputOptions output;
};

cherrypick::Method method_of(Start start, bool has_history) {
  using cherrypick::Method;
  switch (start) {
    case Start::best: return has_history ? Method::history : Method::cold;
    case Start::cold: return Method::cold;
    case Start::history: return Method::history;
    case Start::permuted: return Method::shuffled;
    case Start::plain: return Method::plain;
    case Start::random: return Method::random;
  }
  return Method::cold;
}

ExitCode replay(ReplayOptions options) {
  check_output(options.output);
  std::vector<cherrypick::MeasuredJob> jobs = read_search_table(options.file);
  const bool has_history = std::ranges::any_of(jobs, [&](const auto& job) { return job.group != jobs.front().group; });
  if (!has_history && (options.start == Start::history || options.start == Start::permuted))
    throw BadInput(Problem{.file = options.file, .what = "has jobs of one group only, of which none knows another"});
  options.protocol.method = method_of(options.start, has_history);
  if (!options.predicted.empty()) {
    if (options.start != Start::best)
      throw BadInput(Problem{.file = "--start", .what = "cannot be given together with --predicted, which is a start of its own"});
    add_predictions(options.predicted, jobs);
    options.protocol.method = cherrypick::Method::predicted;
  }
  deliver(replay_page(jobs, options.protocol, cherrypick::replay(jobs, options.protocol)), options.output);
  return ExitCode::success;
}

void add_replay(CLI::App& search, Action& chosen) {
  CLI::App* verb = search.add_subcommand("replay", "how many runs a search would have needed over runs that were all made");
  const auto options = std::make_shared<ReplayOptions>();
  verb->add_option("runs", options->file, "a table of runs, one of each job on each configuration (docs/search.md)")->required();
  add_choice<Start>(*verb, "--start", options->start,
                    "what is known before: the jobs of other groups, if there are any; nothing; these jobs, or these with their values "
                    "permuted; or plain GP-EI as published, or a random order",
                    {{"best", Start::best},
                     {"cold", Start::cold},
                     {"history", Start::history},
                     {"permuted", Start::permuted},
                     {"plain", Start::plain},
                     {"random", Start::random}});
  verb->add_option(
      "--predicted", options->predicted,
      "what a model says of these configurations, a table with the columns workload, candidate and seconds: the prior of every "
      "search, in the place of --start");
  add_choice<cherrypick::Objective>(*verb, "--objective", options->protocol.objective, "what is to be least",
                                    {{"cost", cherrypick::Objective::cost}, {"time", cherrypick::Objective::time}});
  verb->add_option("--seeds", options->protocol.seeds, "searches of each workload")->check(CLI::Range(1, 1000));
  verb->add_option("--runs", options->protocol.most_runs, "the most runs of a search; without it, all candidates")
      ->check(CLI::Range(1, 100000));
  add_output_options(*verb, options->output);
  verb->footer("Example:\n  forerun search replay validation/data/search_scout.csv --start cold");
  verb->callback([options, &chosen] { chosen = [options] { return replay(*options); }; });
}

}  // namespace

void add_search(CLI::App& command, const Environment& environment, Action& chosen) {
  CLI::App* verb = command.add_subcommand("search", "the best cloud configuration in few runs");
  verb->require_subcommand(1);
  add_search_init(*verb, environment, chosen);
  add_search_ask(*verb, environment, chosen);
  add_search_tell(*verb, environment, chosen);
  add_search_run(*verb, environment, chosen);
  add_search_report(*verb, environment, chosen);
  add_replay(*verb, chosen);
}

}  // namespace forerun
