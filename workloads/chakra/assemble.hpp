#pragma once

#include "workloads/chakra/rank_classes.hpp"

namespace forerun::chakra {

/// The plan of one step, of the classes' traces.
///
/// A rank computes on one lane a stream, runs nodes of the host on another, and waits for memory on a third; every communicator has a
/// lane beside those of the others that its ranks take part in. Nodes run in the order of their trace on their lane [as ASTRA-sim issues
/// them, by id, where all of them are ready]. A message is on its way once the sender has come to it: the receiver's node only says what
/// waits for it. BadInput: ranks that wait for one another in a circle, no node that takes time, more streams or dependencies than a plan
/// holds.
StepPlan assemble(const TraceSet& set, RankClasses ranks);

}  // namespace forerun::chakra
