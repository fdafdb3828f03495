#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/plan.hpp"

namespace forerun::chakra {

/// One rank's file: a node an operation, its id the operation's index. Data dependencies are what it waits for in the same step, a
/// control dependency is what its lane runs before it. `times`, where there are any, are each operation's time alone; they stand as
/// duration_micros of what computes, rounded, at least one. Attributes that begin with `forerun.` carry the rest.
/// MissingCapability: repeats within the step, a shift.
std::string trace_of_rank(const StepPlan& plan, std::span<const Seconds> times, int rank);

/// What a collective is called in a trace, and its comm_size: what each rank puts in, rounded.
std::int64_t comm_type(Collective::Operation operation);
std::int64_t comm_size(const Collective& collective, int ranks);

/// All ranks' files, NAME.0.et and so on, and NAME.groups.json where not every collective is over all ranks: a mapping from process group
/// to ranks, as ASTRA-sim reads it. Repeats and pipelines within the step are written out. BadInput where a file cannot be
/// written.
void write_traces(const StepPlan& plan, std::span<const Seconds> times, const std::filesystem::path& name);

}  // namespace forerun::chakra
