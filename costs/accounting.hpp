#pragma once

#include <span>

#include "core/plan.hpp"
#include "core/prediction.hpp"

namespace forerun {

/// One instance of an operation on one rank, and what held it back. Times are seconds from the start of the run.
struct InstanceRecord {
  int operation = 0;     ///< index in the plan
  int cause = -1;        ///< record of the same rank whose end (start, where a buffer is `taken`) gave `arrival_s`; -1: nothing did
  double arrival_s = 0;  ///< its lane is free and its own waits are met; of several waits the one that ends last
  double start_s = 0;    ///< later than arrival_s only where a transfer waits for its peers
  double finish_s = 0;
};

/// What an operation's running time counts as where the compute lane waits for it.
enum class PartKind { compute, comm_exposed, bubble, input_exposed, overhead };
PartKind part_of(const StepPlan& plan, const Operation& operation);

/// Adds time, if it is more than nothing, to a part.
void add(Parts& parts, PartKind kind, double seconds);

/// The parts of [from_s, records[instance].finish_s] on a compute lane that was idle since from_s and then ran the instance.
/// Its running time counts as compute; the wait before it is charged backwards in time, each instant to what the lane waited
/// for: a running operation to its kind, a peer that had not arrived to the bubble.
Parts charge(const StepPlan& plan, std::span<const InstanceRecord> records, int instance, double from_s);

/// The same for a wait alone, that ends when `instance` finishes: the time a run spends after its last compute operation.
Parts charge_wait(const StepPlan& plan, std::span<const InstanceRecord> records, int instance, double from_s);

}  // namespace forerun
