#pragma once

#include <span>
#include <vector>

#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "costs/price.hpp"

namespace forerun {

/// What a worker and the servers do for one gradient, read off the plan of a step with parameter servers: for engines that follow each
/// worker apart.
struct ServerCycle {
  /// One operation of the worker's compute lane, `times` in a row.
  struct Compute {
    int operation = 0;
    std::int64_t times = 1;
    Seconds duration;
  };
  /// Of a message to or from a worker on another node, and on the server's; its own rank waits for none.
  struct Latency {
    Seconds between;
    Seconds inside;
  };
  /// What a worker takes from a server or sends it.
  struct Message {
    int server = 0;
    Bytes bytes;
    Latency latency;
    Seconds drain;         ///< alone, of this worker
    int after = -1;        ///< of a gradient: the entry of `computes` that it comes after
    int accumulate = -1;   ///< of a gradient: the operation that the server adds it with; -1 where it is applied at once
    int update = -1;       ///< the one that follows the last gradient
    Seconds accumulating;  ///< of one gradient
    Seconds updating;
  };
  std::vector<int> servers;  ///< ranks
  std::vector<int> workers;  ///< ranks
  int needed = 1;            ///< gradients of an update
  std::vector<Message> pulls;
  std::vector<Compute> computes;
  std::vector<Message> pushes;  ///< in the order of each server's lane
  Latency token;

  [[nodiscard]] Seconds compute() const;
  /// Of a worker that nobody keeps waiting, without what overlaps: the slowest server's messages both ways and the computations between.
  [[nodiscard]] Seconds alone() const;
};

/// Of a plan of lower_servers() without sums inside nodes. MissingCapability where messages cross a link inside a node that nobody
/// described.
ServerCycle server_cycle(const Scenario& scenario, const StepPlan& plan, std::span<const OperationCost> costs);

}  // namespace forerun
