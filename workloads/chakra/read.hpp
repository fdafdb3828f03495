#pragma once

#include <span>
#include <string_view>

#include "core/plan.hpp"
#include "io/text.hpp"

namespace forerun::chakra {

/// Whether a workload's name means an execution trace: it ends in .et.
inline bool names_a_trace(std::string_view name) { return name.ends_with(".et"); }

/// The plan of the execution trace of MLCommons Chakra whose first rank's file is named: NAME.0.et, with NAME.1.et and so on beside it.
/// A trace that we wrote gives the plan that it was written from. Any other is one step, run once; nodes become computations,
/// transfers and delays (assemble.hpp says on which lanes, rank_classes.hpp which ranks share a class).
/// Settings: `ranks`, where the one file stands for that many; `groups`, a file with process groups (NAME.groups.json where it is there).
/// BadInput: a file that cannot be read or is no trace, within limits of its size (trace.hpp), nodes that contradict one another.
/// MissingCapability: what a plan cannot say or no model prices: reduce, gather and scatter, dimensions of a topology, remote memory
/// without a duration, irregular process groups.
StepPlan read_trace(const Text& name, std::span<const Text> settings);

/// The same of one rank's file in memory, for whatever wants to feed it bytes.
StepPlan read_trace_text(std::string_view bytes);

}  // namespace forerun::chakra
