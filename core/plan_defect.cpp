#include <algorithm>
#include <string>
#include <utility>

#include "core/pipeline_defect.hpp"
#include "core/plan.hpp"

// What find_defect() looks for; the rules of pipelines are in pipeline_defect.cpp.
namespace forerun {

namespace {

bool share_a_class(const StepPlan& plan, const Operation& a, const Operation& b) {
  for (int c = 0; c < static_cast<int>(plan.classes.size()); ++c)
    if (takes_part(plan, a, c) && takes_part(plan, b, c)) return true;
  return false;
}

bool within(int index, std::size_t size) { return index >= 0 && index < static_cast<int>(size); }

std::string class_defect(const StepPlan& plan) {
  if (plan.ranks < 1) return "a plan has no ranks";
  std::vector<bool> taken(static_cast<std::size_t>(plan.ranks), false);
  for (const RankClass& ranks : plan.classes) {
    if (ranks.count < 1 || ranks.stride < 1) return "a rank class has no ranks";
    const std::int64_t last = ranks.first + std::int64_t{ranks.count - 1} * ranks.stride;
    if (ranks.first < 0 || last >= plan.ranks) return "a rank class reaches beyond the plan's ranks";
    for (int i = 0; i < ranks.count; ++i) {
      if (taken[ranks.rank(i)]) return "two rank classes share a rank";
      taken[ranks.rank(i)] = true;
    }
  }
  return "";
}

std::string communicator_defect(const StepPlan& plan) {
  std::vector<const Communicator*> last(static_cast<std::size_t>(plan.ranks), nullptr);  // that had the rank in one of its groups
  for (const Communicator& communicator : plan.communicators) {
    if (communicator.size < 1 || communicator.groups < 1 || communicator.inner < 1) return "a communicator has no members";
    if (!communicator.members.empty() && (communicator.groups != 1 || static_cast<int>(communicator.members.size()) != communicator.size))
      return "a communicator lists other members than it has";
    for (int group = 0; group < communicator.groups; ++group)
      for (int member = 0; member < communicator.size; ++member) {
        const int rank = communicator.rank(group, member);
        if (!within(rank, plan.ranks)) return "a communicator reaches beyond the plan's ranks";
        if (std::exchange(last[rank], &communicator) == &communicator) return "a communicator has a rank twice";
      }
    for (const int c : communicator.classes)
      if (!within(c, plan.classes.size())) return "a communicator names no rank class";
  }
  return "";
}

std::string index_defect(const StepPlan& plan) {
  if (!within(plan.compute_class, plan.classes.size())) return "the plan's compute class is no rank class";
  if (!within(plan.compute_lane, plan.lanes.size())) return "the plan's compute lane is no lane";
  for (const Operation& operation : plan.operations) {
    if (!within(operation.lane, plan.lanes.size())) return "an operation names no lane";
    if (!within(operation.rank_class, plan.classes.size())) return "an operation names no rank class";
    const auto* transfer = std::get_if<Collective>(&operation.work);
    if (transfer != nullptr && !within(transfer->communicator, plan.communicators.size())) return "a transfer names no communicator";
    if (transfer != nullptr && transfer->operation == Collective::Operation::send && plan.communicators[transfer->communicator].size != 2)
      return "a send is between other than two ranks";
    const auto* disk = std::get_if<DiskAccess>(&operation.work);
    if (disk != nullptr && disk->communicator != -1 && !within(disk->communicator, plan.communicators.size()))
      return "a disk operation names no communicator";
    const int end = operation.first_dependency + operation.dependency_count;
    if (operation.first_dependency < 0 || operation.dependency_count < 0 || end > static_cast<int>(plan.dependencies.size()))
      return "an operation's dependencies lie outside the plan's";
  }
  for (const Dependency& dependency : plan.dependencies)
    if (!within(dependency.operation, plan.operations.size())) return "a dependency names no operation";
  return "";
}

std::string buffer_defect(const std::vector<Node>& body);

std::string buffer_defect(const Repeat& repeat) {
  const auto here = [&](int operation) { return std::find(repeat.body.begin(), repeat.body.end(), Node(operation)) != repeat.body.end(); };
  for (const Buffer& buffer : repeat.buffers) {
    if (buffer.depth < 1) return "a buffer has no depth";
    if (buffer.depth > kFurthestBack) return "a buffer is deeper than " + std::to_string(kFurthestBack);
    if (!here(buffer.producer) || !here(buffer.consumer)) return "a buffer's producer or consumer stands outside its repeat";
  }
  return buffer_defect(repeat.body);
}

std::string buffer_defect(const std::vector<Node>& body) {
  for (const Node& node : body) {
    if (const auto* inner = std::get_if<Repeat>(&node)) {
      if (inner->count < 1) return "an inner repeat runs less than once";
      if (std::string defect = buffer_defect(*inner); !defect.empty()) return defect;
    } else if (const auto* pipeline = std::get_if<Pipeline>(&node)) {
      for (const Chunk& chunk : pipeline->chunks)
        for (const auto* nodes : {&chunk.forward, &chunk.backward, &chunk.weight})
          if (std::string defect = buffer_defect(*nodes); !defect.empty()) return defect;
    }
  }
  return "";
}

void collect(const std::vector<Node>& body, std::vector<int>& order) {
  for (const Node& node : body) {
    if (const int* operation = std::get_if<int>(&node))
      order.push_back(*operation);
    else if (const auto* repeat = std::get_if<Repeat>(&node))
      collect(repeat->body, order);
    else
      for (const Chunk& chunk : std::get_if<Pipeline>(&node)->chunks) {
        collect(chunk.forward, order);
        if (chunk.send_forward != -1) order.push_back(chunk.send_forward);
        collect(chunk.backward, order);
        if (chunk.send_backward != -1) order.push_back(chunk.send_backward);
        collect(chunk.weight, order);
      }
  }
}

}  // namespace

std::string find_defect(const StepPlan& plan) {
  for (const auto defect_of : {class_defect, communicator_defect, index_defect})
    if (std::string defect = defect_of(plan); !defect.empty()) return defect;
  std::vector<int> order;
  collect(plan.step.body, order);
  if (order.size() != plan.operations.size()) return "an operation stands in the tree less or more than once";
  for (std::size_t i = 0; i < order.size(); ++i)
    if (order[i] != static_cast<int>(i)) return "operations are not numbered in the order of the tree";
  const TreeIndex tree = index_tree(plan);
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const Operation& waiter = plan.operations[i];
    for (int d = 0; d < waiter.dependency_count; ++d) {
      const Dependency& dependency = plan.dependencies[waiter.first_dependency + d];
      if (dependency.offset < 0) return "a dependency looks forward";
      if (dependency.offset > kFurthestBack) return "a dependency looks back more than " + std::to_string(kFurthestBack) + " iterations";
      if (dependency.offset == 0 && dependency.operation >= static_cast<int>(i)) return "a dependency at offset 0 names a later operation";
      if (!share_a_class(plan, waiter, plan.operations[dependency.operation])) return "a dependency names an operation of other ranks";
      const DependencyRule rule = dependency_rule(tree, static_cast<int>(i), dependency.operation);
      if (dependency.offset > 0 && rule.repeat != tree.repeat_of[dependency.operation])
        return "a dependency at an offset names an operation inside a deeper repeat";
    }
  }
  if (std::string defect = buffer_defect(plan.step); !defect.empty()) return defect;
  return pipeline_defect(plan);
}

}  // namespace forerun
