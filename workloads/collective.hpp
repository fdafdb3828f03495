#pragma once

#include <span>
#include <string_view>

#include "core/plan.hpp"
#include "io/text.hpp"

/// Workloads that are one collective and nothing else: what benchmarks of networks time.
namespace forerun {

/// all-gather, all-reduce, all-to-all, broadcast, reduce-scatter.
std::span<const std::string_view> known_collectives();

/// Whether a workload's name means a collective alone.
bool names_a_collective(std::string_view name);

/// One step of it: `ranks` ranks, the first ones of the platform, call the collective once, one call after the other has ended, and nothing
/// computes. Its time is that of a benchmark which launches calls back to back from each rank (nccl-tests, OSU), without what a framework
/// adds around them.
/// Setting: `bytes`, the buffer that a rank contributes; of an all-gather the one that each ends up with.
/// BadInput: no bytes, less than one or more than 2^53, another setting. Precondition: names_a_collective(name), two ranks or more.
StepPlan collective_plan(const Text& name, std::span<const Text> settings, int ranks, CollectiveAlgorithm algorithm);

}  // namespace forerun
