#pragma once

#include <boost/graph/adjacency_list.hpp>

#include "core/workload.hpp"

namespace forerun {

/// The layers of a workload as vertices, numbered as they are; an edge runs from each layer to every layer that reads it, twice where
/// it is read twice. The sample is no vertex.
/// The one header here that includes Boost: algorithms take and return plain values.
using LayerGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS>;

LayerGraph layer_graph(const Workload& workload);

}  // namespace forerun
