#include "workloads/graph/order.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <random>

#include "tests/workloads/graph/networks.hpp"
#include "workloads/graph/layer_graph.hpp"

namespace forerun {
namespace {

using Edges = std::vector<GraphEdge>;

std::vector<int> order_of(int nodes, const Edges& list) { return topological_order(nodes, list).value(); }

}  // namespace

TEST_CASE("a workload's graph has its layers and who reads them", "[unit]") {
  const Workload workload = residual();
  CHECK(edges(workload) == Edges{{0, 1}, {1, 2}, {2, 3}, {0, 3}, {3, 4}});
  const LayerGraph graph = layer_graph(workload);
  CHECK(boost::num_vertices(graph) == 5);
  CHECK(boost::num_edges(graph) == 5);
  CHECK(boost::out_degree(0, graph) == 2);
  CHECK(boost::in_degree(3, graph) == 2);
}

TEST_CASE("nodes that are in order stay as they are", "[unit]") {
  CHECK(order_of(0, {}).empty());
  CHECK(order_of(4, {{0, 3}, {1, 2}}) == std::vector{0, 1, 2, 3});
  std::vector<int> numbers(5);
  std::iota(numbers.begin(), numbers.end(), 0);
  CHECK(order_of(5, edges(residual())) == numbers);
}

TEST_CASE("an order puts each node after all that it reads", "[unit]") {
  std::mt19937 random(7);
  for (int trial = 0; trial < 50; ++trial) {
    Workload workload = random_network(12, random);
    std::vector<int> names(12);
    std::iota(names.begin(), names.end(), 0);
    std::shuffle(names.begin(), names.end(), random);
    Edges list = edges(workload);
    for (GraphEdge& edge : list) edge = {names[edge.from], names[edge.to]};
    const std::vector<int> order = order_of(12, list);
    REQUIRE(std::is_permutation(order.begin(), order.end(), names.begin(), names.end()));
    std::vector<int> place(12);
    for (int i = 0; i < 12; ++i) place[order[i]] = i;
    for (const GraphEdge& edge : list) REQUIRE(place[edge.from] < place[edge.to]);
  }
}

TEST_CASE("a cycle is found, and nothing in it can be ordered", "[unit]") {
  CHECK(find_cycle(5, edges(residual())).empty());
  CHECK(find_cycle(2, Edges{{0, 0}}) == std::vector{0});
  CHECK(find_cycle(4, Edges{{0, 1}, {1, 2}, {2, 3}, {3, 1}}) == std::vector{1, 2, 3});
  CHECK_FALSE(topological_order(4, Edges{{0, 1}, {1, 2}, {2, 3}, {3, 1}}).has_value());
  CHECK(find_cycle(4, Edges{{0, 1}, {1, 0}, {2, 3}, {3, 2}}).size() == 2);
}

TEST_CASE("what something reads and what reads it are found through others", "[unit]") {
  const Edges list{{0, 1}, {1, 2}, {3, 2}, {2, 4}, {5, 6}};
  CHECK(ancestors(7, list, std::vector{2}) == std::vector<bool>{true, true, true, true, false, false, false});
  CHECK(descendants(7, list, std::vector{1}) == std::vector<bool>{false, true, true, false, true, false, false});
  CHECK(descendants(7, list, std::vector{3, 5}) == std::vector<bool>{false, false, true, true, true, true, true});
  CHECK(ancestors(2, {}, {}) == std::vector<bool>{false, false});
}

TEST_CASE("a chain of a million nodes is ordered without recursion", "[limit]") {
  const int nodes = 1'000'000;
  Edges list;
  for (int i = 0; i + 1 < nodes; ++i) list.push_back({i + 1, i});
  const std::vector<int> order = order_of(nodes, list);
  CHECK(order.front() == nodes - 1);
  CHECK(order.back() == 0);
  CHECK(descendants(nodes, list, std::vector{nodes - 1})[0]);
}

}  // namespace forerun
