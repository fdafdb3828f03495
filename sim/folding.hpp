#pragma once

#include <vector>

#include "core/platform.hpp"
#include "costs/transfer_time.hpp"
#include "sim/program.hpp"

namespace forerun::sim {

/// The phases of each operation of a plan as they are played; none of what is no transfer, or has no link.
using Phases = std::vector<std::vector<PlayedPhase>>;

/// Which ranks are simulated, and which each of them stands for.
///
/// A symmetry s of a plan is a permutation of its ranks that takes each into one of the same class, all ranks of a node into one node,
/// groups into groups and the edges of their phases into edges. Where compute has no spread, what happens to rank r then happens to s(r) at
/// the same time, for both start alike and flows that share links get shares that follow from the links alone. Where moreover no power of s
/// but the identity leaves a node in its place, each link is loaded as its copies are, and the ranks of one node of each orbit are enough:
/// a flow from one of them to rank r is one to the rank that stands for r. Looked for are shifts of all groups of a parallel axis by the
/// same number of members: a ring is one after another, a tree is not.
class Folding {
 public:
  /// Each rank for itself.
  explicit Folding(int ranks);

  /// How many ranks each simulated one stands for.
  [[nodiscard]] int copies() const { return copies_; }
  /// The simulated ranks, in order.
  [[nodiscard]] const std::vector<int>& ranks() const { return ranks_; }
  [[nodiscard]] bool simulates(int rank) const { return rank_for_[rank] == rank; }
  /// The one that stands for a rank.
  [[nodiscard]] int rank_for(int rank) const { return rank_for_[rank]; }
  /// Its place among the simulated.
  [[nodiscard]] int index(int rank) const { return index_[rank]; }

 private:
  friend Folding fold(const StepPlan& plan, const Program& program, const Phases& phases, const Platform& platform);
  Folding(int copies, std::vector<int> rank_for);

  int copies_ = 1;
  std::vector<int> rank_for_;
  std::vector<int> index_;
  std::vector<int> ranks_;
};

/// The folding of a plan that leaves the fewest ranks to simulate; each rank for itself where no symmetry is found. The platform's nodes
/// must be alike to its network: behind one switch. O(ranks x communicators) for each shift tried, at most one a divisor of an axis'
/// degree.
Folding fold(const StepPlan& plan, const Program& program, const Phases& phases, const Platform& platform);

}  // namespace forerun::sim
