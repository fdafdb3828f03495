#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/scenario.hpp"
#include "kernels/trainer/network.hpp"
#include "kernels/trainer/rank_group.hpp"
#include "kernels/trainer/train.hpp"

namespace forerun {

/// Training with parameter servers that wait for nobody. A worker asks every server for its variables, computes, sends each its gradients,
/// and goes on once all of them are applied. A server answers and applies as things come. A round is as many updates as there are workers;
/// after those of all warm-up and timed steps the first server lets no worker go on.
///
/// `network`: of a worker, or without layers. The log holds every cycle of a worker, warm-up included, or every update of a server.
/// `report` gets the rounds that are over, from a worker. MissingCapability as require_recoverable().
RankLog train_asynchronously(const Scenario& scenario, const StepPlan& plan, const TrainOptions& options, Network& network,
                             const std::vector<Batch>& batches, RankGroup& group, const std::function<void(std::int64_t)>& report);

/// Whether a strategy has servers that take each gradient as it comes.
bool waits_for_nobody(const Strategy& strategy);

/// MissingCapability for checkpoints, or a rank that is to be killed, where servers take each gradient as it comes.
void require_recoverable(const Strategy& strategy, const TrainOptions& options);

/// The rank of the plan whose program a rank runs: one asynchronous worker stands for all.
int planned_rank(const Strategy& strategy, int rank);

/// Of all ranks' logs: a step is a round, from the last update of the one before; its loss the mean of those of its updates. Operations
/// are those that the timed rounds began and ended.
TrainResult summarise_asynchronous(const Scenario& scenario, const StepPlan& plan, std::int64_t warm_up, const std::vector<RankLog>& ranks);

}  // namespace forerun
