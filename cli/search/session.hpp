#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cherrypick/search.hpp"
#include "cli/search/events.hpp"
#include "cli/search/setup.hpp"

namespace forerun {

/// A run of a candidate, made or under way.
struct SearchRun {
  int number = 0;  ///< from 1, in the order in which they were begun
  int candidate = 0;
  std::optional<ProcessIdentity> process{};  ///< of a command's
  std::optional<Told> told{};
};

/// What became of a search by all events so far. The same setup and events give the same state, and the same next candidates.
class SearchSession {
 public:
  /// std::invalid_argument where the setup is none that cherrypick::Search takes.
  explicit SearchSession(SearchSetup setup);

  /// std::invalid_argument, with what is wrong, where the event cannot follow on those before.
  void apply(const SearchEvent& event);

  /// Up to so many more candidates to run; under way from now on, so what comes of it has to become an event. None once the search is over.
  std::vector<int> ask(int count);

  /// Why it is over; nothing while it goes on.
  [[nodiscard]] std::optional<cherrypick::StopReason> stopped();

  /// Candidates that somebody was told to run, and that are neither told nor started by a command since.
  [[nodiscard]] const std::vector<int>& asked() const { return asked_; }
  /// Runs that were started and not told yet.
  [[nodiscard]] std::vector<SearchRun> under_way() const;
  /// What is still to be run once more; nothing where that was not begun.
  [[nodiscard]] std::optional<std::vector<int>> to_confirm() const;

  [[nodiscard]] int next_number() const { return static_cast<int>(runs_.size()) + 1; }
  [[nodiscard]] const std::vector<SearchRun>& runs() const { return runs_; }  ///< by number
  [[nodiscard]] const SearchSetup& setup() const { return setup_; }
  [[nodiscard]] const cherrypick::Search& search() const { return search_; }
  [[nodiscard]] std::optional<double> expected_improvement() { return search_.expected_improvement(); }
  [[nodiscard]] const SpaceEntry& entry(int id) const { return setup_.space.entries[static_cast<std::size_t>(id)]; }
  [[nodiscard]] const std::string& name(int id) const { return entry(id).candidate.name; }
  /// The number of a candidate; nothing where there is none of that name.
  [[nodiscard]] std::optional<int> find(std::string_view name) const;

 private:
  void take(const Asked& asked);
  void take(const Started& started);
  void take(const Told& told);
  void take(const Confirming& confirming);
  [[nodiscard]] int id_of(const std::string& name) const;
  SearchRun& run(int number, int candidate);

  SearchSetup setup_;
  std::map<std::string, int, std::less<>> ids_;
  cherrypick::Search search_;
  std::vector<SearchRun> runs_;
  std::vector<int> asked_;
  std::optional<cherrypick::StopReason> over_;  ///< once it is confirming
  std::vector<int> confirm_;
  int confirming_since_ = 0;  ///< runs that there were then
};

cherrypick::Result result_of(const Told& told);

}  // namespace forerun
