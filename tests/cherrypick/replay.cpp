#include "cherrypick/replay.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "cherrypick/replay_starts.hpp"
#include "cherrypick/replay_summary.hpp"
#include "tests/cherrypick/support.hpp"

using namespace forerun;
using namespace forerun::cherrypick;

namespace {

MeasuredJob job(std::string name, double work) {
  MeasuredJob made{.name = name, .group = name};
  for (int nodes = 1; nodes <= 24; ++nodes) {
    made.configurations.push_back(std::to_string(nodes));
    made.descriptions.push_back({.nodes = static_cast<double>(nodes), .units_per_node = 4, .memory_gib_per_node = 16});
    made.rates.emplace_back(nodes / 3600.0);
    made.results.push_back({nodes < 3 ? Outcome::oom : Outcome::ok, Seconds(60 + work / nodes + 5.0 * nodes)});
  }
  return made;
}

const std::vector<MeasuredJob> kJobs{job("a", 3000), job("b", 9000), job("c", 20000)};

}  // namespace

TEST_CASE("a ratio never rises, and reaches one once all configurations ran") {
  for (const Method method : {Method::random, Method::plain, Method::cold, Method::history, Method::shuffled})
    for (const Trajectory& each : replay(kJobs, {.method = method, .seeds = 2})) {
      REQUIRE_FALSE(each.ratios.empty());
      for (std::size_t k = 1; k < each.ratios.size(); ++k) CHECK(each.ratios[k] <= each.ratios[k - 1]);
      CHECK(each.ratios.back() <= 1.05);
      CHECK(each.runs_to_5_percent >= 1);
      CHECK(each.runs_to_5_percent <= 24);
    }
}

TEST_CASE("an accident of the table is one run, though a search tries it again") {
  const std::size_t count = kJobs.front().results.size();
  for (std::size_t best = 0; best < count; ++best) {
    MeasuredJob unlucky = kJobs.front();
    for (Result& result : unlucky.results) result.outcome = Outcome::error;
    unlucky.results[best] = {Outcome::ok, Seconds(1)};
    unlucky.results[(best + 1) % count] = {Outcome::ok, Seconds(1000)};
    for (const Trajectory& each : replay({unlucky}, {.objective = Objective::time, .seeds = 1}))
      CHECK(each.ratios.back() == 1);  // every configuration within as many runs as there are
  }
}

TEST_CASE("a search by a model needs fewer runs than a random order") {
  const auto runs = [](Method method) { return runs_to_5_percent(replay(kJobs, {.method = method, .seeds = 5})).mean; };
  CHECK(runs(Method::cold) < 0.9 * runs(Method::random));
}

TEST_CASE("a search that knows what each run takes begins with the best, and a wrong prediction costs it runs") {
  std::vector<MeasuredJob> known = kJobs, wrong = kJobs;
  for (std::size_t i = 0; i < known.size(); ++i)
    for (const Result& result : kJobs[i].results) {
      known[i].predicted.emplace_back(result.time);
      wrong[i].predicted.emplace_back(Seconds(1 / result.time.value()));
    }
  const auto runs = [](const std::vector<MeasuredJob>& jobs) {
    return runs_to_5_percent(replay(jobs, {.method = Method::predicted, .objective = Objective::time, .seeds = 1})).mean;
  };
  CHECK(runs(known) == 1);
  CHECK(runs(wrong) > 2);
  const MeasuredJob kept = keep_if(known.front(), [](const Description& of) { return of.nodes > 20; });
  CHECK(kept.predicted == std::vector<std::optional<Seconds>>{known.front().predicted.begin() + 20, known.front().predicted.end()});
}

TEST_CASE("what a model calls impossible by saying nothing is still run in the end") {
  MeasuredJob half = kJobs.front();
  for (std::size_t i = 0; i < half.results.size(); ++i)
    half.predicted.push_back(i % 2 == 0 ? std::optional(half.results[i].time) : std::nullopt);
  const std::vector<Trajectory> found = replay({half}, {.method = Method::predicted, .seeds = 1});
  CHECK(found.front().ratios.back() <= 1.05);
}

TEST_CASE("a model is not told which runs fail") {
  MeasuredJob job = kJobs.front();
  for (std::size_t i = 0; i < job.results.size(); ++i) job.predicted.emplace_back(Seconds(100.0 + static_cast<double>(i)));
  // The first two run out of memory, and are what it calls the fastest and cheapest.
  CHECK(replay({job}, {.method = Method::predicted, .seeds = 1}).front().violations_of_10 > 0);
}

TEST_CASE("a rank correlation is one in the same order, minus one in the other, and leaves failures out") {
  MeasuredJob one{.name = "a", .group = "a", .configurations = {"a", "b", "c", "d"}};
  for (const double seconds : {10, 20, 40, 1}) one.results.push_back({Outcome::ok, Seconds(seconds)});
  one.results.back().outcome = Outcome::oom;
  for (const double rate : {1, 1, 1, 1}) one.rates.emplace_back(rate);
  const auto with = [&](std::vector<double> seconds) {
    one.predicted.clear();
    for (const double each : seconds) one.predicted.emplace_back(Seconds(each));
    return rank_correlation(one, Objective::time);
  };
  CHECK(with({1, 2, 3, 9}) == Approx(1));
  CHECK(with({9, 5, 1, 9}) == Approx(-1));
  CHECK(with({1, 1, 3, 9}) == Approx(std::sqrt(0.75)));  // ranks 0.5, 0.5, 2 with 0, 1, 2
  CHECK_FALSE(with({7, 7, 7, 9}));
  one.results.back() = {Outcome::ok, Seconds(80)};
  CHECK(with({1, 2, 2, 3}) == Approx(std::sqrt(0.9)));  // ranks 0, 1.5, 1.5, 3
  one.results.back().outcome = Outcome::oom;
  one.predicted = {Seconds(1), std::nullopt, Seconds(5), std::nullopt};
  CHECK(rank_correlation(one, Objective::time) == Approx(1));
  one.rates.front() = DollarsPerSecond(4.5);  // 45 against 40 dollars were paid, 4.5 against 5 predicted
  CHECK(rank_correlation(one, Objective::cost) == Approx(-1));
}

TEST_CASE("random orders come to their exact mean") {
  const RandomOrder exact = exact_random(kJobs, Objective::time);
  const std::vector<Trajectory> drawn = replay(kJobs, {.method = Method::random, .objective = Objective::time, .seeds = 2000});
  CHECK(runs_to_5_percent(drawn).mean == Approx(exact.runs_to_5_percent).epsilon(0.03));
  CHECK(ratio_after(drawn, 6).mean == Approx(exact.ratio_after_6).epsilon(0.01));
  CHECK(ratio_after(drawn, 15).mean == Approx(exact.ratio_after_15).epsilon(0.01));
}

TEST_CASE("past jobs are judged at the prices that they had") {
  const auto priced = [](std::string name, std::vector<double> rates) {
    MeasuredJob made{
        .name = name, .group = name, .configurations = {"a", "b", "c"}, .descriptions = {{.nodes = 1}, {.nodes = 2}, {.nodes = 4}}};
    for (const double rate : rates) made.rates.emplace_back(rate);
    for (const double seconds : {10, 20, 40}) made.results.push_back({Outcome::ok, Seconds(seconds)});
    return made;
  };
  const std::vector<Trajectory> found =
      replay({priced("now", {1, 1, 1}), priced("then", {8, 3, 0.1})}, {.method = Method::history, .seeds = 1});
  CHECK(found[0].ratios.front() == Approx(4));  // the last was cheapest then
}

TEST_CASE("a simulator's error has no offset, and the deviation that it is said to have") {
  Random random(3);
  const std::vector<double> errors = smooth_errors(row_of_clusters(30), random);
  double sum = 0;
  double squares = 0;
  for (const double error : errors) sum += error, squares += error * error;
  CHECK(sum / 30 == Approx(0).margin(1e-12));
  CHECK(squares / 30 == Approx(1));
}

TEST_CASE("a simulator without error names the best first") {
  for (const Trajectory& each : replay(kJobs, {.seeds = 2, .simulator_error = 0})) CHECK(each.runs_to_5_percent == 1);
}

TEST_CASE("the answer of ten runs is one of the ten, and an advantage over itself is one") {
  const std::vector<Trajectory> trajectories = replay(kJobs, {.seeds = 3});
  for (const Trajectory& each : trajectories) CHECK(each.answer_of_10 >= each.ratios[9]);
  const Advantage same = advantage(trajectories, trajectories, 10);
  CHECK(same.quotient == 1);
  CHECK(same.wins + same.losses == 0);
}

TEST_CASE("a search that does not stop counts all its runs, and a short one has an answer") {
  for (const Trajectory& each : replay(kJobs, {.seeds = 1, .most_runs = 8, .stop_improvement = 1e-300})) {
    CHECK(each.runs_at_stop == static_cast<int>(each.ratios.size()));
    CHECK(each.ratio_at_stop == each.ratios.back());
    CHECK(each.answer_of_10 >= each.ratios.back());
  }
}

TEST_CASE("a deadline leaves slower configurations out of the best") {
  int late = 0;
  for (const Trajectory& each : replay(kJobs, {.method = Method::random, .seeds = 20, .deadline_share = 0.5})) {
    CHECK(each.ratios.back() <= 1.05);
    late += each.violations_of_10;
  }
  CHECK(late / 60.0 == Approx(10 * 13.0 / 24).epsilon(0.1));  // two fail and eleven of the other 22 are late
}
