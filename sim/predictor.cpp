#include "sim/predictor.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include "core/error.hpp"
#include "costs/summary.hpp"
#include "io/format.hpp"
#include "sim/interactions.hpp"
#include "sim/player.hpp"
#include "sim/program.hpp"
#include "sim/server_predictor.hpp"
#include "sim/slow_links.hpp"
#include "sim/span.hpp"
#include "sim/steps.hpp"
#include "strategies/run_times.hpp"

namespace forerun::sim {

namespace {

constexpr std::int64_t kFirstSteps = 4;
constexpr std::int64_t kMostPlayedSteps = 64;
constexpr int kJitterSteps = 16;

struct Answered {
  StepTime time;
  std::vector<std::string> assumptions;
};

using PlaySteps = std::function<Played(std::int64_t)>;

Answered play_jittered(const PlaySteps& play_steps, const Span& span, double jitter) {
  const std::string jittered = "compute times jittered by up to " + percent(jitter);
  for (std::int64_t steps = span.first(kJitterSteps);;) {
    const Played played = play_steps(steps);
    if (steps == span.run()) return {step_time(played, span.run(), 0), {jittered}};
    if (span.settled(played, kJitterSteps - 1))
      return {step_time(played, span.run(), kJitterSteps - 1),
              {forerun::format("{}; {} steps simulated, the mean of {} goes on", jittered, steps,
                               steps == kJitterSteps ? "all but the first" : forerun::format("the last {}", kJitterSteps - 1))}};
    steps = span.more(played);
  }
}

Answered play_until_they_repeat(const PlaySteps& play_steps, const Span& span) {
  for (std::int64_t steps = span.first(kFirstSteps);;) {
    const Played played = play_steps(steps);
    if (steps == span.run()) return {step_time(played, span.run(), 0), {}};
    if (const int period = find_period(played); period > 0 && span.settled(played, 3 * period))
      return {step_time(played, span.run(), period), {forerun::format("{} steps simulated, after which they repeat", steps)}};
    if (steps >= kMostPlayedSteps && span.settled(played, steps / 2))
      return {step_time(played, span.run(), static_cast<int>(steps / 2)),
              {forerun::format("{} steps simulated without repeating; the mean of the later half goes on", steps)}};
    steps = span.more(played);
  }
}

std::string flows_text(const Played& played, Mode mode) {
  if (played.flows == 0) return "";
  if (mode == Mode::message) return counted(played.flows) + " messages played, each by itself";
  std::string text = counted(played.flows) + " flows played";
  if (played.copies > 1) text += forerun::format("; each rank that is played stands for {} to which the same happens", played.copies);
  return text;
}

/// A step of the run that the plan counts.
Answered time_steps(Network& network, const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs, Mode mode,
                    const ProgressCallback& progress) {
  const Program program = compile(plan);
  std::string flows;
  const PlaySteps play_steps = [&](std::int64_t steps) {
    PlayOptions options;
    options.steps = steps;
    options.mode = mode;
    options.seed = scenario.run.seed;
    options.progress = progress;
    options.overlap_slowdown = scenario.calibration->overlap.factor;
    Played played = Player(plan, program, costs, scenario.platform, options, network).play();
    flows = flows_text(played, mode);
    return played;
  };
  const Span span(plan.step.count, scenario.platform.slow_links);
  const double jitter = scenario.platform.compute_jitter;
  Answered answered = jitter > 0 ? play_jittered(play_steps, span, jitter) : play_until_they_repeat(play_steps, span);
  if (!flows.empty()) answered.assumptions.push_back(flows);
  return answered;
}

}  // namespace

bool goes_apart(const Scenario& scenario) {
  const Strategy& strategy = scenario.strategy;
  if (strategy.servers == 0) return false;
  return strategy.updates == Updates::asynchronous || (!scenario.platform.devices_alike() && !strategy.node_reduction);
}

void require_playable(const Scenario& scenario, const StepPlan& plan) {
  if (SlowLinks::last_change_s(scenario.platform.slow_links) == 0) return;
  if (goes_apart(scenario))
    throw MissingCapability(
        "slow-links that begin or end during a run are not played of workers that meet at servers by chance: give them without times");
  if (source_after(scenario, plan).value_or(scenario.input.source) != scenario.input.source)
    throw MissingCapability(
        "slow-links that begin or end during a run are not played of one whose first epoch alone reads from storage, since its epochs are "
        "played apart: give them without times, or input.cache=none");
}

Prediction predict_on(Network& network, const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs, Mode mode,
                      const ProgressCallback& progress) {
  if (goes_apart(scenario)) return predict_servers(network, scenario, plan, costs);
  std::vector<std::string> told;
  bool played = false;
  const RunTimes times = time_run(scenario, plan, costs, [&](const StepPlan& timed, const std::vector<OperationCost>& its_costs) {
    Answered answered = time_steps(network, scenario, timed, its_costs, mode, progress);
    // What was played first is what the step is about.
    if (!played) told = std::move(answered.assumptions);
    played = true;
    return TimedStep{answered.time.step, answered.time.parts};
  });
  Prediction prediction = summarize(scenario, plan, costs, times);
  prediction.engine = "sim";
  if (const OverlapSlowdown& overlap = scenario.calibration->overlap; overlap.factor > 1)
    prediction.origin = std::max(prediction.origin, overlap.origin);
  for (std::string& assumption : interactions(scenario)) prediction.assumptions.push_back(std::move(assumption));
  std::ranges::move(told, std::back_inserter(prediction.assumptions));
  return prediction;
}

}  // namespace forerun::sim
