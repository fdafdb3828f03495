#include "cherrypick/replay_summary.hpp"

#include <algorithm>
#include <map>

#include "core/quantile.hpp"
#include "core/rank_correlation.hpp"

namespace forerun::cherrypick {
namespace {

double ratio_at(const Trajectory& trajectory, int runs) {
  const std::size_t last = std::min(trajectory.ratios.size(), static_cast<std::size_t>(runs));
  return trajectory.ratios[last - 1];
}

/// The mean over k draws without replacement of the least value of one job, over the best; `values` rising, of runs that went well.
double expected_ratio(const std::vector<double>& values, std::size_t configurations, std::size_t draws) {
  double left = 1;  // the chance that none of the values before is drawn
  double expected = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t others = configurations - i;
    const double drawn = draws >= others ? 1 : static_cast<double>(draws) / static_cast<double>(others);
    expected += left * drawn * values[i] / values.front();
    left *= 1 - drawn;
  }
  return expected + left * values.back() / values.front();
}

std::vector<double> mean_log_ratios(std::span<const Trajectory> trajectories, int runs) {
  std::map<int, std::vector<double>> by_job;
  for (const Trajectory& each : trajectories) by_job[each.job].push_back(ratio_at(each, runs));
  std::vector<double> logs;
  for (auto& [job, ratios] : by_job) logs.push_back(portable_log(spread_of(std::move(ratios)).mean));
  return logs;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  const double mean = mean_of(values);
  std::ranges::sort(values);
  return {mean, quantile(values, 0.5), quantile(values, 0.9)};
}

Spread ratio_after(std::span<const Trajectory> trajectories, int runs) {
  std::vector<double> values;
  for (const Trajectory& each : trajectories) values.push_back(ratio_at(each, runs));
  return spread_of(std::move(values));
}

Spread runs_to_5_percent(std::span<const Trajectory> trajectories) {
  std::vector<double> values;
  for (const Trajectory& each : trajectories) values.push_back(each.runs_to_5_percent);
  return spread_of(std::move(values));
}

RandomOrder exact_random(const std::vector<MeasuredJob>& jobs, Objective objective) {
  RandomOrder sum;
  for (const MeasuredJob& job : jobs) {
    std::vector<double> values;
    for (std::size_t i = 0; i < job.results.size(); ++i)
      if (job.results[i].outcome == Outcome::ok)
        values.push_back(job.results[i].time.value() * (objective == Objective::time ? 1 : job.rates[i].value()));
    std::ranges::sort(values);
    const auto good = std::ranges::count_if(values, [&](double value) { return value <= 1.05 * values.front(); });
    sum.ratio_after_6 += expected_ratio(values, job.results.size(), 6);
    sum.ratio_after_10 += expected_ratio(values, job.results.size(), 10);
    sum.ratio_after_15 += expected_ratio(values, job.results.size(), 15);
    sum.runs_to_5_percent += static_cast<double>(job.results.size() + 1) / static_cast<double>(good + 1);
  }
  const auto n = static_cast<double>(jobs.size());
  return {sum.ratio_after_6 / n, sum.ratio_after_10 / n, sum.ratio_after_15 / n, sum.runs_to_5_percent / n};
}

std::optional<double> rank_correlation(const MeasuredJob& job, Objective objective) {
  std::vector<double> predicted, measured;
  for (std::size_t i = 0; i < job.predicted.size(); ++i) {
    if (!job.predicted[i] || job.results[i].outcome != Outcome::ok) continue;
    const double rate = objective == Objective::time ? 1 : job.rates[i].value();
    predicted.push_back(rate * job.predicted[i]->value());
    measured.push_back(rate * job.results[i].time.value());
  }
  return forerun::rank_correlation(predicted, measured);
}

Advantage advantage(std::span<const Trajectory> of, std::span<const Trajectory> over, int runs) {
  std::vector<double> quotients = mean_log_ratios(of, runs);
  const std::vector<double> others = mean_log_ratios(over, runs);
  for (std::size_t i = 0; i < quotients.size(); ++i) quotients[i] -= others[i];
  Advantage found{.quotient = portable_exp(mean_of(quotients))};
  for (const double quotient : quotients) found.wins += quotient < 0 ? 1 : 0, found.losses += quotient > 0 ? 1 : 0;
  Random random(1);
  std::vector<double> samples;
  for (int sample = 0; sample < 2000; ++sample) {
    std::vector<double> drawn;
    for (std::size_t i = 0; i < quotients.size(); ++i) drawn.push_back(quotients[random.below(quotients.size())]);
    samples.push_back(portable_exp(mean_of(drawn)));
  }
  std::ranges::sort(samples);
  found.least = quantile(samples, 0.025);
  found.most = quantile(samples, 0.975);
  return found;
}

}  // namespace forerun::cherrypick
