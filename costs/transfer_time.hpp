#pragma once

#include "costs/price.hpp"

namespace forerun {

/// A transfer alone on the platform:
///   alpha x hops + max over its links of bytes / capacity.
/// Ranks fill one node after another; alpha is the latency of the slowest route that an edge takes. Where a communicator's groups lie
/// interleaved in a node they share its link, so the link carries the edges of all of them.
/// Inside one node without a described link (`intra_node.bandwidth` zero) the time is the calibration's measured all-reduce over as
/// many ranks, as a whole; across nodes such a link is taken not to limit. Throws MissingCapability where it has none over so many.
OperationCost transfer_cost(const Collective& collective, const Communicator& communicator, const Platform& platform,
                            const Calibration& calibration);

/// A measured collective's time for a buffer: log-log linear between samples; below the smallest its latency, above the largest its
/// bandwidth.
Seconds collective_time(const CollectiveTimeModel& model, Bytes buffer);

}  // namespace forerun
