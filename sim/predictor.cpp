#include "sim/predictor.hpp"

#include <algorithm>
#include <iterator>

#include "costs/summary.hpp"
#include "io/format.hpp"
#include "sim/interactions.hpp"
#include "sim/player.hpp"
#include "sim/program.hpp"
#include "sim/server_predictor.hpp"
#include "sim/steps.hpp"
#include "strategies/run_times.hpp"

namespace forerun::sim {

namespace {

constexpr std::int64_t kFirstSteps = 4;
constexpr std::int64_t kMostPlayedSteps = 64;
constexpr std::int64_t kJitterSteps = 16;

struct Answered {
  StepTime time;
  std::vector<std::string> assumptions;
};

std::string flows_text(const Played& played, Mode mode) {
  if (played.flows == 0) return "";
  if (mode == Mode::message) return counted(played.flows) + " messages played, each by itself";
  std::string text = counted(played.flows) + " flows played";
  if (played.copies > 1) text += forerun::format("; each rank that is played stands for {} to which the same happens", played.copies);
  return text;
}

/// A step of the run that the plan counts.
Answered time_steps(Network& network, const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs, Mode mode) {
  const Program program = compile(plan);
  std::string flows;
  const auto play_steps = [&](std::int64_t steps) {
    PlayOptions options;
    options.steps = steps;
    options.mode = mode;
    options.seed = scenario.run.seed;
    options.overlap_slowdown = scenario.calibration->overlap.factor;
    Played played = Player(plan, program, costs, scenario.platform, options, network).play();
    flows = flows_text(played, mode);
    return played;
  };
  const std::int64_t run = plan.step.count;
  const auto no_more_than_run = [run](std::int64_t steps) { return run > 0 ? std::min(run, steps) : steps; };

  std::string text;
  const auto answer = [&]() -> StepTime {
    const double jitter = scenario.platform.compute_jitter;
    if (jitter > 0) {
      const std::int64_t steps = no_more_than_run(kJitterSteps);
      const Played played = play_steps(steps);
      text = forerun::format("compute times jittered by up to {}", percent(jitter));
      if (steps == run) return step_time(played, run, 0);
      text += forerun::format("; {} steps simulated, the mean of all but the first goes on", steps);
      return step_time(played, run, static_cast<int>(steps - 1));
    }
    for (std::int64_t steps = no_more_than_run(kFirstSteps);; steps = no_more_than_run(2 * steps)) {
      const Played played = play_steps(steps);
      if (steps == run) return step_time(played, run, 0);
      if (const int period = find_period(played); period > 0) {
        text = forerun::format("{} steps simulated, after which they repeat", steps);
        return step_time(played, run, period);
      }
      if (steps >= kMostPlayedSteps) {
        text = forerun::format("{} steps simulated without repeating; the mean of the later half goes on", steps);
        return step_time(played, run, static_cast<int>(steps / 2));
      }
    }
  };
  Answered answered{answer(), {}};
  for (const std::string& each : {text, flows})
    if (!each.empty()) answered.assumptions.push_back(each);
  return answered;
}

}  // namespace

bool goes_apart(const Scenario& scenario) {
  const Strategy& strategy = scenario.strategy;
  if (strategy.servers == 0) return false;
  return strategy.updates == Updates::asynchronous || (scenario.platform.compute_jitter > 0 && !strategy.node_reduction);
}

Prediction predict_on(Network& network, const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs,
                      Mode mode) {
  if (goes_apart(scenario)) return predict_servers(network, scenario, plan, costs);
  std::vector<std::string> told;
  const RunTimes times = time_run(scenario, plan, costs, [&](const StepPlan& timed, const std::vector<OperationCost>& its_costs) {
    Answered answered = time_steps(network, scenario, timed, its_costs, mode);
    // What was played first is what the step is about.
    if (told.empty()) told = std::move(answered.assumptions);
    return TimedStep{answered.time.step, answered.time.parts};
  });
  Prediction prediction = summarize(scenario, plan, costs, times);
  prediction.engine = "sim";
  for (std::string& assumption : interactions(scenario)) prediction.assumptions.push_back(std::move(assumption));
  std::ranges::move(told, std::back_inserter(prediction.assumptions));
  return prediction;
}

}  // namespace forerun::sim
