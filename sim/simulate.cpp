#include "sim/simulate.hpp"

#include <algorithm>
#include <optional>
#include <variant>

#include "costs/capability.hpp"
#include "costs/price.hpp"
#include "costs/summary.hpp"
#include "sim/child.hpp"
#include "sim/message.hpp"
#include "sim/pool.hpp"
#include "sim/predictor.hpp"
#include "sim/seeds.hpp"
#include "strategies/lower.hpp"

namespace forerun::sim {

namespace {

// A child serves at most so many scenarios, so that every worker has some and a death repeats little.
constexpr std::size_t kLongestJob = 256;
constexpr std::size_t kUsualJobs = 64;
// The engine's clock runs on from scenario to scenario: beyond this its last digit would show in a step of microseconds.
constexpr double kLatestClock_s = 1000;

Prediction impossible(const Scenario& scenario, std::string reason) {
  require_kernels(scenario);
  Prediction prediction = infeasible(std::move(reason));
  prediction.engine = "sim";
  return prediction;
}

Prediction failed(std::string reason) {
  Prediction prediction;
  prediction.engine = "sim";
  prediction.status = Status::failed;
  prediction.reason = std::move(reason);
  return prediction;
}

// As many as its plan may have: servers on nodes of their own leave devices out.
int ranks_of(const Scenario& scenario) {
  const int devices = scenario.platform.devices();
  return scenario.strategy.servers > 0 ? devices : std::min(scenario.ranks(), devices);
}

Prediction serve_one(std::optional<Network>& network, int ranks, const Scenario& scenario) {
  try {
    const auto lowered = lower(scenario);
    if (const auto* reason = std::get_if<Infeasible>(&lowered)) return impossible(scenario, reason->reason);
    const auto& plan = std::get<StepPlan>(lowered);
    require_playable(scenario, plan);
    const std::vector<OperationCost> costs = price(plan, scenario);
    if (!network) network.emplace(scenario.platform, ranks);
    return scenario.run.seeds > 1 ? predict_seeds_on(*network, scenario, plan, costs) : predict_on(*network, scenario, plan, costs);
  } catch (const std::exception& error) {
    return failed(error.what());
  }
}

// Scenarios of one platform, in jobs short enough for workers to share. What is in a job does not depend on how many workers there are:
// the engine's clock runs on through it, and with it the last digit of a time.
std::vector<Job> share_out(std::span<const Scenario> scenarios) {
  std::vector<Job> by_platform;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const auto same = std::find_if(by_platform.begin(), by_platform.end(),
                                   [&](const Job& job) { return scenarios[job.front()].platform == scenarios[i].platform; });
    if (same == by_platform.end())
      by_platform.push_back({i});
    else
      same->push_back(i);
  }
  const std::size_t length = std::min(kLongestJob, scenarios.size() / kUsualJobs + 1);
  std::vector<Job> jobs;
  for (const Job& all : by_platform)
    for (std::size_t first = 0; first < all.size(); first += length)
      jobs.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(first),
                        all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), first + length)));
  return jobs;
}

}  // namespace

Prediction predict(const Scenario& scenario, Mode mode, const ProgressCallback& progress) {
  const auto lowered = lower(scenario);
  const auto answer = [&]() -> Prediction {
    if (const auto* reason = std::get_if<Infeasible>(&lowered)) return impossible(scenario, reason->reason);
    const auto& plan = std::get<StepPlan>(lowered);
    require_playable(plan, mode);
    require_playable(scenario, plan);
    const std::vector<OperationCost> costs = price(plan, scenario);
    return decode_prediction(ask_child(
        [&](const ProgressCallback& report) {
          Network network(scenario.platform, plan.ranks);
          return encode(predict_on(network, scenario, plan, costs, mode, report));
        },
        progress));
  };
  Prediction prediction = answer();
  if (mode == Mode::message) prediction.engine = "sim-message";
  return prediction;
}

void predict_each(std::span<const Scenario> scenarios, int workers, const Receiver& receive) {
  PoolWork work;
  work.serve = [scenarios](const Job& job, const Answer& answer) {
    int ranks = 1;
    for (const std::size_t task : job) ranks = std::max(ranks, ranks_of(scenarios[task]));
    std::optional<Network> network;
    for (const std::size_t task : job) {
      answer(encode(serve_one(network, ranks, scenarios[task])));
      if (network && network->clock_s() > kLatestClock_s) return;
    }
  };
  work.receive = [&receive](std::size_t task, const std::string& answer) { receive(task, decode_prediction(answer)); };
  work.fail = [&receive](std::size_t task, const std::string& reason) { receive(task, failed(reason)); };
  run_pool(share_out(scenarios), workers, work);
}

std::vector<Prediction> predict_all(std::span<const Scenario> scenarios, int workers) {
  std::vector<Prediction> predictions(scenarios.size());
  predict_each(scenarios, workers,
               [&predictions](std::size_t index, Prediction prediction) { predictions[index] = std::move(prediction); });
  return predictions;
}

}  // namespace forerun::sim
