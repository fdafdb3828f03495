#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "tests/cherrypick/support.hpp"

using namespace forerun;
using namespace forerun::cherrypick;

namespace {

/// A catalogue and a job that a careless user might bring: duplicate rows, constant values, one candidate, failures of every kind.
struct Case {
  Catalogue catalogue;
  SearchOptions options;
  std::vector<Result> results;
};

Result random_result(Random& random, double failing, double spread) {
  const double time = std::exp(spread * random.normal());
  if (random.uniform() >= failing) return {Outcome::ok, Seconds(100 * time)};
  constexpr Outcome kinds[] = {Outcome::oom, Outcome::timeout, Outcome::error, Outcome::preempted};
  return {kinds[random.below(4)], Seconds(random.uniform() < 0.2 ? 0 : 50 * time)};
}

Case random_case(Random& random) {
  Case made;
  const std::size_t count = 1 + random.below(12);
  const std::size_t features = random.below(4);
  const double failing = random.uniform() < 0.3 ? 1 : random.uniform();
  const double spread = random.uniform() < 0.3 ? 0 : random.uniform() < 0.5 ? 1 : 20;
  const bool coarse = random.uniform() < 0.3;
  for (std::size_t i = 0; i < count; ++i) {
    Candidate candidate{.name = std::to_string(i), .rate = DollarsPerSecond(0.01 + random.uniform())};
    for (std::size_t k = 0; k < features; ++k)
      candidate.features.push_back(coarse ? static_cast<double>(random.below(2)) : random.uniform());
    if (random.uniform() < 0.5) candidate.memory = 1 + random.uniform();
    if (random.uniform() < 0.15) candidate.excluded = "no quota";
    made.catalogue.push_back(std::move(candidate));
    made.results.push_back(random_result(random, failing, spread));
  }
  SearchOptions& options = made.options;
  options.seed = random.below(1000);
  options.goal.objective = static_cast<Objective>(random.below(3));
  if (random.uniform() < 0.3) options.goal.deadline = Seconds(150 * random.uniform() + 1e-3);
  if (random.uniform() < 0.3) options.goal.budget = Dollars(100 * random.uniform() + 1e-3);
  if (random.uniform() < 0.2) options.per_dollar = 1;
  if (random.uniform() < 0.3)
    for (std::size_t i = 0; i < count; ++i)
      options.predicted.push_back(random.uniform() < 0.2 ? std::optional<Seconds>() : Seconds(1 + 100 * random.uniform()));
  if (random.uniform() < 0.3) options.history.push_back(PastJob(made.results.begin(), made.results.end()));
  return made;
}

void check_answer(const Answer& answer) {
  for (const auto& each : {answer.best, answer.runner_up})
    if (each) {
      CHECK(std::isfinite(each->cost.value()));
      CHECK(std::isfinite(each->time.value()));
      CHECK(each->least_cost <= each->most_cost);
    }
  if (answer.chance_of_better) CHECK((*answer.chance_of_better >= 0 && *answer.chance_of_better <= 1));
  if (answer.trust) CHECK((*answer.trust >= 0 && *answer.trust <= 1));
}

/// Plays a search to its end; how many candidates it asked for.
int play_case(const Case& made, Random& random) {
  Search search(made.catalogue, made.options);
  std::vector<int> times(made.catalogue.size(), 0);
  int asks = 0;
  while (true) {
    const std::vector<int> batch = search.ask(1 + static_cast<int>(random.below(3)));
    if (batch.empty()) break;
    for (const int id : batch) {
      const auto i = static_cast<std::size_t>(id);
      REQUIRE(made.catalogue[i].excluded.empty());
      REQUIRE(++times[i] <= (is_transient(made.results[i].outcome) ? 2 : 1));
      ++asks;
    }
    for (const int id : batch) search.tell(id, made.results[static_cast<std::size_t>(id)]);
    if (const auto expected = search.expected_improvement()) REQUIRE_FALSE(std::isnan(*expected));
  }
  CHECK(search.stop() == StopReason::exhausted);
  for (std::size_t i = 0; i < times.size(); ++i) CHECK((times[i] > 0) == made.catalogue[i].excluded.empty());
  check_answer(search.answer());
  return asks;
}

void play_cases(int cases, std::uint64_t seed) {
  Random random(seed);
  for (int i = 0; i < cases; ++i) {
    const Case made = random_case(random);
    INFO("case " << i);
    const int asks = play_case(made, random);
    CHECK((asks > 0) == std::ranges::any_of(made.catalogue, [](const Candidate& candidate) { return candidate.excluded.empty(); }));
  }
}

}  // namespace

TEST_CASE("no search proposes what is used or excluded, gives up early, throws or makes a number that is none") { play_cases(1000, 1); }

TEST_CASE("no search does so in a hundred thousand cases", "[slow]") { play_cases(100000, 2); }
