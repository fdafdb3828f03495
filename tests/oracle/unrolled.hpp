#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "core/plan.hpp"
#include "core/schedule.hpp"

namespace forerun::test {

/// The words of core/plan.hpp, written out: each instance of each operation on each rank, or in each group of a communicator, is a node of
/// a graph, joined to everything that it waits for, and starts when all of that is over. Knows no classes of ranks, no periods and no order
/// in which instances could be calculated, and takes nothing of a plan but its structure.
class Unrolled {
 public:
  Unrolled(const StepPlan& plan, std::vector<double> durations, int steps);

  /// Until the last rank is done with everything.
  [[nodiscard]] double total() const;
  /// When the compute lane of the compute class's first rank is done with each step.
  [[nodiscard]] std::vector<double> compute_ends() const;
  [[nodiscard]] std::size_t instances() const { return finish_.size(); }

 private:
  /// One time that an operation runs: a node for each of its parties, and how often each scope around it had run before.
  struct Instance {
    int first_node = 0;
    std::vector<std::int64_t> iterations;
  };
  struct Edge {
    int from = 0;
    int to = 0;
    bool started = false;  ///< waits for the start alone
  };
  struct Held {
    int consumer = 0;
    int depth = 0;
    bool taken = false;
  };
  /// The first and the last instance of a pipeline's body, each as its operation and its first node.
  struct Body {
    std::pair<int, int> first{-1, -1}, last{-1, -1};
  };
  /// A body of a chunk with a micro-batch, or the send after it.
  struct Moment {
    int chunk = 0;
    StageBody body = StageBody::forward;
    std::int64_t micro_batch = 0;
    friend auto operator<=>(const Moment&, const Moment&) = default;
  };

  void list_parties();
  void list_scopes(const std::vector<Node>& body, std::vector<int>& around);
  void list_scopes(const Pipeline& pipeline, std::vector<int>& around);
  void run(const std::vector<Node>& body, Body* within);
  void run(const Pipeline& pipeline);
  void join(const Pipeline& pipeline, std::int64_t first_micro_batch);
  int add(int operation);
  void wait_for(int operation, const std::vector<int>& party, int named, int offset, bool started);
  void join_ranks(std::pair<int, int> waiter, std::pair<int, int> named, int rank_class);
  void solve();

  const StepPlan& plan_;
  std::vector<double> durations_;
  std::vector<std::vector<std::vector<int>>> parties_;  ///< by operation: the ranks that execute each instance together
  std::vector<std::vector<int>> party_of_;              ///< by operation and rank, -1 for none
  std::vector<int> class_of_;                           ///< by rank
  std::vector<std::vector<int>> scopes_;                ///< by operation: the step, then each repeat or pipeline around it
  std::map<const void*, int> scope_of_;                 ///< of a repeat or a pipeline
  std::vector<std::vector<Held>> held_;                 ///< by operation: the buffers that it fills
  std::vector<std::int64_t> iterations_;                ///< by scope: times it has run, or the micro-batch at hand
  std::vector<std::vector<Instance>> instances_;
  std::vector<int> last_on_lane_;  ///< by rank and lane
  std::map<Moment, Body> bodies_;
  std::map<Moment, std::pair<int, int>> sends_;
  std::vector<Edge> edges_;
  std::vector<int> operation_of_;  ///< by node
  std::vector<double> start_, finish_;
  std::vector<int> step_ends_;
};

}  // namespace forerun::test
