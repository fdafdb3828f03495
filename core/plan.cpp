#include "core/plan.hpp"

#include <algorithm>

namespace forerun {

// Written out: clang 14 does not survive the defaulted comparison of a recursive variant.
bool Repeat::operator==(const Repeat& other) const { return count == other.count && body == other.body && buffers == other.buffers; }

bool Chunk::operator==(const Chunk& other) const {
  return rank_class == other.rank_class && forward == other.forward && backward == other.backward && weight == other.weight &&
         send_forward == other.send_forward && send_backward == other.send_backward;
}

bool Pipeline::operator==(const Pipeline& other) const {
  return stages == other.stages && micro_batches == other.micro_batches && schedule == other.schedule && chunks == other.chunks &&
         buffer_depth == other.buffer_depth;
}

namespace {

class TreeWalk {
 public:
  explicit TreeWalk(std::size_t operations) { tree_.repeat_of.assign(operations, -1); }

  TreeIndex index(const Repeat& step) {
    body(step.body, add(-1, step.count));
    return std::move(tree_);
  }

 private:
  int add(int parent, std::int64_t count, bool pipeline = false) {
    tree_.repeats.push_back({parent, parent < 0 ? 0 : tree_.repeats[parent].depth + 1, count, pipeline});
    return static_cast<int>(tree_.repeats.size()) - 1;
  }

  void operation(int index, int here) {
    if (index >= 0 && index < static_cast<int>(tree_.repeat_of.size())) tree_.repeat_of[index] = here;
  }

  void body(const std::vector<Node>& nodes, int here) {
    for (const Node& node : nodes) {
      if (const int* index = std::get_if<int>(&node))
        operation(*index, here);
      else if (const auto* repeat = std::get_if<Repeat>(&node))
        body(repeat->body, add(here, repeat->count));
      else
        pipeline(*std::get_if<Pipeline>(&node), add(here, 1, true));
    }
  }

  void pipeline(const Pipeline& pipeline, int here) {
    const auto stage_body = [&](const std::vector<Node>& nodes, int send) {
      const int entry = add(here, pipeline.micro_batches);
      body(nodes, entry);
      operation(send, entry);
    };
    for (const Chunk& chunk : pipeline.chunks) {
      stage_body(chunk.forward, chunk.send_forward);
      stage_body(chunk.backward, chunk.send_backward);
      stage_body(chunk.weight, -1);
    }
  }

  TreeIndex tree_;
};

void visit_repeats(const std::vector<Node>& body, const std::function<void(const Repeat&)>& visit) {
  for (const Node& node : body) {
    if (const auto* repeat = std::get_if<Repeat>(&node)) {
      visit(*repeat);
      visit_repeats(repeat->body, visit);
    } else if (const auto* pipeline = std::get_if<Pipeline>(&node)) {
      for (const Chunk& chunk : pipeline->chunks)
        for (const auto* nodes : {&chunk.forward, &chunk.backward, &chunk.weight}) visit_repeats(*nodes, visit);
    }
  }
}

}  // namespace

std::string_view to_string(Collective::Operation operation) {
  switch (operation) {
    case Collective::Operation::all_reduce: return "all-reduce";
    case Collective::Operation::barrier: return "barrier";
    case Collective::Operation::all_gather: return "all-gather";
    case Collective::Operation::reduce_scatter: return "reduce-scatter";
    case Collective::Operation::all_to_all: return "all-to-all";
    case Collective::Operation::broadcast: return "broadcast";
    case Collective::Operation::send: return "send";
    case Collective::Operation::shift: return "shift";
    case Collective::Operation::pull: return "pull";
    case Collective::Operation::push: return "push";
  }
  return "";
}

bool takes_part(const StepPlan& plan, const Operation& operation, int rank_class) {
  const auto* transfer = std::get_if<Collective>(&operation.work);
  if (transfer == nullptr) return operation.rank_class == rank_class;
  const auto& classes = plan.communicators[transfer->communicator].classes;
  return std::find(classes.begin(), classes.end(), rank_class) != classes.end();
}

void for_each_repeat(const Repeat& repeat, const std::function<void(const Repeat&)>& visit) {
  visit(repeat);
  visit_repeats(repeat.body, visit);
}

void for_each_pipeline(const Repeat& repeat, const std::function<void(const Pipeline&)>& visit) {
  for (const Node& node : repeat.body) {
    if (const auto* inner = std::get_if<Repeat>(&node))
      for_each_pipeline(*inner, visit);
    else if (const auto* pipeline = std::get_if<Pipeline>(&node))
      visit(*pipeline);
  }
}

TreeIndex index_tree(const StepPlan& plan) { return TreeWalk(plan.operations.size()).index(plan.step); }

double times_in_step(const TreeIndex& tree, std::size_t operation) {
  double times = 1;
  for (int repeat = tree.repeat_of[operation]; repeat > 0; repeat = tree.repeats[repeat].parent)
    times *= static_cast<double>(tree.repeats[repeat].count);
  return times;
}

DependencyRule dependency_rule(const TreeIndex& tree, int waiter, int named) {
  DependencyRule rule;
  int theirs = tree.repeat_of[named];
  int ours = tree.repeat_of[waiter];
  while (theirs != ours) {
    const int parent = tree.repeats[ours].parent;
    // Bodies of one pipeline: by micro-batches, of which the waiter's body knows how many it is through with.
    if (parent >= 0 && parent == tree.repeats[theirs].parent && tree.repeats[parent].pipeline) break;
    if (tree.repeats[theirs].depth >= tree.repeats[ours].depth) {
      rule.inner *= tree.repeats[theirs].count;
      theirs = tree.repeats[theirs].parent;
    } else {
      ours = tree.repeats[ours].parent;
    }
  }
  rule.repeat = ours;
  return rule;
}

}  // namespace forerun
