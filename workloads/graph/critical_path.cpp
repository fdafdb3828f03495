#include "workloads/graph/critical_path.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dag_shortest_paths.hpp>
#include <cassert>
#include <functional>
#include <limits>

#include "workloads/graph/order.hpp"

namespace forerun {

CriticalPath critical_path(const Workload& workload, std::span<const Seconds> times) {
  assert(times.size() == workload.layers.size());
  using Weighted =
      boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, boost::property<boost::edge_weight_t, double>>;
  // An edge weighs what its reader takes; one more node stands before all layers.
  const int start = static_cast<int>(workload.layers.size());
  Weighted graph(workload.layers.size() + 1);
  for (const auto& [from, to] : edges(workload)) boost::add_edge(from, to, times[to].value(), graph);
  for (int layer = 0; layer < start; ++layer) boost::add_edge(start, layer, times[layer].value(), graph);

  std::vector<double> lengths(boost::num_vertices(graph));
  std::vector<std::size_t> predecessors(lengths.size());
  boost::dag_shortest_paths(graph, start,
                            boost::distance_map(lengths.data())
                                .predecessor_map(predecessors.data())
                                .distance_compare(std::greater<double>())
                                .distance_inf(-std::numeric_limits<double>::infinity())
                                .distance_zero(0.0));

  CriticalPath path;
  int at = static_cast<int>(std::ranges::max_element(lengths) - lengths.begin());
  path.time = Seconds(lengths[at]);
  for (; at != start; at = static_cast<int>(predecessors[at])) path.layers.push_back(at);
  std::ranges::reverse(path.layers);
  return path;
}

}  // namespace forerun
