#include <algorithm>
#include <variant>

#include "core/error.hpp"
#include "core/random.hpp"
#include "costs/loading.hpp"
#include "costs/summary.hpp"
#include "io/format.hpp"
#include "sim/interactions.hpp"
#include "sim/jobs.hpp"
#include "sim/predictor.hpp"
#include "sim/simulate.hpp"
#include "sim/slow_links.hpp"
#include "strategies/lower.hpp"
#include "strategies/run_times.hpp"

// From scenarios that share a network to their predictions.
namespace forerun::sim {

namespace {

constexpr int kLeastSteps = 8;
// Each step of the fastest job is played, and kept: so many of them to one of the slowest are a minute and some hundred megabytes.
constexpr double kMostApart = 1e5;

/// Uniform in [0, 1).
double begin_draw(std::uint64_t seed, std::size_t job) { return unit_interval(mix_bits(mix_bits(seed) ^ job)); }

struct Lowered {
  StepPlan plan;
  std::vector<OperationCost> costs;
};

void refuse_far_apart(std::span<const Scenario> jobs, std::span<const JobPrediction> predictions) {
  const auto [least, most] = std::ranges::minmax_element(predictions, {}, [](const JobPrediction& each) { return *each.alone.step_time; });
  if (*most->alone.step_time <= kMostApart * *least->alone.step_time) return;
  const auto fast = static_cast<std::size_t>(least - predictions.begin()), slow = static_cast<std::size_t>(most - predictions.begin());
  throw MissingCapability(
      forerun::format("a step of {} is more than {:.0f} times as long as one of {}: such jobs are not played side by side",
                      job_name(jobs[slow], slow), kMostApart, job_name(jobs[fast], fast)));
}

Prediction held_up(const Prediction& by, const Scenario& scenario, std::size_t index) {
  Prediction prediction = by;
  prediction.reason = job_name(scenario, index) + " cannot run: " + by.reason;
  return prediction;
}

/// Of steps beside other jobs, with what a checkpoint costs alone.
RunTimes run_times(const Scenario& job, const StepPlan& plan, const Prediction& alone, const StepTime& time) {
  RunTimes times{.step = time.step, .parts = time.parts};
  times.assumptions = loading_assumptions(job, source_after(job, plan));
  if (!alone.checkpoint_write) return times;
  const std::int64_t count = alone.steps.value_or(0) / *job.run.checkpoints.interval;
  times.checkpoint = {.stall = count > 0 ? *alone.checkpoint_stall / static_cast<double>(count) : Seconds(0),
                      .write = *alone.checkpoint_write,
                      .bytes = *alone.checkpoint_bytes};
  times.assumptions.emplace_back("checkpoints take as long as without other jobs");
  return times;
}

// They go on over and over: those that run for several epochs are past their first.
std::vector<Scenario> past_first_epoch(std::span<const Scenario> jobs) {
  std::vector<Scenario> going_on(jobs.begin(), jobs.end());
  for (Scenario& job : going_on) {
    const auto lowered = lower(job);
    if (const auto* plan = std::get_if<StepPlan>(&lowered)) job.input.source = source_after(job, *plan).value_or(job.input.source);
  }
  return going_on;
}

}  // namespace

std::vector<JobPrediction> predict_together(std::span<const Scenario> given, Mode mode) {
  const std::vector<Scenario> jobs = past_first_epoch(given);
  std::vector<JobPrediction> predictions(jobs.size());
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    if (goes_apart(jobs[j])) throw MissingCapability(job_name(jobs[j], j) + ": workers that wait for nobody are not played beside others");
    if (SlowLinks::last_change_s(jobs[j].platform.slow_links) > 0)
      throw MissingCapability(job_name(jobs[j], j) + ": slow-links that begin or end during a run are not played beside other jobs");
    predictions[j].alone = predictions[j].together = predict(jobs[j], mode);
  }
  for (std::size_t j = 0; j < jobs.size(); ++j)
    if (predictions[j].alone.status != Status::ok) {
      for (JobPrediction& each : predictions) each.together = held_up(predictions[j].alone, jobs[j], j);
      return predictions;
    }
  refuse_far_apart(jobs, predictions);
  std::vector<Lowered> lowered;
  std::vector<PlannedJob> planned;
  for (const Scenario& job : jobs) {
    lowered.push_back({std::get<StepPlan>(lower(job)), {}});
    lowered.back().costs = price(lowered.back().plan, job);
  }
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    const Seconds alone = *predictions[j].alone.step_time;
    const double begins = j == 0 ? 0 : begin_draw(jobs.front().run.seed, j);
    planned.push_back({lowered[j].plan, lowered[j].costs, jobs[j].platform, begins * alone, alone, jobs[j].run.seed,
                       jobs[j].calibration->overlap.factor});
  }
  const std::vector<PlayedBeside> played = play_together(planned, mode, kLeastSteps);
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    Prediction& together = predictions[j].together;
    // Start-up is that of the run alone, with its first epoch.
    const auto own = std::get<StepPlan>(lower(given[j]));
    together = summarize(given[j], own, price(own, given[j]), run_times(jobs[j], lowered[j].plan, predictions[j].alone, played[j].time));
    together.engine = predictions[j].alone.engine;
    together.origin = predictions[j].alone.origin;
    for (std::string& assumption : interactions(jobs[j])) together.assumptions.push_back(std::move(assumption));
    if (jobs[j].input.source != given[j].input.source)
      together.assumptions.emplace_back(
          "alone and beside the others all steps are those of later epochs; the first epoch, which reads from storage, may take longer");
    together.assumptions.push_back(forerun::format(
        "{} beside it on the network, all over and over, begun at dates drawn from the seed; the mean of {} steps, {} {} of the job played",
        jobs.size() == 2 ? "another job" : forerun::format("{} jobs", jobs.size() - 1), counted(played[j].steps), counted(played[j].flows),
        mode == Mode::message ? "messages" : "flows"));
  }
  return predictions;
}

}  // namespace forerun::sim
