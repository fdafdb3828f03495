#include "cli/search/search_journal.hpp"

#include <stdexcept>
#include <system_error>

#include "cli/output.hpp"
#include "core/error.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

fs::path runs_folder_of(const fs::path& file) { return fs::weakly_canonical(file).string() + ".runs"; }

SearchSession begin_session(const LineJournal& lines, const fs::path& file) {
  if (lines.lines().empty()) throw BadInput(Problem{.file = file.string(), .what = "holds no whole line, and so no search"});
  const JournalLine first(lines.lines().front(), file.string(), 1);
  SearchSetup setup = read_setup(first);
  try {
    return SearchSession(std::move(setup));
  } catch (const std::invalid_argument& error) {
    first.refuse("", error.what());
  }
}

void replay(const LineJournal& lines, const fs::path& file, SearchSession& session) {
  for (std::size_t i = 1; i < lines.lines().size(); ++i) {
    const JournalLine line(lines.lines()[i], file.string(), static_cast<int>(i + 1));
    try {
      session.apply(read_event(line));
    } catch (const std::invalid_argument& error) {
      line.refuse("", error.what());
    }
  }
}

}  // namespace

void SearchJournal::create(const fs::path& file, const SearchSetup& setup) {
  const std::string line = json_line(to_json(setup));
  // What would be refused later is refused now.
  const JournalLine read(line, file.string(), 0);
  try {
    const SearchSession session(read_setup(read));
  } catch (const std::invalid_argument& error) {
    read.refuse("", error.what());
  }
  std::error_code none;
  if (fs::exists(file, none)) throw BadInput(Problem{.file = file.string(), .what = "is there already, and is not written over"});
  if (const fs::path runs = runs_folder_of(file); fs::exists(runs, none) && !fs::is_empty(runs, none))
    throw BadInput(Problem{.file = runs.string(), .what = "holds runs of an earlier search; move it away first"});
  LineJournal::create(file, line);
}

SearchJournal::SearchJournal(const fs::path& file, LineJournal::Access access)
    : file_(file), lines_(file, access), session_(begin_session(lines_, file)) {
  runs_folder_ = runs_folder_of(file);
  if (!lines_.cut_off().empty()) say(file.string() + ": warning: the last line was cut off, or is just being written, and is left out");
  replay(lines_, file, session_);
}

void SearchJournal::record(const SearchEvent& event, const std::string& date) {
  lines_.append(json_line(to_json(event, date)));
  session_.apply(event);
}

}  // namespace forerun
