#pragma once

#include <string>
#include <vector>

#include "core/scenario.hpp"
#include "costs/price.hpp"
#include "oracle/asynchronous.hpp"
#include "oracle/evaluate.hpp"

namespace forerun::oracle {

/// Where servers outnumber the nodes of the workers that meet them, the workers' links hold them back and not their own: what all servers
/// send at once takes servers / nodes times as long, and what one sends no longer than the messages of all of them need on those links.
/// Exact where servers hold equally much and all are at it, or one holds nearly all; the simulator lets flows share.
void share_worker_links(const Scenario& scenario, const StepPlan& plan, std::vector<OperationCost>& costs);

/// A cycle of asynchronous workers.
struct AsynchronousCycle {
  Evaluation alone;           ///< of one worker, whose messages take the mean of all workers'
  ServerLoad load;            ///< what bounds the rate
  bool links_shared = false;  ///< the worker's link, by servers
};
AsynchronousCycle asynchronous_cycle(const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs);

/// The step of a plan with parameter servers: its evaluation, or where updates are asynchronous, asynchronous_step() of it. What was taken
/// instead of following each worker is added to the assumptions.
Evaluation evaluate_servers(const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs,
                            std::vector<std::string>& assumptions);

}  // namespace forerun::oracle
