#include "cherrypick/replay.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "cherrypick/replay_starts.hpp"
#include "core/quantile.hpp"

namespace forerun::cherrypick {
namespace {

constexpr int kLeastRuns = 15;
constexpr double kNear = 1.05;

/// What a trajectory is measured against.
struct Truth {
  Goal goal;
  std::vector<double> values;                             ///< cost or time of each run that went well
  double best = std::numeric_limits<double>::infinity();  ///< within the limits
  double worst = 0;
};

double value_of(const Candidate& candidate, const Result& result, Objective objective) {
  return objective == Objective::time ? result.time.value() : cost_of(candidate, result).value();
}

Catalogue catalogue_of(const MeasuredJob& job, Encoding encoding) {
  Catalogue catalogue;
  const auto features = encode(job.descriptions, encoding);
  for (std::size_t i = 0; i < job.results.size(); ++i)
    catalogue.push_back({.name = job.configurations[i],
                         .rate = job.rates[i],
                         .features = features[i],
                         .memory = job.descriptions[i].memory_gib_per_node * job.descriptions[i].nodes});
  return catalogue;
}

Truth truth_of(const MeasuredJob& job, const Catalogue& catalogue, const Protocol& protocol) {
  Truth truth;
  truth.goal.objective = protocol.objective;
  std::vector<double> times;
  for (const Result& result : job.results)
    if (result.outcome == Outcome::ok) times.push_back(result.time.value());
  std::ranges::sort(times);
  if (protocol.deadline_share > 0 && !times.empty()) truth.goal.deadline = Seconds(quantile(times, protocol.deadline_share));
  for (std::size_t i = 0; i < job.results.size(); ++i) {
    const double value = value_of(catalogue[i], job.results[i], protocol.objective);
    truth.values.push_back(value);
    if (is_feasible(truth.goal, catalogue[i], job.results[i])) truth.best = std::min(truth.best, value);
    if (job.results[i].outcome == Outcome::ok) truth.worst = std::max(truth.worst, value);
  }
  return truth;
}

/// The jobs of other groups on this job's configurations.
std::vector<PastJob> history_of(const std::vector<MeasuredJob>& jobs, const MeasuredJob& job, bool shuffled, Random& random) {
  std::vector<PastJob> history;
  for (const MeasuredJob& other : jobs) {
    if (other.group == job.group) continue;
    PastJob past(job.configurations.size());
    std::vector<std::size_t> known;
    for (std::size_t i = 0; i < past.size(); ++i) {
      const auto found = std::ranges::find(other.configurations, job.configurations[i]);
      if (found == other.configurations.end()) continue;
      const auto j = static_cast<std::size_t>(found - other.configurations.begin());
      past[i] = other.results[j];
      if (!past[i]->cost) past[i]->cost = other.rates[j] * past[i]->time;  // at the price of that time
      known.push_back(i);
    }
    for (std::size_t i = known.size(); shuffled && i > 1; --i) std::swap(past[known[i - 1]], past[known[random.below(i)]]);
    history.push_back(std::move(past));
  }
  return history;
}

SearchOptions options_of(const std::vector<MeasuredJob>& jobs, std::size_t which, const Catalogue& catalogue, const Truth& truth,
                         const Protocol& protocol, Random& random) {
  SearchOptions options{.goal = truth.goal, .seed = static_cast<std::uint64_t>(random.uniform() * 0x1p53)};
  options.stopping.improvement = protocol.stop_improvement;
  if (protocol.method == Method::plain) {
    options.surrogate = {.prior = {.flat = true}, .random_starts = 3};
    options.first = sobol_starts(catalogue, 3, random);
  } else if (protocol.method == Method::random) {
    options.first = permutation(catalogue.size(), random);
  } else if (protocol.method == Method::predicted) {
    options.predicted = jobs[which].predicted;
  } else if (protocol.method != Method::cold) {
    options.history = history_of(jobs, jobs[which], protocol.method == Method::shuffled, random);
  }
  if (protocol.simulator_error >= 0) {
    const std::vector<double> errors = smooth_errors(catalogue, random);
    for (std::size_t i = 0; i < catalogue.size(); ++i)
      options.predicted.push_back(jobs[which].results[i].time * portable_exp(protocol.simulator_error * errors[i]));
  }
  return options;
}

/// Runs one search to its end and measures it.
class Replay {
 public:
  Replay(const std::vector<MeasuredJob>& jobs, std::size_t which, const Protocol& protocol, std::uint64_t seed)
      : job_(jobs[which]),
        protocol_(protocol),
        random_(seed, which),
        catalogue_(catalogue()),
        truth_(truth_of(job_, catalogue_, protocol)) {
    trajectory_.job = static_cast<int>(which);
    SearchOptions options = options_of(jobs, which, catalogue_, truth_, protocol, random_);
    if (protocol.simulator_error >= 0)
      for (std::size_t i = 0; i < catalogue_.size(); ++i)
        if (job_.results[i].outcome != Outcome::ok) catalogue_[i].excluded = "does not fit";
    search_.emplace(catalogue_, std::move(options));
  }

  Trajectory run() {
    const int count = static_cast<int>(job_.results.size());
    const int most = protocol_.most_runs > 0 ? std::min(protocol_.most_runs, count) : count;
    trajectory_.runs_to_5_percent = most;
    bool near = false;
    bool stopped = protocol_.stop_improvement <= 0;
    for (int runs = 1; runs <= most && !(near && stopped && runs > kLeastRuns); ++runs) {
      if (protocol_.confirm > 0 && runs == 11 - protocol_.confirm) {
        for (const int id : search_->to_confirm(protocol_.confirm)) step(id, runs++);
        trajectory_.answer_of_10 = answer_ratio();
      }
      const std::vector<int> asked = protocol_.method == Method::random ? next_of_permutation() : next_of_search();
      if (asked.empty()) break;
      step(asked.front(), runs);
      if (!near && trajectory_.ratios.back() <= kNear) near = true, trajectory_.runs_to_5_percent = runs;
      if (runs == 10 && protocol_.confirm == 0) trajectory_.answer_of_10 = answer_ratio();
      if (!stopped && search_->stop()) {
        stopped = true;
        trajectory_.runs_at_stop = runs;
        trajectory_.ratio_at_stop = trajectory_.ratios.back();
      }
    }
    if (!stopped)
      trajectory_.runs_at_stop = static_cast<int>(trajectory_.ratios.size()), trajectory_.ratio_at_stop = trajectory_.ratios.back();
    if (trajectory_.ratios.size() < 10) trajectory_.answer_of_10 = answer_ratio();
    return std::move(trajectory_);
  }

 private:
  [[nodiscard]] Catalogue catalogue() const {
    return catalogue_of(job_, protocol_.method == Method::plain ? Encoding::counts : Encoding::totals);
  }

  std::vector<int> next_of_permutation() { return {search_->options().first[trajectory_.ratios.size()]}; }

  /// An accident is tried once more, but was measured once: the table says the same again, at no further run.
  std::vector<int> next_of_search() {
    std::vector<int> asked = search_->ask();
    const auto has_run = [&](const Trial& trial) { return trial.candidate == asked.front(); };
    while (!asked.empty() && std::ranges::any_of(search_->trials(), has_run)) {
      search_->tell(asked.front(), job_.results[static_cast<std::size_t>(asked.front())]);
      asked = search_->ask();
    }
    return asked;
  }

  void step(int id, int runs) {
    const auto i = static_cast<std::size_t>(id);
    Result result = job_.results[i];
    const bool feasible = is_feasible(truth_.goal, catalogue_[i], result);
    if (feasible) best_ = std::min(best_, truth_.values[i]);
    if (runs <= 10 && !feasible) ++trajectory_.violations_of_10;
    trajectory_.ratios.push_back(std::isfinite(best_) ? best_ / truth_.best : truth_.worst / truth_.best);
    if (protocol_.method == Method::random) return;
    const double factor = portable_exp(protocol_.noise * random_.normal());
    result.time *= factor;
    if (result.cost) *result.cost *= factor;
    search_->tell(id, result);
  }

  [[nodiscard]] double answer_ratio() const {
    if (protocol_.method == Method::random) return trajectory_.ratios.back();
    const std::vector<int> best = search_->to_confirm(1);
    return best.empty() ? truth_.worst / truth_.best : truth_.values[static_cast<std::size_t>(best.front())] / truth_.best;
  }

  const MeasuredJob& job_;
  const Protocol& protocol_;
  Random random_;
  Catalogue catalogue_;
  Truth truth_;
  std::optional<Search> search_;
  Trajectory trajectory_;
  double best_ = std::numeric_limits<double>::infinity();
};

}  // namespace

MeasuredJob keep_if(const MeasuredJob& job, const std::function<bool(const Description&)>& wanted) {
  MeasuredJob kept{.name = job.name, .group = job.group};
  for (std::size_t i = 0; i < job.results.size(); ++i) {
    if (!wanted(job.descriptions[i])) continue;
    kept.configurations.push_back(job.configurations[i]);
    kept.descriptions.push_back(job.descriptions[i]);
    kept.rates.push_back(job.rates[i]);
    kept.results.push_back(job.results[i]);
    if (!job.predicted.empty()) kept.predicted.push_back(job.predicted[i]);
  }
  return kept;
}

std::vector<Trajectory> replay(const std::vector<MeasuredJob>& jobs, const Protocol& protocol) {
  std::vector<Trajectory> trajectories;
  for (std::size_t which = 0; which < jobs.size(); ++which)
    for (int seed = 0; seed < protocol.seeds; ++seed)
      trajectories.push_back(Replay(jobs, which, protocol, static_cast<std::uint64_t>(seed)).run());
  return trajectories;
}

}  // namespace forerun::cherrypick
