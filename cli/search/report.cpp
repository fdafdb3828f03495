#include <CLI/CLI.hpp>
#include <memory>

#include "cli/output.hpp"
#include "cli/search/report_page.hpp"
#include "cli/search/search_journal.hpp"
#include "cli/search/verbs.hpp"
#include "core/error.hpp"
#include "io/atomic_file.hpp"

namespace forerun {
namespace {

struct ReportOptions {
  std::string journal;
  std::string plot;
  OutputOptions output;
};

ExitCode report(const ReportOptions& options) {
  check_output(options.output);
  if (!options.plot.empty()) check_writable(options.plot);
  SearchJournal journal(options.journal, LineJournal::Access::read);
  if (!options.plot.empty()) {
    const std::string picture = report_plot(journal.session());
    if (picture.empty())
      say("warning: no picture: no run went well");
    else
      write_file(options.plot, picture);
  }
  deliver(report_page(journal.session()), options.output);
  return code_of(journal.session()) == ExitCode::no ? ExitCode::no : ExitCode::success;
}

}  // namespace

void add_search_report(CLI::App& search, const Environment&, Action& chosen) {
  CLI::App* verb = search.add_subcommand("report", "runs so far, the best, and why the search is over or what comes next");
  const auto options = std::make_shared<ReportOptions>();
  verb->add_option("journal", options->journal, "of the search, also while it runs")->required();
  verb->add_option("--plot", options->plot, "writes time against cost of the runs here, an SVG picture");
  add_output_options(*verb, options->output);
  verb->footer(
      "Example:\n  forerun search report mine.search\n\nExit codes: 0 a run was within the limits, 1 none was, 3 bad input, 70 a bug.");
  verb->callback([options, &chosen] { chosen = [options] { return report(*options); }; });
}

}  // namespace forerun
