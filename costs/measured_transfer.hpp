#pragma once

#include "core/calibration.hpp"
#include "core/plan.hpp"
#include "costs/price.hpp"

namespace forerun {

/// What a transfer takes between `ranks` ranks of one node whose link nobody described: the time that the calibration measured of the same
/// over as many ranks, as a whole (a send: half a ping-pong; a pull: a fan-out; a push: an incast). One that it did not measure takes
///   T = hops x t(edge bytes / hops)                            t = half a ping-pong, by its bytes; edge bytes and hops as of ring_phase()
///   T = w t(n), of a pull or a push of n bytes between a server and w workers, one message after another
/// which neglects what messages between other ranks at the same time take from it. Precondition: ranks > 1, no barrier.
/// Throws MissingCapability where the calibration has neither.
OperationCost measured_transfer_cost(const Collective& collective, int ranks, const Calibration& calibration);

/// Whether the calibration measured it over as many ranks.
bool is_measured(const Collective& collective, int ranks, const Calibration& calibration);

}  // namespace forerun
