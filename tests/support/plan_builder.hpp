#pragma once

#include <vector>

#include "core/plan.hpp"
#include "costs/price.hpp"

namespace forerun::test {

/// Writes small plans by hand: operations are appended to the step's body, or to an open inner repeat.
class PlanBuilder {
 public:
  explicit PlanBuilder(int ranks = 1) {
    plan_.ranks = ranks;
    plan_.classes = {{"rank", 0, ranks, 1}};
    plan_.lanes = {{"compute", LaneKind::compute}};
  }

  int lane(LaneKind kind) {
    plan_.lanes.push_back({"lane", kind});
    return static_cast<int>(plan_.lanes.size()) - 1;
  }
  void classes(std::vector<RankClass> classes) { plan_.classes = std::move(classes); }
  int communicator(Communicator communicator) {
    plan_.communicators.push_back(std::move(communicator));
    return static_cast<int>(plan_.communicators.size()) - 1;
  }

  int compute(double seconds, std::vector<Dependency> after = {}, int lane = 0, int rank_class = 0) {
    return add(Kernel{}, seconds, std::move(after), lane, rank_class);
  }
  int delay(double seconds, std::vector<Dependency> after = {}, int lane = 0, int rank_class = 0) {
    return add(Delay{Seconds(seconds)}, seconds, std::move(after), lane, rank_class);
  }
  int transfer(double seconds, std::vector<Dependency> after, int lane, int communicator = 0) {
    Collective collective;
    collective.communicator = communicator;
    return add(collective, seconds, std::move(after), lane, plan_.communicators[communicator].classes.front());
  }

  int disk(const DiskAccess& access, const OperationCost& cost, std::vector<Dependency> after, int lane, int rank_class = 0) {
    const int index = add(access, 0, std::move(after), lane, rank_class);
    costs_[index] = cost;
    return index;
  }

  void begin_repeat(std::int64_t count) { open_.push_back({count, {}, {}}); }
  void end_repeat() {
    Repeat inner = std::move(open_.back());
    open_.pop_back();
    body().body.emplace_back(std::move(inner));
  }
  void buffer(Buffer buffer) { body().buffers.push_back(buffer); }
  void steps(std::int64_t count) { plan_.step.count = count; }

  /// The plan so far; `count` steps, 0 for the asymptotic one.
  StepPlan plan(std::int64_t count) {
    plan_.step.count = count;
    return plan_;
  }
  StepPlan& edit() { return plan_; }
  std::vector<OperationCost>& costs() { return costs_; }

 private:
  Repeat& body() { return open_.empty() ? plan_.step : open_.back(); }

  template <class Work>
  int add(Work work, double seconds, std::vector<Dependency> after, int lane, int rank_class) {
    Operation operation;
    operation.name = "operation";
    operation.lane = lane;
    operation.rank_class = rank_class;
    operation.work = work;
    operation.first_dependency = static_cast<int>(plan_.dependencies.size());
    operation.dependency_count = static_cast<int>(after.size());
    plan_.dependencies.insert(plan_.dependencies.end(), after.begin(), after.end());
    const int index = static_cast<int>(plan_.operations.size());
    plan_.operations.push_back(operation);
    body().body.emplace_back(index);
    costs_.push_back({Seconds(seconds), Seconds(0), Bytes(0)});
    return index;
  }

  StepPlan plan_;
  std::vector<OperationCost> costs_;
  std::vector<Repeat> open_;
};

/// All ranks of class 0 in one group.
inline Communicator everyone(int ranks) {
  Communicator communicator;
  communicator.name = "all";
  communicator.size = ranks;
  communicator.classes = {0};
  return communicator;
}

}  // namespace forerun::test
