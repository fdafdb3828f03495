#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "costs/price.hpp"

/// Loading of samples over a run, from the priced operations of one step.
namespace forerun {

/// How many samples a loading process has in its shuffle buffer when the first step begins: the buffer's, and no more than its share of
/// the data set, samples / data ranks, where the workload names one.
double shuffled_samples(const Scenario& scenario);

/// What a run takes before its first step to fill the shuffle buffer of each loading process:
///   shuffled_samples / n x max(T_read, T_decode),   n: samples of a step that the process loads in these times.
/// Once a run: later epochs refill the buffer while they drain it. Neglects that the last steps of the run drain it and read nothing.
Seconds shuffle_fill(const Scenario& scenario, const StepPlan& plan, std::span<const OperationCost> costs);

/// Where later epochs find the samples that the first one has read   [tf.data guide; the page cache of any operating system].
///   page:    files whose share of a node, samples x bytes / nodes that read, fits into the node's free memory; object stores have none
///   memory:  the same of decoded samples, 4 bytes an element of the workload's input
/// Free is what the node's memory leaves to it: on a CPU platform without what its ranks need. A node reads the same share in every epoch,
/// and what does not fit as a whole is read again as a whole. `storage` where the workload names no data set or the platform no memory.
SampleSource later_source(const Scenario& scenario, const StepMemory& memory);

/// What a prediction rests on where samples are read from storage; `later` from later_source(), empty where all steps are of the first
/// epoch.
std::vector<std::string> loading_assumptions(const Scenario& scenario, std::optional<SampleSource> later);

}  // namespace forerun
