#include "core/unroll.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>

#include "core/error.hpp"
#include "core/pipeline_order.hpp"

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
    if (!plan_.step.buffers.empty()) refuse_buffers();
    nodes(plan_.step.body, next);
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

  [[noreturn]] static void refuse_buffers() {
    throw MissingCapability("a plan with buffers cannot be written out operation by operation yet");
  }

  void nodes(const std::vector<Node>& body, int& next) {
    for (const Node& node : body) {
      if (const int* operation = std::get_if<int>(&node)) {
        write(*operation);
      } else if (const auto* inner = std::get_if<Repeat>(&node)) {
        if (!inner->buffers.empty()) refuse_buffers();
        const int here = next;
        for (std::int64_t i = 0; i < inner->count; ++i, ++done_[here]) {
          next = here + 1;
          nodes(inner->body, next);
        }
      } else {
        pipeline(std::get<Pipeline>(node), next);
      }
    }
  }

  static int count_repeats(const std::vector<Node>& body) {
    int count = 0;
    for (const Node& node : body)
      if (const auto* repeat = std::get_if<Repeat>(&node)) count += 1 + count_repeats(repeat->body);
    return count;
  }

  /// Bodies and sends in an order in which each follows what it waits for.
  void pipeline(const Pipeline& pipeline, int& next) {
    std::vector<int> first_repeat;  // of forward, backward and weight body of each chunk
    ++next;
    for (const Chunk& chunk : pipeline.chunks)
      for (const std::vector<Node>* body : {&chunk.forward, &chunk.backward, &chunk.weight}) {
        first_repeat.push_back(next);
        next += 1 + count_repeats(*body);
      }
    for (const ImpliedWait& wait : implied_waits(pipeline)) implied_.emplace(wait.waiter, wait);
    for (const PipelineEvent& event : pipeline_order(plan_, pipeline).events) {
      const Chunk& chunk = pipeline.chunks[event.task.chunk];
      const bool forward = event.task.body == StageBody::forward;
      if (event.send) {
        write(forward ? chunk.send_forward : chunk.send_backward);
        continue;
      }
      const int repeat = first_repeat[3 * event.task.chunk + static_cast<int>(event.task.body)];
      int inner = repeat + 1;
      nodes(forward ? chunk.forward : event.task.body == StageBody::backward ? chunk.backward : chunk.weight, inner);
      ++done_[repeat];
    }
    implied_.clear();
  }

  /// Instances of an operation of a pipeline in one micro-batch.
  [[nodiscard]] std::int64_t instances_each(int operation) const {
    std::int64_t count = 1;
    for (int repeat = tree_.repeat_of[operation]; !tree_.repeats[tree_.repeats[repeat].parent].pipeline;
         repeat = tree_.repeats[repeat].parent)
      count *= tree_.repeats[repeat].count;
    return count;
  }

  /// What the pipeline's rules ask of the instance that is about to be written.
  void wait_as_implied(int self, int index) {
    const auto [begin, end] = implied_.equal_range(index);
    if (begin == end) return;
    const std::int64_t each = instances_each(index);
    const auto before = static_cast<std::int64_t>(instances_[index].size());
    if (before % each != 0) return;
    for (auto wait = begin; wait != end; ++wait)
      waiting_.push_back({self, wait->second.named, (before / each + 1 - wait->second.offset) * instances_each(wait->second.named)});
  }

  void write(int index) {
    if (static_cast<std::int64_t>(out_.plan.operations.size()) >= most_)
      throw MissingCapability("a plan of more than " + std::to_string(most_) + " operations cannot be written out");
    const int self = static_cast<int>(out_.plan.operations.size());
    const Operation& operation = plan_.operations[index];
    out_.plan.operations.push_back(operation);
    out_.plan.step.body.emplace_back(self);
    out_.sources.push_back(index);
    wait_as_implied(self, index);
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
  std::multimap<int, ImpliedWait> implied_;  ///< of the pipeline at hand, by waiter
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
