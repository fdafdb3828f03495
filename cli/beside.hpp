#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/engines.hpp"
#include "cli/output.hpp"
#include "cli/scenario.hpp"
#include "sim/jobs.hpp"

namespace forerun {

/// Jobs on one network: what `predict --beside` asks for.
struct BesideOptions {
  std::vector<std::string> files;              ///< scenarios, or predictions written before; empty: the job is alone
  std::optional<sim::JobPlacement> placement;  ///< empty: packed, where they do not say it themselves
};

/// `--beside FILE` and `--placement`.
void add_beside_options(CLI::App& verb, BesideOptions& options);

/// What came of all jobs.
struct PredictedJobs {
  std::vector<ReadScenario> jobs;  ///< the first is the one asked about
  std::vector<sim::JobPrediction> predictions;
};

/// Reads the job and those beside it, which a prediction's document holds too, places them on one network, and plays them.
/// BadInput where they cannot share it, for an engine that plays nothing, or a placement of jobs that say themselves where they lie.
PredictedJobs predict_beside(const ScenarioText& text, const BesideOptions& options, Engine engine, int samples, ScenarioReader& reader);

/// The job's prediction beside the others, a line for each job, and the whole prediction of each in the document; as CSV a row for each.
Page beside_page(const PredictedJobs& predicted);

}  // namespace forerun
