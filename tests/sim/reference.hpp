#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "core/plan.hpp"

namespace forerun::test {

/// A third opinion beside both engines: every instance of every operation on every rank, kept for ever and looked up plainly.
/// Transfers take a fixed time; nothing is shared.
class Reference {
 public:
  struct Span {
    double start = 0;
    double finish = 0;
  };
  using Duration = std::function<double(int rank, int operation, int instance)>;

  Reference(const StepPlan& plan, int steps, Duration duration) : plan_(plan), tree_(index_tree(plan)), duration_(std::move(duration)) {
    spans.assign(plan.ranks, std::vector<std::vector<Span>>(plan.operations.size()));
    lane_free_.assign(plan.ranks, std::vector<double>(plan.lanes.size(), 0.0));
    iterations_.assign(tree_.repeats.size(), 0);
    for (int step = 0; step < steps; ++step) {
      int next = 1;
      walk(plan_.step, 0, next);
    }
  }

  std::vector<std::vector<std::vector<Span>>> spans;  ///< by rank, operation, instance
  [[nodiscard]] double makespan() const {
    double latest = 0;
    for (const auto& lanes : lane_free_) latest = std::max(latest, *std::max_element(lanes.begin(), lanes.end()));
    return latest;
  }

 private:
  void walk(const Repeat& repeat, int index, int& next) {
    for (const Node& node : repeat.body) {
      if (const int* operation = std::get_if<int>(&node)) {
        run(*operation, repeat);
        continue;
      }
      const auto& inner = std::get<Repeat>(node);
      const int child = next++;
      const int grandchildren = next;
      for (std::int64_t i = 0; i < inner.count; ++i) {
        next = grandchildren;
        walk(inner, child, next);
      }
    }
    ++iterations_[index];
  }

  [[nodiscard]] bool runs(int rank, int operation) const {
    const auto runs_on = [&](int rank_class) {
      const RankClass& ranks = plan_.classes[rank_class];
      for (int i = 0; i < ranks.count; ++i)
        if (ranks.rank(i) == rank) return true;
      return false;
    };
    const auto* transfer = std::get_if<Collective>(&plan_.operations[operation].work);
    if (transfer == nullptr) return runs_on(plan_.operations[operation].rank_class);
    const auto& classes = plan_.communicators[transfer->communicator].classes;
    return std::any_of(classes.begin(), classes.end(), runs_on);
  }

  [[nodiscard]] double arrival(int rank, int operation, const Repeat& body) const {
    double time = lane_free_[rank][plan_.operations[operation].lane];
    const auto wait = [&](int named, int offset, bool started) {
      const DependencyRule rule = dependency_rule(tree_, operation, named);
      const std::int64_t needed = (iterations_[rule.repeat] + 1 - offset) * rule.inner;
      if (needed <= 0 || !runs(rank, named)) return;
      const Span& span = spans[rank][named].at(static_cast<std::size_t>(needed - 1));
      time = std::max(time, started ? span.start : span.finish);
    };
    const Operation& waiting = plan_.operations[operation];
    for (int d = 0; d < waiting.dependency_count; ++d) {
      const Dependency& dependency = plan_.dependencies[waiting.first_dependency + d];
      wait(dependency.operation, dependency.offset, false);
    }
    for (const Buffer& buffer : body.buffers)
      if (buffer.producer == operation) wait(buffer.consumer, buffer.depth, buffer.taken);
    return time;
  }

  void note(int rank, int operation, double start) {
    auto& list = spans[rank][operation];
    const double finish = start + duration_(rank, operation, static_cast<int>(list.size()));
    list.push_back({start, finish});
    lane_free_[rank][plan_.operations[operation].lane] = finish;
  }

  void run(int operation, const Repeat& body) {
    const auto* transfer = std::get_if<Collective>(&plan_.operations[operation].work);
    if (transfer == nullptr) {
      for (int rank = 0; rank < plan_.ranks; ++rank)
        if (runs(rank, operation)) note(rank, operation, arrival(rank, operation, body));
      return;
    }
    const Communicator& communicator = plan_.communicators[transfer->communicator];
    for (int group = 0; group < communicator.groups; ++group) {
      double start = 0;
      for (int i = 0; i < communicator.size; ++i) start = std::max(start, arrival(communicator.rank(group, i), operation, body));
      for (int i = 0; i < communicator.size; ++i) note(communicator.rank(group, i), operation, start);
    }
  }

  const StepPlan& plan_;
  TreeIndex tree_;
  Duration duration_;
  std::vector<std::vector<double>> lane_free_;
  std::vector<std::int64_t> iterations_;
};

}  // namespace forerun::test
