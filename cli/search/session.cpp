#include "cli/search/session.hpp"

#include <algorithm>
#include <stdexcept>

#include "cli/search/run_status.hpp"

namespace forerun {

using cherrypick::StopReason;

namespace {

std::map<std::string, int, std::less<>> ids_of(const SearchSpace& space) {
  std::map<std::string, int, std::less<>> ids;
  for (const SpaceEntry& entry : space.entries) ids.emplace(entry.candidate.name, static_cast<int>(ids.size()));
  return ids;
}

std::optional<StopReason> reason_of(std::string_view word) {
  for (const StopReason reason : {StopReason::spent, StopReason::runs, StopReason::exhausted, StopReason::improvement})
    if (to_string(reason) == word) return reason;
  return std::nullopt;
}

}  // namespace

cherrypick::Result result_of(const Told& told) { return {outcome_of(told.status), told.time, told.cost}; }

SearchSession::SearchSession(SearchSetup setup)
    : setup_(std::move(setup)), ids_(ids_of(setup_.space)), search_(catalogue_of(setup_.space), options_of(setup_)) {}

std::optional<int> SearchSession::find(std::string_view name) const {
  const auto found = ids_.find(name);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

int SearchSession::id_of(const std::string& name) const {
  const auto id = find(name);
  if (!id) throw std::invalid_argument("no candidate is called " + name);
  return *id;
}

void SearchSession::apply(const SearchEvent& event) {
  std::visit([this](const auto& what) { take(what); }, event);
}

/// The run of this number, a new one where it is the next.
SearchRun& SearchSession::run(int number, int candidate) {
  if (number == next_number()) runs_.push_back({.number = number, .candidate = candidate});
  if (number >= next_number()) throw std::invalid_argument("run " + std::to_string(number) + " has no run before it");
  SearchRun& run = runs_[static_cast<std::size_t>(number - 1)];
  if (run.candidate != candidate) throw std::invalid_argument("run " + std::to_string(number) + " is of another candidate");
  if (run.told) throw std::invalid_argument("run " + std::to_string(number) + " has its result already");
  return run;
}

void SearchSession::take(const Asked& asked) {
  for (const std::string& name : asked.candidates) {
    const int id = id_of(name);
    search_.begin(id);
    if (std::ranges::find(asked_, id) == asked_.end()) asked_.push_back(id);
  }
}

void SearchSession::take(const Started& started) {
  const int id = id_of(started.candidate);
  search_.begin(id);
  run(started.run, id).process = started.process;
  std::erase(asked_, id);
}

void SearchSession::take(const Told& told) {
  const int id = id_of(told.candidate);
  search_.tell(id, result_of(told));
  run(told.run, id).told = told;
  std::erase(asked_, id);
}

void SearchSession::take(const Confirming& confirming) {
  over_ = reason_of(confirming.because);
  if (!over_) throw std::invalid_argument("a search is not over because of " + confirming.because);
  confirm_.clear();
  for (const std::string& name : confirming.candidates) confirm_.push_back(id_of(name));
  confirming_since_ = static_cast<int>(runs_.size());
}

std::optional<StopReason> SearchSession::stopped() { return over_ ? over_ : search_.stop(); }

std::vector<int> SearchSession::ask(int count) {
  if (stopped()) return {};
  // Those that are under way count, so that no more runs are made than are allowed.
  if (const auto& most = setup_.stopping.runs)
    count = std::min(count, *most - static_cast<int>(runs_.size()) - static_cast<int>(asked_.size()));
  return search_.ask(count);
}

std::vector<SearchRun> SearchSession::under_way() const {
  std::vector<SearchRun> open;
  std::ranges::copy_if(runs_, std::back_inserter(open), [](const SearchRun& run) { return !run.told; });
  return open;
}

std::optional<std::vector<int>> SearchSession::to_confirm() const {
  if (!over_) return std::nullopt;
  std::vector<int> left = confirm_;
  for (const SearchRun& run : runs_)
    if (run.number > confirming_since_) std::erase(left, run.candidate);
  return left;
}

}  // namespace forerun
