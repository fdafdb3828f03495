#include "cherrypick/search.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <set>

#include "tests/cherrypick/support.hpp"

using namespace forerun;
using namespace forerun::cherrypick;

namespace {

Result run_of(int id) { return amdahl(id + 1); }

double cost(int id) { return (id + 1) * run_of(id).time.value(); }

int best_within(int count, double deadline_s) {
  int best = -1;
  for (int id = 0; id < count; ++id)
    if (run_of(id).time.value() <= deadline_s && (best < 0 || cost(id) < cost(best))) best = id;
  return best;
}

}  // namespace

TEST_CASE("ten candidates are run once each, and then the search is exhausted") {
  Search search(row_of_clusters(10), {});
  const std::vector<int> ids = play(search, 20, run_of);
  CHECK(ids.size() == 10);
  CHECK(std::set<int>(ids.begin(), ids.end()).size() == 10);
  CHECK(search.ask().empty());
  CHECK(search.stop() == StopReason::exhausted);
}

TEST_CASE("the cheapest cluster that meets a deadline is found among a hundred in twelve runs") {
  SearchOptions options;
  options.goal.deadline = Seconds(300);
  Search search(row_of_clusters(100), options);
  play(search, 12, run_of);
  const Answer answer = search.answer();
  REQUIRE(answer.best);
  const int expected = best_within(100, 300);
  CHECK(cost(answer.best->candidate) <= 1.03 * cost(expected));
  CHECK(run_of(answer.best->candidate).time <= Seconds(300));
  CHECK(answer.best->least_cost < answer.best->most_cost);
  CHECK(answer.runner_up);
}

TEST_CASE("the fastest cluster within a budget is found") {
  SearchOptions options;
  options.goal = {.objective = Objective::time, .budget = Dollars(1.5)};
  Search search(row_of_clusters(100), options);
  play(search, 14, run_of);
  double fastest = 1e9;
  for (int id = 0; id < 100; ++id)
    if (cost(id) / 3600 <= 1.5) fastest = std::min(fastest, run_of(id).time.value());
  const Answer answer = search.answer();
  REQUIRE(answer.best);
  CHECK(run_of(answer.best->candidate).time.value() <= 1.05 * fastest);
}

TEST_CASE("a front is found whose points no run beats") {
  SearchOptions options;
  options.goal.objective = Objective::front;
  Search search(row_of_clusters(60), options);
  play(search, 15, run_of);
  const Answer answer = search.answer();
  CHECK(answer.front.size() >= 5);
  for (std::size_t i = 1; i < answer.front.size(); ++i) {
    CHECK(cost(answer.front[i]) > cost(answer.front[i - 1]));
    CHECK(run_of(answer.front[i]).time < run_of(answer.front[i - 1]).time);
  }
  CHECK_FALSE(answer.chance_of_better);
}

TEST_CASE("what fails for lack of memory is kept away from, and counts as no better than the worst") {
  Search search(row_of_clusters(100), {});
  int failures = 0;
  play(search, 14, [&](int id) {
    if (id >= 8) return run_of(id);
    ++failures;
    return Result{Outcome::oom, Seconds(1)};
  });
  CHECK(failures <= 4);
  const Answer answer = search.answer();
  REQUIRE(answer.best);
  CHECK(cost(answer.best->candidate) <= 1.05 * cost(8));
}

TEST_CASE("an accident is tried once more at once, a second one is not, and neither is learned") {
  Search search(row_of_clusters(10), {});
  const int first = search.ask().front();
  search.tell(first, {Outcome::preempted, Seconds(5)});
  CHECK(search.ask() == std::vector<int>{first});
  search.tell(first, {Outcome::error, Seconds(5)});
  const std::vector<int> others = play(search, 20, run_of);
  CHECK(others.size() == 9);
  CHECK(std::find(others.begin(), others.end(), first) == others.end());
  CHECK(search.spent().value() > 0);
}

TEST_CASE("what is excluded is never asked for, and cannot be told") {
  Catalogue catalogue = row_of_clusters(10);
  for (int id = 0; id < 10; id += 2) catalogue[static_cast<std::size_t>(id)].excluded = "no quota";
  Search search(catalogue, {});
  for (const int id : play(search, 20, run_of)) CHECK(id % 2 == 1);
  CHECK_THROWS_AS(search.tell(0, run_of(0)), std::invalid_argument);
}

TEST_CASE("a batch names different candidates, and goes on while they are under way") {
  Search search(row_of_clusters(40), {});
  play(search, 3, run_of);
  const std::vector<int> batch = search.ask(4);
  CHECK(std::set<int>(batch.begin(), batch.end()).size() == 4);
  const std::vector<int> more = search.ask(1);
  CHECK(std::find(batch.begin(), batch.end(), more.front()) == batch.end());
  for (const int id : batch) search.tell(id, run_of(id));
  CHECK(search.trials().size() == 7);
}

TEST_CASE("the money, the runs or a small expected improvement end a search, and each says so") {
  SearchOptions options;
  options.stopping.runs = 4;
  Search by_runs(row_of_clusters(30), options);
  play(by_runs, 3, run_of);
  CHECK_FALSE(by_runs.stop());
  play(by_runs, 1, run_of);
  CHECK(by_runs.stop() == StopReason::runs);

  options.stopping = {.spend = Dollars(0.01)};
  Search by_money(row_of_clusters(30), options);
  play(by_money, 1, run_of);
  CHECK(by_money.stop() == StopReason::spent);

  Search by_improvement(row_of_clusters(30), {});
  int runs = 0;
  while (!by_improvement.stop()) play(by_improvement, 1, run_of), ++runs;
  CHECK(by_improvement.stop() == StopReason::improvement);
  CHECK(runs >= 6);
  CHECK(runs < 20);
  CHECK(*by_improvement.expected_improvement() < 0.01);
  CHECK(*by_improvement.answer().chance_of_better < 0.2);
}

TEST_CASE("a simulator that is right finds the best at once, and is trusted") {
  SearchOptions options;
  for (int id = 0; id < 50; ++id) options.predicted.push_back(run_of(id).time * 1.3);
  options.goal.objective = Objective::time;
  Search search(row_of_clusters(50), options);
  const std::vector<int> ids = play(search, 4, run_of);
  for (int id = 0; id < 50; ++id) CHECK(run_of(ids[0]).time <= run_of(id).time);
  CHECK(*search.answer().trust > 0.9);
}

TEST_CASE("dear candidates are put off where runs are charged for") {
  SearchOptions options;
  Search usual(row_of_clusters(100), options);
  options.per_dollar = 10;
  Search thrifty(row_of_clusters(100), options);
  play(usual, 10, run_of);
  play(thrifty, 10, run_of);
  CHECK(thrifty.spent() < usual.spent());
}

TEST_CASE("a candidate that is run again is known better") {
  Search search(row_of_clusters(30), {});
  play(search, 8, run_of);
  const int best = search.to_confirm().front();
  const Estimate before = *search.answer().best;
  for (int i = 0; i < 3; ++i) search.tell(best, run_of(best));
  const Estimate after = *search.answer().best;
  CHECK(after.most_cost - after.least_cost < before.most_cost - before.least_cost);
}

TEST_CASE("nonsense is refused") {
  CHECK_THROWS_AS(Search({}, {}), std::invalid_argument);
  Catalogue uneven = row_of_clusters(2);
  uneven[1].features.push_back(1);
  CHECK_THROWS_AS(Search(uneven, {}), std::invalid_argument);
  Catalogue free = row_of_clusters(2);
  free[0].rate = DollarsPerSecond(0);
  CHECK_THROWS_AS(Search(free, {}), std::invalid_argument);
  SearchOptions options;
  options.predicted.emplace_back(Seconds(1));
  CHECK_THROWS_AS(Search(row_of_clusters(2), options), std::invalid_argument);
  Search search(row_of_clusters(2), {});
  CHECK_THROWS_AS(search.tell(2, run_of(2)), std::invalid_argument);
  CHECK_THROWS_AS(search.tell(0, {Outcome::ok, Seconds(0)}), std::invalid_argument);
}

TEST_CASE("numbers that are none are refused wherever they come from") {
  const double none = std::nan("");
  Catalogue catalogue = row_of_clusters(2);
  catalogue[1].features[0] = none;
  CHECK_THROWS_AS(Search(catalogue, {}), std::invalid_argument);
  catalogue = row_of_clusters(2);
  catalogue[1].rate = DollarsPerSecond(std::numeric_limits<double>::infinity());
  CHECK_THROWS_AS(Search(catalogue, {}), std::invalid_argument);
  CHECK_THROWS_AS(Search(row_of_clusters(2), {.goal = {.deadline = Seconds(0)}}), std::invalid_argument);
  CHECK_THROWS_AS(Search(row_of_clusters(2), {.goal = {.budget = Dollars(none)}}), std::invalid_argument);
  CHECK_THROWS_AS(Search(row_of_clusters(2), {.first = {2}}), std::invalid_argument);
  CHECK_THROWS_AS(Search(row_of_clusters(2), {.first = {-1}}), std::invalid_argument);
  CHECK_THROWS_AS(Search(row_of_clusters(1), {.predicted = {Seconds(none)}}), std::invalid_argument);
  Search search(row_of_clusters(2), {});
  CHECK_THROWS_AS(search.tell(0, {Outcome::oom, Seconds(none)}), std::invalid_argument);
  CHECK_THROWS_AS(search.tell(0, {Outcome::ok, Seconds(std::numeric_limits<double>::infinity())}), std::invalid_argument);
  CHECK_THROWS_AS(search.tell(0, {Outcome::ok, Seconds(1), Dollars(none)}), std::invalid_argument);
  CHECK(search.trials().empty());
}

TEST_CASE("the smallest cluster is the second to run, unless there is a deadline") {
  const auto smallest = [](const Goal& goal) {
    int count = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Search search(row_of_clusters(20), {.goal = goal, .seed = seed});
      count += play(search, 2, run_of)[1] == 0 ? 1 : 0;
    }
    return count;
  };
  CHECK(smallest({}) == 20);
  CHECK(smallest({.deadline = Seconds(400)}) < 10);
}

TEST_CASE("a search with all that is left under way does not stop before it is told") {
  Search search(row_of_clusters(8), {});
  play(search, 6, run_of);
  const std::vector<int> last = search.ask(2);
  REQUIRE(last.size() == 2);
  CHECK_FALSE(search.stop());
  for (const int id : last) search.tell(id, run_of(id));
  CHECK(search.stop() == StopReason::exhausted);
}

TEST_CASE("runs that are under way do not change the answer") {
  Search search(row_of_clusters(40), {});
  play(search, 6, run_of);
  const Estimate before = *search.answer().best;
  search.ask(3);
  const Estimate after = *search.answer().best;
  CHECK(after.candidate == before.candidate);
  CHECK(after.least_cost == before.least_cost);
  CHECK(after.most_cost == before.most_cost);
}

TEST_CASE("a search that knows nothing yet has no answer and does not stop") {
  Search search(row_of_clusters(5), {});
  CHECK_FALSE(search.answer().best);
  CHECK_FALSE(search.stop());
  CHECK_FALSE(search.expected_improvement());
}

TEST_CASE("a search whose candidates are begun in the order in which another asked for them is the same search") {
  Search asked(row_of_clusters(30), {.seed = 5});
  Search begun(row_of_clusters(30), {.seed = 5});
  int round = 0;
  for (const int count : {1, 2, 1, 3, 1}) {
    const std::vector<int> ids = asked.ask(count);
    for (const int id : ids) begun.begin(id);
    for (const int id : ids) {
      const Result result = ++round == 4 ? Result{Outcome::preempted, Seconds(7)} : run_of(id);
      asked.tell(id, result), begun.tell(id, result);
    }
  }
  CHECK(begun.expected_improvement() == asked.expected_improvement());
  CHECK(begun.answer().best->least_cost == asked.answer().best->least_cost);
  CHECK(begun.ask(3) == asked.ask(3));
}

TEST_CASE("what is begun is named by no ask until it is told, and only what may run is begun") {
  Catalogue catalogue = row_of_clusters(3);
  catalogue[1].excluded = "too small";
  Search search(catalogue, {});
  search.begin(0), search.begin(0);
  CHECK(search.ask(3) == std::vector<int>{2});
  CHECK_THROWS_AS(search.begin(1), std::invalid_argument);
  CHECK_THROWS_AS(search.begin(3), std::invalid_argument);
  CHECK_THROWS_AS(search.begin(-1), std::invalid_argument);
}
