#include "workloads/graph/order.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <boost/graph/topological_sort.hpp>
#include <cassert>
#include <iterator>

namespace forerun {
namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;

enum class Direction { forward, backward };

Graph make_graph(int nodes, std::span<const GraphEdge> edges, Direction direction) {
  Graph graph(nodes);
  for (const auto& [from, to] : edges) {
    assert(from >= 0 && from < nodes && to >= 0 && to < nodes);
    if (direction == Direction::forward)
      boost::add_edge(from, to, graph);
    else
      boost::add_edge(to, from, graph);
  }
  return graph;
}

/// Remembers how each node was come to, and the first cycle that closes.
struct CycleFinder : boost::dfs_visitor<> {
  std::vector<int>* came_from;
  std::vector<int>* cycle;

  CycleFinder(std::vector<int>& predecessors, std::vector<int>& found) : came_from(&predecessors), cycle(&found) {}

  void tree_edge(const Graph::edge_descriptor& edge, const Graph&) const { (*came_from)[edge.m_target] = static_cast<int>(edge.m_source); }

  void back_edge(const Graph::edge_descriptor& edge, const Graph&) const {
    if (!cycle->empty()) return;
    const int closes = static_cast<int>(edge.m_target);
    for (int node = static_cast<int>(edge.m_source); node != closes; node = (*came_from)[node]) cycle->push_back(node);
    cycle->push_back(closes);
    std::ranges::reverse(*cycle);
  }
};

std::vector<bool> reached(const Graph& graph, std::span<const int> starts) {
  std::vector<boost::default_color_type> colors(boost::num_vertices(graph), boost::white_color);
  const auto color_map = boost::make_iterator_property_map(colors.begin(), boost::get(boost::vertex_index, graph));
  for (const int start : starts)
    if (colors[start] == boost::white_color) boost::depth_first_visit(graph, start, boost::dfs_visitor<>(), color_map);
  std::vector<bool> found(colors.size());
  for (std::size_t i = 0; i < colors.size(); ++i) found[i] = colors[i] != boost::white_color;
  return found;
}

}  // namespace

std::vector<GraphEdge> edges(const Workload& workload) {
  std::vector<GraphEdge> list;
  for (int i = 0; i < static_cast<int>(workload.layers.size()); ++i)
    for (const int input : workload.layers[i].inputs)
      if (input != kData) list.push_back({input, i});
  return list;
}

std::optional<std::vector<int>> topological_order(int nodes, std::span<const GraphEdge> edges) {
  if (!find_cycle(nodes, edges).empty()) return std::nullopt;
  // A node is put out once everything it reads is: so the search runs backward, from the first node on.
  std::vector<int> order;
  Graph graph = make_graph(nodes, edges, Direction::backward);
  boost::topological_sort(graph, std::back_inserter(order));
  return order;
}

std::vector<int> find_cycle(int nodes, std::span<const GraphEdge> edges) {
  std::vector<int> came_from(nodes, -1);
  std::vector<int> cycle;
  boost::depth_first_search(make_graph(nodes, edges, Direction::forward), boost::visitor(CycleFinder(came_from, cycle)));
  return cycle;
}

std::vector<bool> ancestors(int nodes, std::span<const GraphEdge> edges, std::span<const int> targets) {
  return reached(make_graph(nodes, edges, Direction::backward), targets);
}

std::vector<bool> descendants(int nodes, std::span<const GraphEdge> edges, std::span<const int> sources) {
  return reached(make_graph(nodes, edges, Direction::forward), sources);
}

}  // namespace forerun
