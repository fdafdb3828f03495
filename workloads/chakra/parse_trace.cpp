#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_map>
#include <utility>

#include "core/error.hpp"
#include "workloads/chakra/attributes.hpp"
#include "workloads/chakra/chakra.pb.h"
#include "workloads/chakra/decode.hpp"
#include "workloads/chakra/framing.hpp"
#include "workloads/chakra/trace.hpp"

namespace forerun::chakra {
namespace {

// Declarations are read as documents, which takes longer than a node.
constexpr std::size_t kMostDeclared = std::size_t{1} << 20;

/// Nodes as the file has them, with the ids that they wait for.
struct Raw {
  std::vector<TraceNode> nodes;
  std::vector<std::uint64_t> waits;
};

void read_nodes(std::string_view bytes, RankTrace& trace, Raw& raw) {
  Messages messages(bytes, trace.file);
  wire::GlobalMetadata metadata;
  if (const auto first = messages.next())
    messages.parse(*first, metadata);
  else
    throw BadInput(Problem{.file = trace.file, .what = "is empty"});
  GroupNames group_names;
  std::size_t declared = 0;
  wire::Node message;
  while (const auto next = messages.next()) {
    messages.parse(*next, message);
    messages.spend(attribute_count(message));
    if (raw.nodes.size() == kMostNodes)
      throw BadInput(Problem{.file = trace.file, .what = "has more than " + std::to_string(kMostNodes) + " nodes"});
    TraceNode node = decode(message, trace.file, group_names);
    if (message.type() == wire::METADATA_NODE) {
      declared += message.inputs().values().size();
      if (declared > kMostDeclared) refuse_node(trace.file, node.id, "declares process groups at too great a length");
      read_declared_groups(message, trace.file, trace.groups);
    }
    node.first_dependency = static_cast<int>(raw.waits.size());
    raw.waits.insert(raw.waits.end(), message.ctrl_deps().begin(), message.ctrl_deps().end());
    raw.waits.insert(raw.waits.end(), message.data_deps().begin(), message.data_deps().end());
    if (raw.waits.size() > kMostDependencies) refuse_node(trace.file, node.id, "has more dependencies than a trace may have");
    node.dependency_count = static_cast<int>(raw.waits.size()) - node.first_dependency;
    raw.nodes.push_back(std::move(node));
  }
  trace.group_names = group_names.take();
}

std::vector<int> resolve(const Raw& raw, const std::string& file) {
  std::unordered_map<std::uint64_t, int> index;
  index.reserve(raw.nodes.size());
  for (std::size_t i = 0; i < raw.nodes.size(); ++i)
    if (!index.emplace(raw.nodes[i].id, static_cast<int>(i)).second) refuse_node(file, raw.nodes[i].id, "is there twice");
  std::vector<int> named;
  named.reserve(raw.waits.size());
  for (const TraceNode& node : raw.nodes)
    for (int d = node.first_dependency; d < node.first_dependency + node.dependency_count; ++d) {
      const auto found = index.find(raw.waits[d]);
      if (found == index.end()) refuse_node(file, node.id, "depends on node " + std::to_string(raw.waits[d]) + ", which is not there");
      named.push_back(found->second);
    }
  return named;
}

/// The order of execution: of all nodes whose dependencies are met, the lowest id first [Kahn 1962].
std::vector<int> order(const Raw& raw, const std::vector<int>& named, const std::string& file) {
  const int count = static_cast<int>(raw.nodes.size());
  std::vector<int> first_waiter(count + 1, 0);
  for (const int node : named) ++first_waiter[node + 1];
  for (int i = 0; i < count; ++i) first_waiter[i + 1] += first_waiter[i];
  std::vector<int> waiters(named.size());
  std::vector<int> fill(first_waiter.begin(), first_waiter.end() - 1);
  std::vector<int> open(count, 0);
  for (int i = 0; i < count; ++i) {
    const TraceNode& node = raw.nodes[i];
    open[i] = node.dependency_count;
    for (int d = node.first_dependency; d < node.first_dependency + node.dependency_count; ++d) waiters[fill[named[d]]++] = i;
  }
  using Ready = std::pair<std::uint64_t, int>;
  std::priority_queue<Ready, std::vector<Ready>, std::greater<>> ready;
  for (int i = 0; i < count; ++i)
    if (open[i] == 0) ready.emplace(raw.nodes[i].id, i);
  std::vector<int> ordered;
  ordered.reserve(count);
  while (!ready.empty()) {
    const int node = ready.top().second;
    ready.pop();
    ordered.push_back(node);
    for (int w = first_waiter[node]; w < first_waiter[node + 1]; ++w)
      if (--open[waiters[w]] == 0) ready.emplace(raw.nodes[waiters[w]].id, waiters[w]);
  }
  if (static_cast<int>(ordered.size()) < count) {
    const auto stuck = std::ranges::find_if(open, [](int waits) { return waits > 0; });
    refuse_node(file, raw.nodes[stuck - open.begin()].id, "waits for itself, or for nodes that wait for one another");
  }
  return ordered;
}

}  // namespace

RankTrace parse_trace(std::string_view bytes, const std::string& file) {
  RankTrace trace;
  trace.file = file;
  Raw raw;
  read_nodes(bytes, trace, raw);
  const std::vector<int> named = resolve(raw, file);
  const std::vector<int> ordered = order(raw, named, file);
  std::vector<int> place(ordered.size());
  for (std::size_t i = 0; i < ordered.size(); ++i) place[ordered[i]] = static_cast<int>(i);
  trace.nodes.reserve(ordered.size());
  trace.dependencies.reserve(named.size());
  for (const int old : ordered) {
    TraceNode node = std::move(raw.nodes[old]);
    const int first = std::exchange(node.first_dependency, static_cast<int>(trace.dependencies.size()));
    for (int d = first; d < first + node.dependency_count; ++d) trace.dependencies.push_back(place[named[d]]);
    std::sort(trace.dependencies.begin() + node.first_dependency, trace.dependencies.end());
    trace.dependencies.erase(std::unique(trace.dependencies.begin() + node.first_dependency, trace.dependencies.end()),
                             trace.dependencies.end());
    node.dependency_count = static_cast<int>(trace.dependencies.size()) - node.first_dependency;
    trace.nodes.push_back(std::move(node));
  }
  return trace;
}

}  // namespace forerun::chakra
