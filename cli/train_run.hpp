#pragma once

#include <cstdint>

#include "cli/environment.hpp"
#include "core/scenario.hpp"
#include "kernels/ranks/job.hpp"
#include "kernels/trainer/run_record.hpp"

namespace forerun {

/// A training that was run, from where its folder of checkpoints left it.
struct TrainRun {
  TrainResult result;  ///< without steps where all were done already
  RunRecord record;
  std::int64_t after = 0;  ///< steps that were done before the command began
  Bytes checkpoint_bytes;  ///< of the newest checkpoint; zero without any
  Bytes sample_bytes;      ///< of samples from files, on average; zero without any
  double samples_per_file = 1;
};

/// Runs the job in this process, or on ranks of their own where the scenario has several or one is to be killed. With a folder of
/// checkpoints it goes on after the newest, and starts ranks that end too early again. Says on standard error what happens.
TrainRun run_training(const Scenario& scenario, TrainJob job, const Environment& environment);

}  // namespace forerun
