#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/prediction.hpp"
#include "core/scenario.hpp"
#include "costs/price.hpp"
#include "sim/play.hpp"
#include "sim/steps.hpp"

namespace forerun::sim {

/// Where jobs lie on the nodes of the network that they share.
enum class JobPlacement {
  packed,  ///< one after another
  spread   ///< in turn: node i of job j of n is node i n + j
};

/// A job as messages name it, counted from one.
std::string job_name(const Scenario& job, std::size_t index);

/// Whether a platform says which nodes of a larger network it has; of a file's network one that begins at its first node does not.
bool has_place(const Platform& platform);

/// Places jobs whose platforms do not say which nodes they have; where any says so, all stay as they are. A torus must be given whole,
/// since its shape holds its nodes. Says why it cannot, else nothing: a file's network has too few nodes, or one of ours would have more
/// than a platform may.
std::string place_jobs(std::vector<Scenario>& jobs, JobPlacement placement);

/// Why jobs cannot share a network, or nothing: networks that differ in links or topology, a node that two of them have.
std::string find_conflict(std::span<const Scenario> jobs);

/// A job to be played beside others.
struct PlannedJob {
  const StepPlan& plan;
  const std::vector<OperationCost>& costs;
  const Platform& platform;
  Seconds begins;  ///< on the clock that all share
  Seconds alone;   ///< about what a step takes alone
  std::uint64_t seed = 1;
  double overlap_slowdown = 1;
};

/// What came of it.
struct PlayedBeside {
  StepTime time;           ///< mean of the steps that count
  std::int64_t steps = 0;  ///< that count: they begin once each job has finished its first
  std::int64_t flows = 0;  ///< simulated in all; by message, messages
};

/// Plays jobs over and over on one network, in a forked child, until as many as `least_steps` steps of each count. No rank is folded.
/// Throws SimulationFailed where a plan blocks or a job does not get on.
std::vector<PlayedBeside> play_together(std::span<const PlannedJob> jobs, Mode mode, int least_steps);

/// What a job takes alone, and beside the others.
struct JobPrediction {
  Prediction alone;
  Prediction together;  ///< that another job cannot run is its reason too
};

/// Jobs without a conflict side by side, as jobs that are long on their way: the first begins at once, the others at a date within their
/// own first step that is drawn from the first one's seed. Eight steps of the slowest count at least. Jobs whose later epochs
/// find their samples in memory are past their first, alone too; their start-up is that of the first.
/// Throws as predict() does, and MissingCapability for servers whose workers wait for nobody, links that change during a run, and jobs
/// whose steps differ by more than a factor of 100,000.
std::vector<JobPrediction> predict_together(std::span<const Scenario> jobs, Mode mode = Mode::flow);

}  // namespace forerun::sim
