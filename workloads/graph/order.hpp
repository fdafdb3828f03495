#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/workload.hpp"

/// Order and reachability of any graph, so that importers can check what they read before it is a workload. Nodes are numbered from 0;
/// edges between other numbers are a bug of the caller. All take time linear in nodes and edges, and no recursion.
namespace forerun {

/// `to` reads what `from` gives.
struct GraphEdge {
  int from = 0;
  int to = 0;

  friend constexpr bool operator==(const GraphEdge&, const GraphEdge&) = default;
};

/// Every layer that is read, and its reader. The sample is no node.
std::vector<GraphEdge> edges(const Workload& workload);

/// The nodes, each after all that it reads; nothing where they stand in a circle. Nodes that are in order already stay as they are.
std::optional<std::vector<int>> topological_order(int nodes, std::span<const GraphEdge> edges);

/// The nodes of one cycle, each before one that reads it, the last before the first; empty where there is no cycle.
std::vector<int> find_cycle(int nodes, std::span<const GraphEdge> edges);

/// For each node whether one of `targets` reads it, directly or through others. A target counts as its own.
std::vector<bool> ancestors(int nodes, std::span<const GraphEdge> edges, std::span<const int> targets);

/// For each node whether it reads one of `sources`, directly or through others. A source counts as its own.
std::vector<bool> descendants(int nodes, std::span<const GraphEdge> edges, std::span<const int> sources);

}  // namespace forerun
