#include "workloads/chakra/meetings.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "workloads/chakra/decode.hpp"

namespace forerun::chakra {
namespace {

using Operation = Collective::Operation;

class Finder {
 public:
  explicit Finder(const TraceSet& set) : set_(set) {
    std::vector<int> all(set.ranks);
    std::iota(all.begin(), all.end(), 0);
    number_of(all);
    for (const RankTrace& trace : set.traces) found_.of.emplace_back(trace.nodes.size(), -1);
  }

  Meetings run() {
    for (int rank = 0; rank < static_cast<int>(set_.traces.size()); ++rank) visit(rank);
    for (const Line& line : collectives_) check_collectives(line);
    for (const auto& [way, line] : messages_) check_messages(line);
    return std::move(found_);
  }

 private:
  /// The meetings of one group, or of messages one way, and how many of them each side has come to.
  struct Line {
    int group = 0;
    std::vector<int> meetings;
    int sent = 0;
    int received = 0;
  };
  using Way = std::tuple<int, int, std::int64_t>;  ///< from, to, tag

  [[noreturn]] void refuse(int rank, int node, const std::string& what) const {
    refuse_node(set_.traces[rank].file, set_.traces[rank].nodes[node].id, what);
  }

  int number_of(const std::vector<int>& members) {
    const auto [known, added] = numbers_.emplace(members, static_cast<int>(groups_.size()));
    if (added) {
      groups_.push_back(members);
      collectives_.push_back({known->second, {}, 0, 0});
    }
    return known->second;
  }

  // A group that nobody describes, `0` as ASTRA-sim has it, and an empty one are all ranks.
  int group_of(int rank, int node) {
    const TraceNode& here = set_.traces[rank].nodes[node];
    if (here.group < 0) return 0;
    const std::string& name = set_.traces[rank].group_names[here.group];
    const auto known = set_.groups.find(name);
    if (known != set_.groups.end()) return known->second.empty() ? 0 : number_of(known->second);
    if (name == "0") return 0;
    refuse(rank, node, "is over a process group of which nothing says its ranks: --set workload.groups=FILE");
  }

  void visit(int rank) {
    std::vector<int> met;
    const RankTrace& trace = set_.traces[rank];
    for (int node = 0; node < static_cast<int>(trace.nodes.size()); ++node) {
      const NodeKind kind = trace.nodes[node].kind;
      if (kind == NodeKind::collective) {
        const int group = group_of(rank, node);
        if (!std::ranges::binary_search(groups_[group], rank)) refuse(rank, node, "is a collective of other ranks");
        if (set_.one_for_all() && group != 0) refuse(rank, node, "is not over all ranks, and one trace stands for all of them");
        met.resize(groups_.size(), 0);
        join_collective(rank, node, group, met[group]++);
      } else if (kind == NodeKind::send || kind == NodeKind::receive) {
        if (set_.one_for_all()) refuse(rank, node, "is a message, and one trace stands for all ranks");
        join_message(rank, node);
      }
    }
  }

  int meeting(Line& line, int number, int rank, int node, Bytes bytes) {
    const TraceNode& here = set_.traces[rank].nodes[node];
    const Operation operation = here.kind == NodeKind::collective ? here.operation : Operation::send;
    if (number == static_cast<int>(line.meetings.size())) {
      line.meetings.push_back(static_cast<int>(found_.all.size()));
      found_.all.push_back({operation, bytes, {}, {}});
    }
    const Meeting& there = found_.all[line.meetings[number]];
    if (there.operation != operation || there.bytes != bytes)
      refuse(rank, node, "is no counterpart of what the other ranks do then: they differ in kind or size");
    found_.of[rank][node] = line.meetings[number];
    return line.meetings[number];
  }

  // comm_size is each rank's input [ASTRA-sim, collective/Ring.cc]; of an all-gather the plan counts the output.
  void join_collective(int rank, int node, int group, int number) {
    const TraceNode& here = set_.traces[rank].nodes[node];
    const double members = static_cast<double>(groups_[group].size());
    const Bytes bytes = here.operation == Operation::all_gather ? members * here.bytes : here.bytes;
    Meeting& here_too = found_.all[meeting(collectives_[group], number, rank, node, bytes)];
    here_too.ranks.push_back(rank);
    here_too.nodes.push_back(node);
  }

  void join_message(int rank, int node) {
    const TraceNode& here = set_.traces[rank].nodes[node];
    if (here.peer == rank || here.peer >= set_.ranks)
      refuse(rank, node, "is a message between rank " + std::to_string(rank) + " and rank " + std::to_string(here.peer));
    const bool sends = here.kind == NodeKind::send;
    Line& line = messages_[sends ? Way{rank, here.peer, here.tag} : Way{here.peer, rank, here.tag}];
    const int number = sends ? line.sent++ : line.received++;
    Meeting& message = found_.all[meeting(line, number, rank, node, here.bytes)];
    if (message.ranks.empty()) {
      message.ranks = sends ? std::vector{rank, here.peer} : std::vector{here.peer, rank};
      message.nodes = {-1, -1};
    }
    message.nodes[sends ? 0 : 1] = node;
  }

  void check_collectives(const Line& line) const {
    const std::size_t members = set_.one_for_all() ? 1 : groups_[line.group].size();
    for (const int number : line.meetings) {
      const Meeting& met = found_.all[number];
      if (met.ranks.size() == members) continue;
      std::size_t missing = 0;
      while (missing < met.ranks.size() && met.ranks[missing] == groups_[line.group][missing]) ++missing;
      refuse(met.ranks.front(), met.nodes.front(),
             "is a collective that rank " + std::to_string(groups_[line.group][missing]) + " never comes to");
    }
  }

  void check_messages(const Line& line) const {
    for (const int number : line.meetings) {
      const Meeting& met = found_.all[number];
      if (met.nodes[0] < 0)
        refuse(met.ranks[1], met.nodes[1], "waits for a message that rank " + std::to_string(met.ranks[0]) + " never sends");
      if (met.nodes[1] < 0)
        refuse(met.ranks[0], met.nodes[0], "sends a message that rank " + std::to_string(met.ranks[1]) + " never receives");
    }
  }

  const TraceSet& set_;
  Meetings found_;
  std::map<std::vector<int>, int> numbers_;
  std::vector<std::vector<int>> groups_;  ///< the first holds all ranks
  std::vector<Line> collectives_;         ///< by group
  std::map<Way, Line> messages_;
};

}  // namespace

Meetings find_meetings(const TraceSet& set) { return Finder(set).run(); }

}  // namespace forerun::chakra
