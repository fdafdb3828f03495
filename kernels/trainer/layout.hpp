#pragma once

#include <cstddef>
#include <vector>

#include "core/plan.hpp"
#include "core/workload.hpp"
#include "kernels/trainer/stage_chunks.hpp"

namespace forerun {

/// A range of the array that holds all parameters (and of those of gradients and velocities, which are laid out alike).
struct ParameterRange {
  std::size_t first = 0;
  std::size_t count = 0;

  [[nodiscard]] std::size_t end() const { return first + count; }
  friend bool operator==(const ParameterRange&, const ParameterRange&) = default;
};

/// Where each layer's parameters lie: in the order in which the plan's backward passes make their gradients, so that a gradient
/// bucket is one contiguous range and its all-reduce packs nothing; those of frozen layers come last. Every layer starts on a cache line;
/// the gaps hold zeros.
struct ParameterLayout {
  std::vector<ParameterRange> layers;  ///< one a layer of the workload; empty where it has none or is another rank's, and its owner's where
                                       ///< it shares weights with a layer of this rank
  std::vector<ParameterRange> buckets;  ///< one an operation of the plan; empty where it sums no gradients of this rank
  std::size_t total = 0;

  friend bool operator==(const ParameterLayout&, const ParameterLayout&) = default;
};

/// Of each layer, the one whose weights it has: another, if both are among the chunks', else itself.
std::vector<int> weight_owners(const Workload& workload, const std::vector<StageChunk>& chunks);

/// The layout that a plan asks for on the ranks of a class, whose parts of layers are the workload's: its all-reduces, in plan order, take
/// the layers in the order of their gradients, each as many as fill its bytes; one between classes takes the weights that their layers
/// share. Throws std::logic_error where a bucket ends within a layer, or the buckets do not cover all gradients.
ParameterLayout parameter_layout(const Workload& workload, const StepPlan& plan, int rank_class = 0);

}  // namespace forerun
