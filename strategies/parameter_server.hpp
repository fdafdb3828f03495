#pragma once

#include <string>
#include <variant>

#include "core/infeasible.hpp"
#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "strategies/variables.hpp"

namespace forerun {

/// One step with parameter servers, as TensorFlow executes it  [Abadi et al. 2016, sec. 4.4; TensorFlow,
/// python/training/sync_replicas_optimizer.py]. Of each server s, on lanes of its own:
///   pull s     every worker takes the variables of s, all at once; forward waits for the pulls of all servers: they share links fairly, so
///              that none is through much before the others
///   push s     the gradients of a bucket, once every worker has the last of them (overlap=none: once its backward pass is over)
///   server     the gradients are summed, n of them, one after another as they are applied to an accumulator, and the variables updated
///   token      once all servers are through, the first one lets the workers go on, whose own gradients have gone
/// Backup workers pull and push as the others do; a server sums n gradients alone. With node-reduction the devices of a node sum their
/// gradients first, and one of them pulls for all and hands on.
///
/// Asynchronous: the plan is one worker's cycle with the servers alone, one gradient an update. Workers meet at the servers alone, by
/// chance, which no plan says: see ServerCycle.
///
/// A server computes on one device of the platform, whatever the workers do on theirs. Neglected: the moving averages of batch norms,
/// and the memory that a runtime copies messages through.
std::variant<StepPlan, Infeasible> lower_servers(const Scenario& scenario);

/// What a server holds: weights, the optimizer's state, and one gradient of each variable. Optimizer and gradients of what is not trained
/// are none.
StepMemory server_memory(const Workload& workload, const std::vector<ServedVariable>& variables, int server);

/// The scenario's variables on its servers.
std::vector<ServedVariable> served_variables(const Scenario& scenario);

}  // namespace forerun
