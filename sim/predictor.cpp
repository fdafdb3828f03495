#include "sim/predictor.hpp"

#include <algorithm>

#include "costs/summary.hpp"
#include "io/format.hpp"
#include "sim/player.hpp"
#include "sim/program.hpp"
#include "sim/server_predictor.hpp"
#include "sim/steps.hpp"

namespace forerun::sim {

namespace {

constexpr std::int64_t kFirstSteps = 4;
constexpr std::int64_t kMostPlayedSteps = 64;
constexpr std::int64_t kJitterSteps = 16;

struct Answered {
  StepTime time;
  std::string assumption;  ///< empty where all that the run has was played
};

std::string flows_text(const Played& played, Mode mode) {
  if (played.flows == 0) return "";
  if (mode == Mode::message) return counted(played.flows) + " messages played, each by itself";
  std::string text = counted(played.flows) + " flows played";
  if (played.copies > 1) text += forerun::format("; each rank that is played stands for {} to which the same happens", played.copies);
  return text;
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
  const Program program = compile(plan);
  std::string flows;
  const auto play_steps = [&](std::int64_t steps) {
    PlayOptions options;
    options.steps = steps;
    options.mode = mode;
    options.seed = scenario.run.seed;
    Played played = Player(plan, program, costs, scenario.platform, options, network).play();
    flows = flows_text(played, mode);
    return played;
  };
  const std::int64_t run = plan.step.count;
  const auto no_more_than_run = [run](std::int64_t steps) { return run > 0 ? std::min(run, steps) : steps; };

  const auto answer = [&]() -> Answered {
    const double jitter = scenario.platform.compute_jitter;
    if (jitter > 0) {
      const std::int64_t steps = no_more_than_run(kJitterSteps);
      const Played played = play_steps(steps);
      if (steps == run) return {step_time(played, run, 0), forerun::format("compute times jittered by up to {}", percent(jitter))};
      return {step_time(played, run, static_cast<int>(steps - 1)),
              forerun::format("compute times jittered by up to {}; {} steps simulated, the mean of all but the first goes on",
                              percent(jitter), steps)};
    }
    for (std::int64_t steps = no_more_than_run(kFirstSteps);; steps = no_more_than_run(2 * steps)) {
      const Played played = play_steps(steps);
      if (steps == run) return {step_time(played, run, 0), ""};
      if (const int period = find_period(played); period > 0)
        return {step_time(played, run, period), forerun::format("{} steps simulated, after which they repeat", steps)};
      if (steps >= kMostPlayedSteps)
        return {step_time(played, run, static_cast<int>(steps / 2)),
                forerun::format("{} steps simulated without repeating; the mean of the later half goes on", steps)};
    }
  };
  Answered answered = answer();
  Prediction prediction = summarize(scenario, plan, costs, answered.time.step, answered.time.parts);
  prediction.engine = "sim";
  for (const std::string& assumption : {answered.assumption, flows})
    if (!assumption.empty()) prediction.assumptions.push_back(assumption);
  return prediction;
}

}  // namespace forerun::sim
