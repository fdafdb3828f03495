#include "workloads/graph/layer_graph.hpp"

#include "workloads/graph/order.hpp"

namespace forerun {

LayerGraph layer_graph(const Workload& workload) {
  LayerGraph graph(workload.layers.size());
  for (const GraphEdge& edge : edges(workload)) boost::add_edge(edge.from, edge.to, graph);
  return graph;
}

}  // namespace forerun
