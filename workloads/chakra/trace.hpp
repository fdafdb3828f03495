#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/plan.hpp"
#include "core/units.hpp"

namespace forerun::chakra {

/// A trace that asks for more memory than this is refused: nodes of all ranks together, and their dependencies.
inline constexpr std::size_t kMostNodes = std::size_t{1} << 18;
inline constexpr std::size_t kMostDependencies = std::size_t{1} << 22;
inline constexpr int kMostRanks = 1 << 14;
inline constexpr std::size_t kFileLimit = std::size_t{128} << 20;
inline constexpr std::size_t kLongestName = 200;  ///< of a node; what is longer is cut

enum class NodeKind {
  mark,  ///< takes no time: metadata
  memory,
  compute,
  send,
  receive,
  collective,
};

/// A node of a trace, understood.
struct TraceNode {
  std::uint64_t id = 0;
  std::string name;
  NodeKind kind = NodeKind::mark;
  bool on_host = false;
  std::int64_t stream = 0;
  Seconds duration;
  Flops flops;
  Bytes bytes;  ///< compute: moved; communication: comm_size
  Collective::Operation operation = Collective::Operation::all_reduce;
  int group = -1;            ///< in RankTrace::group_names; -1: all ranks
  int peer = -1;             ///< of a send or a receive
  std::int64_t tag = 0;      ///< the same
  int first_dependency = 0;  ///< in RankTrace::dependencies
  int dependency_count = 0;
};

using ProcessGroups = std::map<std::string, std::vector<int>, std::less<>>;  ///< ranks by name, ascending

/// What one rank does. Every node stands after those that it depends on; of those that may come next, the one with the lowest id.
struct RankTrace {
  std::string file;
  std::vector<TraceNode> nodes;
  std::vector<int> dependencies;  ///< indices of nodes
  std::vector<std::string> group_names;
  ProcessGroups groups;  ///< that the trace itself declares
};

/// Reads one rank's file, of which the bytes are given.
/// BadInput: what Messages refuses, a node of unknown type or without what its type needs, a number out of range, an id that is there
/// twice or named but not there, nodes that wait for one another, more than kMostNodes nodes or kMostDependencies dependencies.
/// MissingCapability: a collective that no cost model covers, a memory node without a duration.
RankTrace parse_trace(std::string_view bytes, const std::string& file);

}  // namespace forerun::chakra
