#include "core/unroll.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "core/error.hpp"

namespace forerun {
namespace {

class Unroller {
 public:
  Unroller(const StepPlan& plan, std::int64_t most)
      : plan_(plan), most_(most), tree_(index_tree(plan)), instances_(plan.operations.size()), done_(tree_.repeats.size()) {
    out_.plan = plan;
    out_.plan.operations.clear();
    out_.plan.dependencies.clear();
    out_.plan.step.body.clear();
  }

  Unrolled run() {
    int next = 1;
    body(plan_.step, next);
    resolve();
    return std::move(out_);
  }

 private:
  /// An `after` whose instance may be written out later: that of another iteration or of an earlier step.
  struct Waiting {
    int operation = 0;          ///< of the result
    int named = 0;              ///< of the plan
    std::int64_t instance = 0;  ///< counted from 1 in this step; 0 and less in the steps before
  };

  void body(const Repeat& repeat, int& next) {
    if (!repeat.buffers.empty()) throw MissingCapability("a plan with buffers cannot be written out operation by operation yet");
    for (const Node& node : repeat.body) {
      if (const int* operation = std::get_if<int>(&node)) {
        write(*operation);
      } else if (const auto* inner = std::get_if<Repeat>(&node)) {
        const int here = next;
        for (std::int64_t i = 0; i < inner->count; ++i, ++done_[here]) {
          next = here + 1;
          body(*inner, next);
        }
      } else {
        throw MissingCapability("a pipeline cannot be written out operation by operation yet");
      }
    }
  }

  void write(int index) {
    if (static_cast<std::int64_t>(out_.plan.operations.size()) >= most_)
      throw MissingCapability("a plan of more than " + std::to_string(most_) + " operations cannot be written out");
    const int self = static_cast<int>(out_.plan.operations.size());
    const Operation& operation = plan_.operations[index];
    out_.plan.operations.push_back(operation);
    out_.plan.step.body.emplace_back(self);
    out_.sources.push_back(index);
    instances_[index].push_back(self);
    for (int d = 0; d < operation.dependency_count; ++d) {
      const Dependency& dependency = plan_.dependencies[operation.first_dependency + d];
      wait(self, index, dependency.operation, dependency.offset);
    }
  }

  void wait(int self, int waiter, int named, int offset) {
    const DependencyRule rule = dependency_rule(tree_, waiter, named);
    waiting_.push_back({self, named, (done_[rule.repeat] + 1 - offset) * rule.inner});
  }

  /// Dependencies of each operation, in its order.
  void resolve() {
    std::size_t next = 0;
    for (int self = 0; self < static_cast<int>(out_.plan.operations.size()); ++self) {
      Operation& operation = out_.plan.operations[self];
      operation.first_dependency = static_cast<int>(out_.plan.dependencies.size());
      for (; next < waiting_.size() && waiting_[next].operation == self; ++next) {
        const std::vector<int>& all = instances_[waiting_[next].named];
        const auto count = static_cast<std::int64_t>(all.size());
        std::int64_t instance = waiting_[next].instance;
        int steps_back = 0;
        for (; instance <= 0; instance += count) ++steps_back;
        out_.plan.dependencies.push_back({all[instance - 1], steps_back});
      }
      operation.dependency_count = static_cast<int>(out_.plan.dependencies.size()) - operation.first_dependency;
    }
  }

  const StepPlan& plan_;
  std::int64_t most_;
  TreeIndex tree_;
  std::vector<std::vector<int>> instances_;
  std::vector<std::int64_t> done_;
  std::vector<Waiting> waiting_;
  Unrolled out_;
};

}  // namespace

Unrolled unrolled(const StepPlan& plan, std::int64_t most) {
  const bool flat = std::ranges::all_of(plan.step.body, [](const Node& node) { return std::holds_alternative<int>(node); });
  if (!flat) return Unroller(plan, most).run();
  std::vector<int> same(plan.operations.size());
  std::iota(same.begin(), same.end(), 0);
  return {plan, std::move(same)};
}

}  // namespace forerun
