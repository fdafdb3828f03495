#pragma once

#include <string>
#include <vector>

#include "sim/simulate.hpp"
#include "tests/support/plan_builder.hpp"

namespace forerun::test {

constexpr double kBandwidth = 1e9;

/// Nodes behind links of 1 GB/s.
inline Platform nodes(int count, int devices_per_node = 1) {
  Platform platform;
  platform.name = "nodes";
  platform.nodes = count;
  platform.devices_per_node = devices_per_node;
  platform.inter_node = {BytesPerSecond(kBandwidth), Seconds(0)};
  return platform;
}

/// Ranks `first` and `first + stride`, in one group.
inline Communicator pair(int first, int stride, int rank_class) {
  Communicator communicator;
  communicator.name = "pair";
  communicator.size = 2;
  communicator.first = first;
  communicator.member_stride = stride;
  communicator.classes = {rank_class};
  return communicator;
}

/// A transfer's cost whose flows take `drain_s` seconds of a whole link.
inline OperationCost flows(double latency_s, double drain_s) { return {Seconds(latency_s), Seconds(drain_s), Bytes(drain_s * kBandwidth)}; }

inline sim::Played play(PlanBuilder& plan, int steps, const Platform& platform, std::vector<sim::Perturbation> perturbations = {},
                        sim::Contention contention = sim::Contention::on) {
  sim::PlayOptions options;
  options.steps = steps;
  options.contention = contention;
  options.logging = sim::Logging::every_rank;
  options.perturbations = std::move(perturbations);
  return sim::play(plan.plan(steps), plan.costs(), platform, options);
}

/// The instance of an operation on a rank in a log.
inline sim::PlayedInstance instance(const sim::Played& played, int rank, int operation, int number = 0) {
  for (const sim::PlayedInstance& logged : played.log)
    if (logged.rank == rank && logged.operation == operation && logged.instance == number) return logged;
  throw std::out_of_range("no such instance");
}
inline double start(const sim::Played& played, int rank, int operation, int number = 0) {
  return instance(played, rank, operation, number).start.value();
}
inline double finish(const sim::Played& played, int rank, int operation, int number = 0) {
  return instance(played, rank, operation, number).finish.value();
}

}  // namespace forerun::test
