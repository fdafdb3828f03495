#pragma once

#include <string_view>
#include <vector>

#include "core/plan.hpp"

namespace forerun {

/// Appends operations to a plan, after those that it has, each where the tree is being written, with what it waits for.
class PlanWriter {
 public:
  explicit PlanWriter(StepPlan& plan) : plan_(plan), body_(&plan.step.body), first_waiting_(plan.dependencies.size()) {}

  /// The next operation waits for this one (-1: for nothing), `offset` iterations back.
  void wait_for(int operation, int offset = 0);

  /// The next operation waits for nothing that was asked for so far.
  void forget() { plan_.dependencies.resize(first_waiting_); }

  /// Whether anything was asked for since the last operation.
  [[nodiscard]] bool waiting() const { return plan_.dependencies.size() > first_waiting_; }

  /// Appends a copy of `like`, which waits for what was asked for since the last one; until the next call.
  Operation& append(const Operation& like, std::string_view name, int layer);

  /// The same of a transfer, under its collective's name.
  Operation& append_transfer(const Operation& like, int bucket = -1);

  /// The operation appended last, -1 for none.
  [[nodiscard]] int last() const { return static_cast<int>(plan_.operations.size()) - 1; }

  /// An operation that stands already waits for another one, too, `offset` iterations back.
  void wait_also(int waiter, int operation, int offset);

  /// What `write` appends becomes a body of its own.
  template <class Write>
  std::vector<Node> body(Write&& write) {
    std::vector<Node> nodes;
    std::vector<Node>* outer = body_;
    body_ = &nodes;
    write();
    body_ = outer;
    return nodes;
  }

  /// What `write` appends runs `count` times; nothing for none, no repeat for one.
  template <class Write>
  void repeat(std::int64_t count, Write&& write) {
    if (count <= 0) return;
    if (count == 1) return write();
    Repeat repeat;
    repeat.count = count;
    repeat.body = body(write);
    body_->emplace_back(std::move(repeat));
  }

  void add(Node node) { body_->push_back(std::move(node)); }

  [[nodiscard]] StepPlan& plan() { return plan_; }

 private:
  StepPlan& plan_;
  std::vector<Node>* body_;
  std::size_t first_waiting_ = 0;
};

}  // namespace forerun
