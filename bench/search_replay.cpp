// Why: how many runs a search needs until it is within 5 % of the best configuration, beside a random order and plain GP-EI in the same
// harness (protocol P1, docs/search.md). Counts runs, not time.
//   build/release/bench/bench_search_replay validation/data
#include <cstdio>
#include <filesystem>
#include <string>

#include "cherrypick/replay_summary.hpp"
#include "cli/search_predictions.hpp"
#include "cli/search_table.hpp"

namespace {

using namespace forerun;
using namespace forerun::cherrypick;
using Jobs = std::vector<MeasuredJob>;
constexpr int kSeeds = 20;

void print_row(const std::string& name, const std::vector<Trajectory>& trajectories) {
  const auto text = [](const Spread& spread) {
    char line[64];
    std::snprintf(line, sizeof line, "%.3f/%.3f/%.3f", spread.mean, spread.median, spread.p90);
    return std::string(line);
  };
  const Spread runs = runs_to_5_percent(trajectories);
  std::printf("| %-34s | %s | %s | %s | %.1f / %.0f / %.0f |\n", name.c_str(), text(ratio_after(trajectories, 6)).c_str(),
              text(ratio_after(trajectories, 10)).c_str(), text(ratio_after(trajectories, 15)).c_str(), runs.mean, runs.median, runs.p90);
  std::fflush(stdout);
}

void print_methods(const std::string& set, const Jobs& jobs, Protocol protocol) {
  std::printf("\n%s: ratio after 6, 10, 15 runs (mean/median/p90) | runs to 5 %%: mean / median / p90\n", set.c_str());
  const RandomOrder random = exact_random(jobs, protocol.objective);
  std::printf("| %-34s | %.3f | %.3f | %.3f | %.1f |\n", "random, exact", random.ratio_after_6, random.ratio_after_10,
              random.ratio_after_15, random.runs_to_5_percent);
  constexpr std::pair<const char*, Method> methods[] = {{"random, 20 seeds", Method::random},
                                                        {"plain GP-EI", Method::plain},
                                                        {"ours, cold", Method::cold},
                                                        {"ours, history", Method::history},
                                                        {"ours, history permuted", Method::shuffled}};
  std::vector<Trajectory> plain;
  for (const auto& [name, method] : methods) {
    protocol.method = method;
    protocol.seeds = method == Method::history ? 1 : kSeeds;  // nothing is drawn: all are the same
    const std::vector<Trajectory> trajectories = replay(jobs, protocol);
    print_row(name, trajectories);
    if (method == Method::plain) plain = trajectories;
    if (method != Method::cold && method != Method::history) continue;
    const Advantage over = advantage(trajectories, plain, 10);
    std::printf("  ratio at 10 runs over plain GP-EI's, geometric mean over jobs: %.3f [%.3f, %.3f], %d wins, %d losses\n", over.quotient,
                over.least, over.most, over.wins, over.losses);
  }
}

void print_means(const std::string& name, const std::vector<Trajectory>& trajectories) {
  Trajectory sum;
  for (const Trajectory& each : trajectories) {
    sum.violations_of_10 += each.violations_of_10;
    sum.runs_at_stop += each.runs_at_stop;
    sum.ratio_at_stop += each.ratio_at_stop;
    sum.answer_of_10 += each.answer_of_10;
  }
  const auto n = static_cast<double>(trajectories.size());
  print_row(name, trajectories);
  std::printf("  in the first ten runs failed or late: %.2f; ratio of the answer after ten: %.3f", sum.violations_of_10 / n,
              sum.answer_of_10 / n);
  if (sum.runs_at_stop > 0) std::printf("; stopped after %.1f runs at %.3f", sum.runs_at_stop / n, sum.ratio_at_stop / n);
  std::printf("\n");
}

void print_special(const Jobs& scout, const Jobs& ec2) {
  std::printf("\nDeadline = median time\n");
  print_means("Scout, random", replay(scout, {.method = Method::random, .deadline_share = 0.5}));
  print_means("Scout, plain GP-EI", replay(scout, {.method = Method::plain, .deadline_share = 0.5}));
  print_means("Scout, cold", replay(scout, {.deadline_share = 0.5}));
  print_means("Scout, history", replay(scout, {.method = Method::history, .seeds = 1, .deadline_share = 0.5}));
  print_means("CherryPick, cold", replay(ec2, {.most_runs = 40, .deadline_share = 0.5}));
  print_means("CherryPick, history", replay(ec2, {.method = Method::history, .seeds = 1, .most_runs = 40, .deadline_share = 0.5}));
  std::printf("\nStop at an expected improvement below 1 %%, six runs at least\n");
  for (const auto& [name, method] : {std::pair("Scout, plain GP-EI", Method::plain), std::pair("Scout, cold", Method::cold),
                                     std::pair("Scout, history", Method::history)})
    print_means(name, replay(scout, {.method = method, .stop_improvement = 0.01}));
  std::printf("\nRuns scatter by 10 %%\n");
  print_means("Scout, history", replay(scout, {.method = Method::history, .noise = 0.1}));
  print_means("Scout, history, two confirmed", replay(scout, {.method = Method::history, .noise = 0.1, .confirm = 2}));
  std::printf("\nA simulator with a smooth error, deviation of the logarithm\n");
  for (const double error : {0.05, 0.1, 0.2, 0.4, 0.8}) {
    char name[64];
    std::snprintf(name, sizeof name, "Scout, error %.2f", error);
    print_row(name, replay(scout, {.simulator_error = error}));
    std::snprintf(name, sizeof name, "CherryPick, error %.2f", error);
    print_row(name, replay(ec2, {.most_runs = 40, .simulator_error = error}));
  }
}

/// Searches that know what an engine said of each configuration, which never saw a measured run (search_tensorflow_predicted.md).
void print_predicted(Jobs jobs, const std::filesystem::path& predictions, const char* column) {
  add_predictions(predictions, jobs, column);
  std::printf("\nTensorFlow, predictions of %s, column %s\n", predictions.filename().c_str(), column);
  for (const MeasuredJob& job : jobs)
    std::printf("  %s: rank correlation of times %.2f, of costs %.2f\n", job.name.c_str(),
                rank_correlation(job, Objective::time).value_or(0), rank_correlation(job, Objective::cost).value_or(0));
  print_row("both, cost, cold", replay(jobs, {.seeds = kSeeds, .most_runs = 40}));
  const std::vector<Trajectory> predicted = replay(jobs, {.method = Method::predicted, .seeds = 1, .most_runs = 40});
  for (std::size_t i = 0; i < jobs.size(); ++i) print_row(jobs[i].name + ", cost", {predicted[i]});
  print_row("both, cost", predicted);
  print_row("both, time, cold", replay(jobs, {.objective = Objective::time, .seeds = kSeeds, .most_runs = 40}));
  print_row("both, time", replay(jobs, {.method = Method::predicted, .objective = Objective::time, .seeds = 1, .most_runs = 40}));
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: bench_search_replay validation/data\n");
    return 2;
  }
  const std::filesystem::path folder = arguments[1];
  const Jobs scout = read_search_table(folder / "search_scout.csv");
  const Jobs all = read_search_table(folder / "search_cherrypick.csv");
  const Jobs tensorflow = read_search_table(folder / "search_tensorflow.csv");
  Jobs ec2;
  for (const MeasuredJob& job : all) ec2.push_back(keep_if(job, [](const Description& of) { return of.nodes * of.units_per_node > 16; }));
  print_methods("Scout, cost", scout, {});
  print_methods("Scout, time", scout, {.objective = Objective::time});
  print_methods("CherryPick's three jobs, all rows, cost", all, {.most_runs = 40});
  print_methods("CherryPick's three jobs, more than 16 cores, cost", ec2, {.most_runs = 40});
  print_methods("TensorFlow, two networks, cost", tensorflow, {.most_runs = 40});
  print_predicted(tensorflow, folder / "search_tensorflow_predicted.csv", "seconds");
  print_predicted(tensorflow, folder / "search_tensorflow_predicted.csv", "per_update_s");
  print_special(scout, ec2);
}
