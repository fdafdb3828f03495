#pragma once

#include "cli/output.hpp"
#include "cli/train_run.hpp"

namespace forerun {

/// Adds to the page of a training where its time went: start-up, checkpoints, failures.
void add_run_record(const TrainRun& run, Page& page);

/// The answer where a folder of checkpoints holds all steps already.
Page nothing_left_page(std::int64_t after);

}  // namespace forerun
