#include "sim/folding.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "costs/placement.hpp"

namespace forerun::sim {

namespace {

using Permutation = std::vector<int>;  // by rank

/// Groups of these communicators are alike in size and stride, and share no rank.
struct Axis {
  int size = 1;
  std::vector<const Communicator*> communicators;
};

std::vector<Axis> axes_of(const StepPlan& plan) {
  std::vector<Axis> axes;
  std::set<std::pair<int, int>> seen;
  for (const Communicator& first : plan.communicators) {
    if (first.size < 2 || !first.members.empty() || !seen.insert({first.size, first.member_stride}).second) continue;
    Axis axis{first.size, {}};
    std::vector<char> taken(plan.ranks, 0);
    bool apart = true;
    for (const Communicator& other : plan.communicators) {
      if (other.size != first.size || other.member_stride != first.member_stride || !other.members.empty() || taken[other.rank(0, 0)])
        continue;
      axis.communicators.push_back(&other);
      for (int group = 0; group < other.groups; ++group)
        for (int member = 0; member < other.size; ++member) apart = apart && std::exchange(taken[other.rank(group, member)], 1) == 0;
    }
    if (apart) axes.push_back(std::move(axis));
  }
  return axes;
}

Permutation shift(const Axis& axis, int members, int ranks) {
  Permutation image(ranks);
  std::iota(image.begin(), image.end(), 0);
  for (const Communicator* communicator : axis.communicators)
    for (int group = 0; group < communicator->groups; ++group)
      for (int member = 0; member < axis.size; ++member)
        image[communicator->rank(group, member)] = communicator->rank(group, (member + members) % axis.size);
  return image;
}

/// Holds a shift against all that a symmetry must keep.
class Proof {
 public:
  Proof(const StepPlan& plan, const Program& program, const Phases& phases, const Platform& platform)
      : plan_(plan), program_(program), phases_(phases), platform_(platform) {}

  /// Who stands for each rank, where the shift, which brings all ranks back after `copies` times, is a symmetry and leads each node through
  /// as many.
  std::optional<std::vector<int>> representatives(const Permutation& image, int copies) {
    if (!keeps_classes(image)) return {};
    std::vector<int> standing = by_nodes(image, copies);
    if (standing.empty() || !keeps_groups(image) || !keeps_edges(image) || !closed(standing)) return {};
    return standing;
  }

 private:
  [[nodiscard]] bool keeps_classes(const Permutation& image) const {
    for (int rank = 0; rank < plan_.ranks; ++rank)
      if (program_.class_of[rank] != program_.class_of[image[rank]]) return false;
    return true;
  }

  /// Ranks of one node stay together.
  [[nodiscard]] bool keeps_nodes(const Permutation& image) const {
    std::vector<int> next(node_of(platform_, plan_.ranks - 1) + 1, -1);
    for (int rank = 0; rank < plan_.ranks; ++rank) {
      if (program_.class_of[rank] < 0) continue;
      int& to = next[node_of(platform_, rank)];
      const int here = node_of(platform_, image[rank]);
      if (to >= 0 && to != here) return false;
      to = here;
    }
    return true;
  }

  /// The first rank of each rank's orbit, which is on the orbit's first node; empty where a power of the shift leaves a node in its place.
  [[nodiscard]] std::vector<int> by_nodes(const Permutation& image, int copies) const {
    if (!keeps_nodes(image)) return {};
    std::vector<int> standing(plan_.ranks, -1);
    for (int rank = 0; rank < plan_.ranks; ++rank) {
      if (program_.class_of[rank] < 0) standing[rank] = rank;
      if (standing[rank] >= 0) continue;
      int at = rank, length = 0;
      do {
        standing[at] = rank;
        at = image[at], ++length;
      } while (node_of(platform_, at) != node_of(platform_, rank));
      if (length != copies) return {};
    }
    return standing;
  }

  [[nodiscard]] int group(int communicator, int rank) const { return program_.group_of[communicator * program_.ranks + rank]; }

  /// Ranks of one group stay together.
  [[nodiscard]] bool keeps_groups(const Permutation& image) const {
    for (int c = 0; c < static_cast<int>(plan_.communicators.size()); ++c) {
      const Communicator& communicator = plan_.communicators[c];
      for (int g = 0; g < communicator.groups; ++g) {
        const int to = group(c, image[communicator.rank(g, 0)]);
        for (int member = 0; member < communicator.size; ++member)
          if (to < 0 || group(c, image[communicator.rank(g, member)]) != to) return false;
      }
    }
    return true;
  }

  bool keeps_edges(const Permutation& image) {
    std::set<std::tuple<int, int, int>> seen;  // communicator, pattern and distance say which edges there are
    for (std::size_t operation = 0; operation < phases_.size(); ++operation)
      for (const PlayedPhase& played : phases_[operation]) {
        const int c = std::get<Collective>(plan_.operations[operation].work).communicator;
        if (!seen.insert({c, static_cast<int>(played.phase.pattern), played.phase.distance}).second) continue;
        for (int g = 0; g < plan_.communicators[c].groups; ++g)
          if (!keeps_edges(image, played.phase, c, g)) return false;
      }
    return true;
  }

  bool keeps_edges(const Permutation& image, const Phase& phase, int c, int g) {
    const Communicator& communicator = plan_.communicators[c];
    here_.clear(), there_.clear();
    edges_of(phase, communicator, g, platform_, here_);
    edges_of(phase, communicator, group(c, image[communicator.rank(g, 0)]), platform_, there_);
    for (Edge& edge : here_) edge.from = image[edge.from], edge.to = image[edge.to];
    const auto order = [](const Edge& a, const Edge& b) { return std::tie(a.from, a.to, a.weight) < std::tie(b.from, b.to, b.weight); };
    const auto same = [](const Edge& a, const Edge& b) { return a.from == b.from && a.to == b.to && a.weight == b.weight; };
    std::ranges::sort(here_, order), std::ranges::sort(there_, order);
    return std::ranges::equal(here_, there_, same);
  }

  /// A group of a simulated rank has all the ranks that stand for its members.
  [[nodiscard]] bool closed(const std::vector<int>& standing) const {
    for (int c = 0; c < static_cast<int>(plan_.communicators.size()); ++c) {
      const Communicator& communicator = plan_.communicators[c];
      for (int g = 0; g < communicator.groups; ++g) {
        bool simulated = false, inside = true;
        for (int member = 0; member < communicator.size; ++member) {
          const int rank = communicator.rank(g, member);
          simulated = simulated || standing[rank] == rank;
          inside = inside && group(c, standing[rank]) == g;
        }
        if (simulated && !inside) return false;
      }
    }
    return true;
  }

  const StepPlan& plan_;
  const Program& program_;
  const Phases& phases_;
  const Platform& platform_;
  std::vector<Edge> here_;
  std::vector<Edge> there_;
};

}  // namespace

Folding::Folding(int ranks) : rank_for_(ranks), index_(ranks), ranks_(ranks) {
  std::iota(rank_for_.begin(), rank_for_.end(), 0);
  index_ = ranks_ = rank_for_;
}

Folding::Folding(int copies, std::vector<int> rank_for) : copies_(copies), rank_for_(std::move(rank_for)), index_(rank_for_.size(), -1) {
  for (int rank = 0; rank < static_cast<int>(rank_for_.size()); ++rank) {
    if (rank_for_[rank] != rank) continue;
    index_[rank] = static_cast<int>(ranks_.size());
    ranks_.push_back(rank);
  }
}

Folding fold(const StepPlan& plan, const Program& program, const Phases& phases, const Platform& platform) {
  Folding best(plan.ranks);
  if (platform.topology.kind != Topology::Kind::star) return best;
  Proof proof(plan, program, phases, platform);
  for (const Axis& axis : axes_of(plan))
    for (int members = 1; axis.size / members > best.copies(); ++members) {
      if (axis.size % members != 0) continue;
      const int copies = axis.size / members;
      if (auto standing = proof.representatives(shift(axis, members, plan.ranks), copies)) best = Folding(copies, std::move(*standing));
    }
  return best;
}

}  // namespace forerun::sim
