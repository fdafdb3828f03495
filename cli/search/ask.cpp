#include <CLI/CLI.hpp>
#include <memory>

#include "cli/output.hpp"
#include "cli/search/report_page.hpp"
#include "cli/search/search_journal.hpp"
#include "cli/search/verbs.hpp"

namespace forerun {
namespace {

struct AskOptions {
  std::string journal;
  int count = 1;
  OutputOptions output;
};

ExitCode ask(const AskOptions& options, const Environment& environment) {
  check_output(options.output);
  SearchJournal journal(options.journal, LineJournal::Access::append);
  SearchSession& session = journal.session();
  const int under_way = static_cast<int>(session.under_way().size() + session.asked().size());
  const std::vector<int> ids = session.ask(options.count - under_way);
  if (!ids.empty()) {
    Asked asked;
    for (const int id : ids) asked.candidates.push_back(session.name(id));
    journal.record(asked, iso_date(environment.now));
  }
  const Page page = ask_page(session);
  deliver(page, options.output);
  return page.rows.rows.empty() ? ExitCode::no : ExitCode::success;
}

}  // namespace

void add_search_ask(CLI::App& search, const Environment& environment, Action& chosen) {
  CLI::App* verb = search.add_subcommand("ask", "which configurations to run next; asking again names the same until they are told");
  const auto options = std::make_shared<AskOptions>();
  verb->add_option("journal", options->journal, "of the search")->required();
  verb->add_option("--count", options->count, "how many are to be under way at once; up to 4 are of use")->check(CLI::Range(1, 1000));
  add_output_options(*verb, options->output);
  verb->footer(
      "Example:\n  forerun search ask mine.search --format json\n\nExit codes: 0 there is something to run, 1 there is not: the search is "
      "over, or waits for what is under way, 3 bad input, 70 a bug.");
  verb->callback([options, &environment, &chosen] { chosen = [options, &environment] { return ask(*options, environment); }; });
}

}  // namespace forerun
