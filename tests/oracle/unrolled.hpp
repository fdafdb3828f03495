#pragma once

#include <algorithm>
#include <map>
#include <stdexcept>
#include <vector>

#include "core/plan.hpp"
#include "core/schedule.hpp"

namespace forerun::test {

/// The definition of a plan with a pipeline, written out: every instance of every operation is a node of a graph, joined to what it
/// waits for, and starts when all of that has finished. Knows one pipeline at the top of the step, with one level of repeats in bodies.
class Unrolled {
 public:
  Unrolled(const StepPlan& plan, std::vector<double> durations, int steps) : plan_(plan), durations_(std::move(durations)) {
    instances_.resize(plan.operations.size());
    within_.assign(plan.operations.size(), 0);
    for (step_ = 0; step_ < steps; ++step_)
      for (const Node& node : plan.step.body) {
        if (const int* operation = std::get_if<int>(&node))
          add(*operation);
        else
          add_pipeline(std::get<Pipeline>(node));
      }
    solve();
  }

  [[nodiscard]] double total() const {
    double latest = 0;
    for (const Instance& instance : graph_) latest = std::max(latest, instance.finish);
    return latest;
  }

 private:
  struct Instance {
    int operation = 0;
    std::vector<int> after;
    double finish = -1;
  };

  [[nodiscard]] std::vector<int> classes(int operation) const {
    const auto* transfer = std::get_if<Collective>(&plan_.operations[operation].work);
    return transfer == nullptr ? std::vector<int>{plan_.operations[operation].rank_class}
                               : plan_.communicators[transfer->communicator].classes;
  }

  // Instances of one micro-batch; 0 outside of the pipeline.
  void note_bodies(const Pipeline& pipeline) {
    const auto note = [&](const std::vector<Node>& nodes) {
      for (const Node& node : nodes) {
        if (const int* operation = std::get_if<int>(&node)) within_[*operation] = 1;
        if (const auto* repeat = std::get_if<Repeat>(&node))
          for (const Node& inner : repeat->body) within_[std::get<int>(inner)] = static_cast<int>(repeat->count);
      }
    };
    for (const Chunk& chunk : pipeline.chunks) note(chunk.forward), note(chunk.backward), note(chunk.weight);
  }

  int add(int operation) {
    const Operation& waiter = plan_.operations[operation];
    Instance instance{operation, {}};
    const int number = static_cast<int>(instances_[operation].size());
    for (const int c : classes(operation)) {
      int& last = last_on_lane_[{c, waiter.lane}];
      if (last > 0) instance.after.push_back(last - 1);
      last = static_cast<int>(graph_.size()) + 1;
    }
    for (int d = 0; d < waiter.dependency_count; ++d) {
      const Dependency& dependency = plan_.dependencies[waiter.first_dependency + d];
      const int theirs = within_[dependency.operation], ours = within_[operation];
      int which = 0;
      if (ours == 0)
        which = theirs == 0 ? step_ - dependency.offset : (step_ + 1) * micro_batches_ * theirs - 1;
      else if (theirs == 0)
        which = step_ - dependency.offset;
      else if (ours == theirs && ours > 1)
        which = number - dependency.offset;
      else
        which = (number / ours + 1 - dependency.offset) * theirs - 1;
      if (which >= 0) instance.after.push_back(instances_[dependency.operation].at(static_cast<std::size_t>(which)));
    }
    instances_[operation].push_back(static_cast<int>(graph_.size()));
    graph_.push_back(std::move(instance));
    return static_cast<int>(graph_.size()) - 1;
  }

  struct Body {
    int first = -1;
    int last = -1;
  };
  Body add_body(const std::vector<Node>& nodes) {
    Body body;
    const auto run = [&](int operation) {
      body.last = add(operation);
      if (body.first < 0) body.first = body.last;
    };
    for (const Node& node : nodes) {
      if (const int* operation = std::get_if<int>(&node)) {
        run(*operation);
        continue;
      }
      const auto& repeat = std::get<Repeat>(node);
      for (int i = 0; i < repeat.count; ++i)
        for (const Node& inner : repeat.body) run(std::get<int>(inner));
    }
    return body;
  }

  void add_pipeline(const Pipeline& pipeline) {
    note_bodies(pipeline);
    micro_batches_ = static_cast<int>(pipeline.micro_batches);
    const int chunks = static_cast<int>(pipeline.chunks.size());
    using Key = std::pair<int, std::int64_t>;  // chunk and micro-batch, counted over steps
    const auto key = [&](int chunk, std::int64_t i) { return Key(chunk, step_ * pipeline.micro_batches + i); };
    std::map<Key, int> sent_forward, sent_backward;
    for (int stage = 0; stage < pipeline.stages; ++stage)
      for (const StageTask& task :
           stage_schedule({pipeline.schedule, pipeline.stages, pipeline.micro_batches, pipeline.interleave()}, stage)) {
        const Chunk& chunk = pipeline.chunks[task.chunk];
        const auto at = key(task.chunk, task.micro_batch);
        if (task.body == StageBody::forward) {
          forward_[at] = add_body(chunk.forward);
          if (chunk.send_forward >= 0) graph_[sent_forward[at] = add(chunk.send_forward)].after.push_back(forward_[at].last);
        } else if (task.body == StageBody::backward) {
          backward_[at] = add_body(chunk.backward);
          if (chunk.send_backward >= 0) graph_[sent_backward[at] = add(chunk.send_backward)].after.push_back(backward_[at].last);
        } else {
          add_body(chunk.weight);
        }
      }
    for (int c = 0; c < chunks; ++c)
      for (std::int64_t i = 0; i < pipeline.micro_batches; ++i) {
        const auto at = key(c, i);
        if (c > 0)
          graph_[forward_[at].first].after.push_back(sent_forward.contains(key(c - 1, i)) ? sent_forward[key(c - 1, i)]
                                                                                          : forward_[key(c - 1, i)].last);
        if (c == chunks - 1)
          graph_[backward_[at].first].after.push_back(forward_[at].last);
        else
          graph_[backward_[at].first].after.push_back(sent_backward.contains(key(c + 1, i)) ? sent_backward[key(c + 1, i)]
                                                                                            : backward_[key(c + 1, i)].last);
        const std::int64_t freed = i - pipeline.buffer_depth;
        if (sent_forward.contains(at) && forward_.contains(key(c + 1, freed)))
          graph_[sent_forward[at]].after.push_back(forward_[key(c + 1, freed)].last);
        if (sent_backward.contains(at) && backward_.contains(key(c - 1, freed)))
          graph_[sent_backward[at]].after.push_back(backward_[key(c - 1, freed)].last);
      }
  }

  void solve() {
    std::vector<int> missing(graph_.size(), 0);
    std::vector<std::vector<int>> waiting(graph_.size());
    std::vector<int> ready;
    for (std::size_t i = 0; i < graph_.size(); ++i) {
      missing[i] = static_cast<int>(graph_[i].after.size());
      for (const int before : graph_[i].after) waiting[before].push_back(static_cast<int>(i));
      if (missing[i] == 0) ready.push_back(static_cast<int>(i));
    }
    std::size_t solved = 0;
    while (!ready.empty()) {
      Instance& instance = graph_[ready.back()];
      double start = 0;
      for (const int before : instance.after) start = std::max(start, graph_[before].finish);
      instance.finish = start + durations_[instance.operation];
      const int now = ready.back();
      ready.pop_back();
      ++solved;
      for (const int next : waiting[now])
        if (--missing[next] == 0) ready.push_back(next);
    }
    if (solved != graph_.size()) throw std::logic_error("the unrolled plan waits for itself");
  }

  const StepPlan& plan_;
  std::vector<double> durations_;
  int step_ = 0;
  int micro_batches_ = 0;
  std::vector<int> within_;
  std::vector<std::vector<int>> instances_;
  std::vector<Instance> graph_;
  std::map<std::pair<int, int>, int> last_on_lane_;
  std::map<std::pair<int, std::int64_t>, Body> forward_, backward_;
};

}  // namespace forerun::test
