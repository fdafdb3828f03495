#include "workloads/chakra/rank_classes.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>

#include "core/error.hpp"

namespace forerun::chakra {
namespace {

// The simulator keeps two counters for every rank and operation.
constexpr std::size_t kMostCounters = std::size_t{1} << 26;

/// Everything of a trace that its times depend on, peers and names of groups excepted.
std::string program_of(const RankTrace& trace, const std::vector<int>& meeting_of, const Meetings& meetings) {
  std::string key;
  const auto add = [&](auto value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    key.append(bytes, sizeof value);
  };
  for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
    const TraceNode& node = trace.nodes[i];
    add(node.kind), add(node.on_host), add(node.stream), add(node.operation);
    add(node.duration.value()), add(node.flops.value()), add(node.bytes.value());
    add(meeting_of[i] < 0 ? std::size_t{0} : meetings.all[meeting_of[i]].ranks.size());
    add(node.dependency_count);
    for (int d = 0; d < node.dependency_count; ++d) add(trace.dependencies[node.first_dependency + d]);
  }
  return key;
}

/// Cuts ascending ranks into runs at one distance each.
std::vector<RankClass> runs(const std::vector<int>& ranks) {
  std::vector<RankClass> found;
  for (std::size_t i = 0; i < ranks.size();) {
    RankClass run{"rank", ranks[i], 1, 1};
    if (i + 1 < ranks.size()) run.stride = ranks[i + 1] - ranks[i];
    while (i + run.count < ranks.size() && ranks[i + run.count] == run.rank(run.count)) ++run.count;
    if (run.count == 1) run.stride = 1;
    i += run.count;
    found.push_back(run);
  }
  return found;
}

/// The communicator whose groups these are; nothing where none has them. Sorts the groups.
std::optional<Communicator> communicator_of(std::vector<std::vector<int>>& groups) {
  std::ranges::sort(groups);
  Communicator found;
  found.size = static_cast<int>(groups.front().size());
  found.groups = found.inner = static_cast<int>(groups.size());
  found.first = groups.front().front();
  if (found.size > 1) found.member_stride = groups.front()[1] - groups.front()[0];
  if (found.groups > 1) {
    found.inner_stride = groups[1].front() - found.first;
    found.inner = 1;
    while (found.inner < found.groups && groups[found.inner].front() == found.first + found.inner * found.inner_stride) ++found.inner;
    if (found.inner < found.groups) found.outer_stride = groups[found.inner].front() - found.first;
    if (found.groups % found.inner != 0) return std::nullopt;
  }
  for (int group = 0; group < found.groups; ++group) {
    if (static_cast<int>(groups[group].size()) != found.size) return std::nullopt;
    for (int member = 0; member < found.size; ++member)
      if (groups[group][member] != found.rank(group, member)) return std::nullopt;
  }
  return found;
}

class Folder {
 public:
  Folder(const TraceSet& set, const Meetings& meetings, const std::vector<RankClass>& classes) : meetings_(meetings) {
    found_.classes = classes;
    class_of_.resize(set.ranks);
    for (int c = 0; c < static_cast<int>(classes.size()); ++c) {
      for (int i = 0; i < classes[c].count; ++i) class_of_[classes[c].rank(i)] = c;
      found_.traces.push_back(classes[c].first);
      found_.slot_of.emplace_back(set.traces[found_.traces.back()].nodes.size(), -1);
    }
  }

  /// Nothing where these classes do not fit the meetings.
  std::optional<RankClasses> run() {
    for (const Meeting& meeting : meetings_.all)
      if (!place(meeting)) return std::nullopt;
    for (std::size_t i = 0; i < found_.slots.size(); ++i) {
      const auto communicator = communicator_of(groups_[i]);
      if (!communicator) return std::nullopt;
      found_.slots[i].communicator = *communicator;
      for (const Slot::Side& side : found_.slots[i].sides) found_.slots[i].communicator.classes.push_back(side.rank_class);
    }
    return std::move(found_);
  }

 private:
  // The slot of a meeting: a new one, or that of meetings with the same sides, as many members on each.
  bool place(const Meeting& meeting) {
    std::map<Slot::Side, int> members;
    std::vector<Slot::Side> sides;
    for (std::size_t m = 0; m < meeting.ranks.size(); ++m) {
      const Slot::Side side{class_of_[meeting.ranks[m]], meeting.nodes[m]};
      if (members[side]++ == 0) sides.push_back(side);
    }
    if (meeting.operation != Collective::Operation::send) std::ranges::sort(sides);
    if (std::ranges::adjacent_find(sides, {}, &Slot::Side::rank_class) != sides.end()) return false;
    int& slot = found_.slot_of[sides.front().rank_class][sides.front().node];
    if (slot < 0) {
      slot = static_cast<int>(found_.slots.size());
      for (const Slot::Side& side : sides) {
        int& its = found_.slot_of[side.rank_class][side.node];
        if (its >= 0 && its != slot) return false;
        its = slot;
      }
      found_.slots.push_back({meeting.operation, meeting.bytes, sides, {}});
      groups_.emplace_back();
      members_.push_back(members);
    }
    if (found_.slots[slot].sides != sides || members_[slot] != members) return false;
    groups_[slot].push_back(meeting.ranks);
    return true;
  }

  const Meetings& meetings_;
  RankClasses found_;
  std::vector<int> class_of_;
  std::vector<std::vector<std::vector<int>>> groups_;  ///< by slot
  std::vector<std::map<Slot::Side, int>> members_;
};

std::vector<RankClass> alike(const TraceSet& set, const Meetings& meetings) {
  std::map<std::string, std::vector<int>> ranks;
  for (int rank = 0; rank < set.ranks; ++rank) ranks[program_of(set.traces[rank], meetings.of[rank], meetings)].push_back(rank);
  std::vector<RankClass> classes;
  for (const auto& [program, those] : ranks)
    for (const RankClass& run : runs(those)) classes.push_back(run);
  std::ranges::sort(classes, {}, &RankClass::first);
  return classes;
}

RankClasses one_class(const TraceSet& set, const Meetings& meetings) {
  RankClasses found;
  found.classes = {{"rank", 0, set.ranks, 1}};
  found.traces = {0};
  found.slot_of = meetings.of;
  Communicator all;
  all.size = set.ranks;
  all.classes = {0};
  for (const Meeting& meeting : meetings.all) found.slots.push_back({meeting.operation, meeting.bytes, {{0, meeting.nodes.front()}}, all});
  return found;
}

}  // namespace

RankClasses find_classes(const TraceSet& set, const Meetings& meetings) {
  if (set.one_for_all()) return one_class(set, meetings);
  if (auto found = Folder(set, meetings, alike(set, meetings)).run()) return std::move(*found);
  std::size_t nodes = 0;
  for (const RankTrace& trace : set.traces) nodes += trace.nodes.size();
  if (nodes * set.ranks > kMostCounters)
    throw MissingCapability(set.traces.front().file + ": " + std::to_string(set.ranks) + " ranks that all differ, with " +
                            std::to_string(nodes) + " nodes in all, are too many to simulate one by one");
  std::vector<RankClass> apart;
  apart.reserve(static_cast<std::size_t>(set.ranks));
  for (int rank = 0; rank < set.ranks; ++rank) apart.push_back({"rank", rank, 1, 1});
  if (auto found = Folder(set, meetings, apart).run()) return std::move(*found);
  throw MissingCapability(set.traces.front().file + ": a process group's ranks do not lie at one distance from one another, as in 0, 2, 4");
}

}  // namespace forerun::chakra
