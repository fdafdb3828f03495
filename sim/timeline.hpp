#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/scenario.hpp"
#include "costs/price.hpp"
#include "sim/play.hpp"

namespace forerun::sim {

/// What ran on a lane of a rank for a while: one instance of an operation, or several of one sort that follow one another: kernels of one
/// direction (`backward_data` and `backward_weights` are), or transfers between such.
struct Slice {
  int rank = 0;
  int lane = 0;
  int operation = 0;  ///< of the first
  int count = 1;
  bool alike = true;  ///< all have the name of the first
  double start_s = 0;
  double finish_s = 0;
};

/// The slices of a play whose every rank was logged, by rank, lane and start; what took no time is left out. Where they are more than
/// `most`, neighbours of one sort become one: first those without a gap, then with ever longer ones,
/// as far as it takes or helps.
std::vector<Slice> slices_of(const StepPlan& plan, const Played& played, std::size_t most);

/// A play whose every rank was logged, as trace events in Chrome's JSON, which Perfetto opens. Times are microseconds.
///   process   a rank, named with its class and its node; further ones for the nodes' links
///   thread    a lane of the rank; its slices never overlap
///   arrow     from the sender to the receiver of a transfer between two ranks, of a shift, and between servers and workers
///   counter   what a node sends to others and receives, GB/s: bytes of the transfers under way, each spread over its time, as means over
///             parts of the time
/// At most some 20 MB a step, whatever the ranks.
std::string timeline_json(const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs, const Played& played);

/// The timeline of the first `steps` steps of a feasible scenario. Throws MissingCapability where its workers follow no common plan.
std::string timeline(const Scenario& scenario, std::int64_t steps);

}  // namespace forerun::sim
