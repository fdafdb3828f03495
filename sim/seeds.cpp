#include "sim/seeds.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/quantile.hpp"
#include "costs/price.hpp"
#include "io/format.hpp"
#include "sim/message.hpp"
#include "sim/pool.hpp"
#include "sim/predictor.hpp"
#include "sim/simulate.hpp"
#include "strategies/lower.hpp"

namespace forerun::sim {

namespace {

constexpr double kLow = 0.1;
constexpr double kHigh = 0.9;

using Time = std::optional<Seconds> Prediction::*;

void spread(const std::vector<Prediction>& runs, Time time, Time p10, Time p90, Prediction& into) {
  if (!(into.*time)) return;
  std::vector<Seconds> times;
  for (const Prediction& run : runs) times.push_back(*(run.*time));
  std::ranges::sort(times);
  into.*p10 = quantile(times, kLow);
  into.*p90 = quantile(times, kHigh);
}

Scenario with_seed(const Scenario& scenario, int place) {
  Scenario one = scenario;
  one.run.seed += static_cast<std::uint64_t>(place);
  return one;
}

Prediction middle_run(std::vector<Prediction> runs, const Run& run) {
  std::ranges::stable_sort(runs, {}, [](const Prediction& each) { return each.step_time->value(); });
  Prediction middle = runs[(runs.size() - 1) / 2];
  spread(runs, &Prediction::step_time, &Prediction::step_time_p10, &Prediction::step_time_p90, middle);
  spread(runs, &Prediction::total_time, &Prediction::total_time_p10, &Prediction::total_time_p90, middle);
  middle.assumptions.push_back(
      runs.size() == 1
          ? forerun::format("nothing is left to chance: one run stands for those of {} seeds", run.seeds)
          : forerun::format("the run in the middle of {}, seeds {} to {}; P10 and P90 are those of these runs, with all figures as given",
                            run.seeds, run.seed, run.seed + runs.size() - 1));
  return middle;
}

int runs_of(const Scenario& scenario) { return left_to_chance(scenario) ? scenario.run.seeds : 1; }

}  // namespace

bool left_to_chance(const Scenario& scenario) {
  const bool asynchronous = scenario.strategy.servers > 0 && scenario.strategy.updates == Updates::asynchronous;
  return scenario.platform.compute_jitter > 0 || scenario.platform.device_spread > 0 || asynchronous;
}

Prediction predict_seeds(const Scenario& scenario, const SeedOptions& options) {
  std::vector<Prediction> runs(runs_of(scenario));
  // The first tells whether there is an answer at all, as it does alone.
  runs.front() = predict(with_seed(scenario, 0), options.mode, options.progress);
  if (runs.front().status != Status::ok) return runs.front();
  const auto lowered = lower(scenario);
  const auto& plan = std::get<StepPlan>(lowered);
  const std::vector<OperationCost> costs = price(plan, scenario);
  int played = 1;
  const auto say = [&] {
    if (options.played) options.played(played);
  };
  say();
  PoolWork work;
  work.serve = [&](const Job& job, const Answer& answer) {
    Network network(scenario.platform, plan.ranks);
    answer(encode(predict_on(network, with_seed(scenario, static_cast<int>(job.front())), plan, costs, options.mode)));
  };
  work.receive = [&](std::size_t task, const std::string& answer) {
    runs[task] = decode_prediction(answer);
    runs[task].engine = runs.front().engine;
    ++played;
    say();
  };
  work.fail = [](std::size_t /*task*/, const std::string& reason) { throw SimulationFailed(reason); };
  std::vector<Job> jobs;
  for (std::size_t task = 1; task < runs.size(); ++task) jobs.push_back({task});
  run_pool(std::move(jobs), options.workers, work);
  return middle_run(std::move(runs), scenario.run);
}

Prediction predict_seeds_on(Network& network, const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs) {
  std::vector<Prediction> runs;
  for (int place = 0; place < runs_of(scenario); ++place) runs.push_back(predict_on(network, with_seed(scenario, place), plan, costs));
  return middle_run(std::move(runs), scenario.run);
}

}  // namespace forerun::sim
