#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/scenario.hpp"

namespace forerun::oracle {

/// The order that is looked at beside the usual one: ranks of the data axis side by side.
inline constexpr std::array<Axis, 5> kDataInnermost = {Axis::data, Axis::tensor, Axis::context, Axis::expert, Axis::pipeline};

/// Which strategies are looked at: every product of these degrees and choices that uses all devices. A setting with one value is pinned.
/// Axes that a network has not (experts, sequences, images) have the degree 1 alone.
struct Space {
  Strategy base;  ///< what no axis below says: runtime, collective, buckets, offload
  int devices = 1;
  std::int64_t batch = 1;
  int blocks = 0;  ///< of the network; 0: its layers are cut anywhere, into `layers` stages at most
  int layers = 1;
  std::vector<int> data;
  std::vector<int> tensor;
  std::vector<int> pipeline;
  std::vector<int> context;
  std::vector<int> expert;
  std::vector<int> filter;
  std::vector<int> channel;
  std::vector<SpatialGrid> spatial;
  std::vector<std::int64_t> micro_batch;  ///< those that divide a rank's samples are taken
  std::vector<bool> sequence_parallel;
  std::vector<Schedule> schedule;
  std::vector<int> interleave;  ///< those that share out the blocks evenly are taken
  std::vector<Recompute> recompute;
  std::vector<int> zero;
  std::vector<Overlap> overlap;
  std::vector<std::array<Axis, 5>> order;
};

/// Everything that could suit the scenario's network and platform, but for the keys (as strategy_text() names them) that are pinned: these
/// have the value of the scenario's strategy. MissingCapability: parameter servers.
Space space_of(const Scenario& scenario, const std::set<std::string>& pinned);

/// Calls `visit` with every strategy of the space. Settings that do nothing for a strategy are left at one value: sequence parallelism
/// without a tensor axis, a schedule without a pipeline, overlap of what is not exchanged, an order of axes of which only one is not 1.
/// Strategies that share pieces follow one another.
void for_each_strategy(const Space& space, const std::function<void(const Strategy&)>& visit);

}  // namespace forerun::oracle
