#include "cli/search/run_status.hpp"

#include <algorithm>
#include <array>

#include "io/suggest.hpp"

namespace forerun {

using cherrypick::Outcome;

namespace {

constexpr std::array<std::string_view, 6> kStatuses{"ok", "oom", "timeout", "failed", "error", "preempted"};
constexpr std::array<Outcome, 6> kOutcomes{Outcome::ok, Outcome::oom, Outcome::timeout, Outcome::oom, Outcome::error, Outcome::preempted};

}  // namespace

void check_status(const Text& word) {
  if (std::ranges::find(kStatuses, word.value) == kStatuses.end())
    throw BadInput(problem(word, "unknown status", listed(kStatuses), suggest(word.value, kStatuses)));
}

Outcome outcome_of(std::string_view status) {
  return kOutcomes[static_cast<std::size_t>(std::ranges::find(kStatuses, status) - kStatuses.begin())];
}

}  // namespace forerun
