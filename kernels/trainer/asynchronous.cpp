#include "kernels/trainer/asynchronous.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "kernels/trainer/asynchronous_server.hpp"
#include "kernels/trainer/asynchronous_worker.hpp"
#include "strategies/parameter_server.hpp"

namespace forerun {

namespace {

/// The star of the server that a rank is.
int star_of(const StepPlan& plan, int rank) {
  const std::vector<int> servers = server_ranks(plan);
  return static_cast<int>(std::ranges::find(servers, rank) - servers.begin());
}

/// A mean over one worker's samples, where the rule has one over the global batch.
NetworkOptions mean_of_one(NetworkOptions options, int workers) {
  options.rule.gradient_scale *= static_cast<float>(workers);
  return options;
}

}  // namespace

bool waits_for_nobody(const Strategy& strategy) { return strategy.servers > 0 && strategy.updates == Updates::asynchronous; }

void require_recoverable(const Strategy& strategy, const TrainOptions& options) {
  if (waits_for_nobody(strategy) && (!options.checkpoints.folder.empty() || !options.kills.empty()))
    throw MissingCapability("the trainer writes no checkpoints of servers that wait for nobody (sync=off), and has none to go on after");
}

int planned_rank(const Strategy& strategy, int rank) { return waits_for_nobody(strategy) && rank < strategy.data ? 0 : rank; }

RankLog train_asynchronously(const Scenario& scenario, const StepPlan& plan, const TrainOptions& options, Network& network,
                             const std::vector<Batch>& batches, RankGroup& group, const std::function<void(std::int64_t)>& report) {
  if (plan.ranks != group.ranks()) throw MissingCapability("a plan of several ranks needs forerun-ranks");
  require_recoverable(scenario.strategy, options);
  const int workers = scenario.strategy.data;
  const ServedParts parts = served_parts(plan, served_variables(scenario));
  const std::int64_t rounds = options.warm_up + options.steps;
  RankLog log;
  log.operations.resize(plan.operations.size());
  if (group.rank() >= workers) {
    const NetworkOptions how = mean_of_one({options.kernels, scenario.run.seed, options.rule}, workers);
    AsynchronousServer server(scenario.workload, plan, parts, star_of(plan, group.rank()), workers, how, group, options.clock);
    group.barrier();
    log.origin = options.clock();
    server.serve(log);
    return log;
  }
  AsynchronousWorker worker(plan, parts, network, group, options.clock);
  group.barrier();
  log.origin = options.clock();
  for (std::int64_t cycle = 0, over = 0; over < rounds; ++cycle) {
    over = worker.cycle(batches[static_cast<std::size_t>(cycle) % batches.size()], log);
    report(std::min(over, rounds));
  }
  worker.leave();
  return log;
}

}  // namespace forerun
