#pragma once

#include <sys/resource.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "costs/price.hpp"

/// What the simulator's benches play, and how they take the time.
namespace forerun::bench {

inline constexpr double kBytes = 102.2e6;  // the gradients of ResNet-50
inline constexpr double kForward_s = 0.03;
inline constexpr double kBackward_s = 0.06;
inline constexpr double kUpdate_s = 0.002;

/// A plan and the cost of its operations alone, over nodes of one rank each.
struct PricedPlan {
  StepPlan plan;
  std::vector<OperationCost> costs;

  int add(Operation operation, OperationCost cost, std::initializer_list<int> after) {
    operation.first_dependency = static_cast<int>(plan.dependencies.size());
    operation.dependency_count = static_cast<int>(after.size());
    for (const int named : after) plan.dependencies.push_back({named, 0});
    plan.step.body.emplace_back(static_cast<int>(plan.operations.size()));
    plan.operations.push_back(operation);
    costs.push_back(cost);
    return static_cast<int>(plan.operations.size()) - 1;
  }
  int compute(std::string_view name, double seconds, std::initializer_list<int> after = {}) {
    Operation operation;
    operation.name = name;
    operation.work = Kernel{};
    return add(operation, {Seconds(seconds), Seconds(0), Bytes(0)}, after);
  }
  int all_reduce(Bytes bytes, const Platform& platform, int after) {
    Operation reduce;
    reduce.name = "all_reduce";
    reduce.lane = 1;
    reduce.work = Collective{Collective::Operation::all_reduce, CollectiveAlgorithm::ring, 0, bytes};
    const Bytes edge = 2.0 * (plan.ranks - 1) / plan.ranks * bytes;
    return add(reduce, {2.0 * (plan.ranks - 1) * platform.inter_node.latency, edge / platform.inter_node.bandwidth, edge}, {after});
  }
};

/// A step without operations, of ranks that are alike and one group of all.
inline PricedPlan empty_step(int ranks) {
  PricedPlan step;
  step.plan.ranks = ranks;
  step.plan.classes = {{"rank", 0, ranks, 1}};
  step.plan.lanes = {{"compute", LaneKind::compute}, {"data", LaneKind::communication}};
  Communicator data;
  data.size = ranks;
  data.classes = {0};
  step.plan.communicators = {data};
  return step;
}

/// A data-parallel step with as many all-reduces, each once its share of the backward pass is through.
inline PricedPlan data_parallel_step(int ranks, int buckets, const Platform& platform) {
  PricedPlan step = empty_step(ranks);
  step.compute("forward", kForward_s);
  int reduced = -1;
  for (int bucket = 0; bucket < buckets; ++bucket) {
    const int gradient = step.compute("backward", kBackward_s / buckets);
    reduced = step.all_reduce(Bytes(kBytes / buckets), platform, gradient);
  }
  step.compute("update", kUpdate_s, {reduced});
  return step;
}

inline constexpr double kLayer_s = 0.005;
inline constexpr double kLayerBytes = 100e6;

/// Layers of compute, each followed by an all-reduce that the next one waits for.
inline PricedPlan blocking_layers(int ranks, int layers, const Platform& platform) {
  PricedPlan step = empty_step(ranks);
  int reduced = -1;
  for (int layer = 0; layer < layers; ++layer) {
    const int computed = reduced < 0 ? step.compute("layer", kLayer_s) : step.compute("layer", kLayer_s, {reduced});
    reduced = step.all_reduce(Bytes(kLayerBytes), platform, computed);
  }
  return step;
}

/// CPU seconds of this process, or of children that have ended.
inline double cpu_s(int who = RUSAGE_SELF) {
  rusage usage{};
  getrusage(who, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/// What `name=` says on the command line.
inline int argument(int count, char** values, const std::string& name, int otherwise) {
  for (int i = 1; i < count; ++i)
    if (const std::string text = values[i]; text.rfind(name + "=", 0) == 0) return std::atoi(text.c_str() + name.size() + 1);
  return otherwise;
}

}  // namespace forerun::bench
