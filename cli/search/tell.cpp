#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/output.hpp"
#include "cli/search/process.hpp"
#include "cli/search/report_page.hpp"
#include "cli/search/run_status.hpp"
#include "cli/search/search_journal.hpp"
#include "cli/search/verbs.hpp"
#include "core/error.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"

namespace forerun {
namespace {

struct TellOptions {
  std::string journal;
  std::string candidate;
  std::string seconds;
  std::string usd;
  std::string status = "ok";
  std::string reason;
};

Told read_told(const TellOptions& options, Problems& problems) {
  Told told{.candidate = options.candidate, .status = options.status, .reason = options.reason};
  const auto number = [&](const std::string& value, const char* option) {
    double out = 0;
    if (!value.empty()) problems.collect([&] { out = parse_number(Text{.value = value, .file = option}, 0, kMostOfRun); });
    return out;
  };
  problems.collect([&] { check_status(Text{.value = options.status, .file = "--status"}); });
  told.time = Seconds(number(options.seconds, "--seconds"));
  if (!options.usd.empty()) told.cost = Dollars(number(options.usd, "--usd"));
  if (problems.empty() && options.status == "ok" && !(told.time > Seconds(0)))
    problems.add(Problem{.file = "--seconds",
                         .what = "a run that went well took some time",
                         .got = options.seconds,
                         .allowed = "a number above zero, or --status"});
  return told;
}

/// The candidate's number. BadInput where there is none, or it may not run.
int find_candidate(const SearchSession& session, const std::string& name) {
  const Text text{.value = name, .file = "candidate"};
  std::vector<std::string_view> names;
  for (const SpaceEntry& entry : session.setup().space.entries) names.push_back(entry.candidate.name);
  const auto id = session.find(name);
  if (!id) throw BadInput(problem(text, "is none of the search", "", suggest(name, names)));
  if (const std::string& reason = session.entry(*id).candidate.excluded; !reason.empty())
    throw BadInput(problem(text, "is excluded: " + reason));
  return *id;
}

ExitCode tell(const TellOptions& options, const Environment& environment) {
  Problems problems;
  Told told = read_told(options, problems);
  problems.throw_if_any();
  SearchJournal journal(options.journal, LineJournal::Access::append);
  SearchSession& session = journal.session();
  const int id = find_candidate(session, options.candidate);
  const std::vector<SearchRun> open = session.under_way();
  const auto started = std::ranges::find(open, id, &SearchRun::candidate);
  if (started != open.end() && is_alive(*started->process))
    throw BadInput(
        problem({.value = options.candidate, .file = "candidate"},
                format("is run by process {} now; wait for `search run`, or end that process's session first", started->process->pid)));
  told.run = started != open.end() ? started->number : session.next_number();
  journal.record(told, iso_date(environment.now));
  say(run_line(session, told.run));
  return ExitCode::success;
}

}  // namespace

void add_search_tell(CLI::App& search, const Environment& environment, Action& chosen) {
  CLI::App* verb = search.add_subcommand("tell", "what came of a run of a configuration, asked for or not");
  const auto options = std::make_shared<TellOptions>();
  verb->add_option("journal", options->journal, "of the search")->required();
  verb->add_option("candidate", options->candidate, "its name")->required();
  verb->add_option("--seconds", options->seconds, "that the run took or, where it failed, until it did");
  verb->add_option("--usd", options->usd, "what it cost; without it, the configuration's price times its time");
  verb->add_option("--status", options->status, "ok, oom, timeout, failed (why is not known), error or preempted (tried once more)");
  verb->add_option("--reason", options->reason, "of a failure, in words");
  verb->footer("Example:\n  forerun search tell mine.search '8 x m4.xlarge' --seconds 812.5");
  verb->callback([options, &environment, &chosen] { chosen = [options, &environment] { return tell(*options, environment); }; });
}

}  // namespace forerun
