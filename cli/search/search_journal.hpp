#pragma once

#include <filesystem>
#include <string>

#include "cli/search/session.hpp"
#include "io/line_journal.hpp"

namespace forerun {

/// A search and the file that it is kept in: what happens is written down and on the disk before anything follows from it.
class SearchJournal {
 public:
  /// Writes the first line. BadInput: the setup is none that a search takes, something stands at the file's place, or beside it are files
  /// of runs of an earlier search.
  static void create(const std::filesystem::path& file, const SearchSetup& setup);

  /// Brings the search back to where it was. The beginning of a line that was cut off is said on standard error.
  /// BadInput: what LineJournal refuses, a line that is none or cannot follow on those before.
  SearchJournal(const std::filesystem::path& file, LineJournal::Access access);

  /// Writes the event down, then applies it. Precondition: opened to append.
  void record(const SearchEvent& event, const std::string& date);

  [[nodiscard]] SearchSession& session() { return session_; }
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  /// Where what a run's command writes is kept: beside the journal itself, whatever link led to it.
  [[nodiscard]] const std::filesystem::path& runs_folder() const { return runs_folder_; }

 private:
  std::filesystem::path file_;
  std::filesystem::path runs_folder_;
  LineJournal lines_;
  SearchSession session_;
};

}  // namespace forerun
