#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/scenario.hpp"
#include "io/text.hpp"

namespace forerun {

/// The setting with its whole key, `platform.nodes`, for messages.
Text named(const Text& setting, std::string_view prefix);

/// A setting under a key that nobody knows, with what is known.
Problem unknown_setting(const Text& setting, const std::string& key, std::span<const std::string_view> known);

/// The keys of all settings of a run, `run.steps` and so on.
std::span<const std::string_view> run_keys();

/// What is to be done: steps, epochs, critical-batch with minimum-steps or with reference-epochs and reference-batch, batch-steps (a CSV
/// with the columns batch and steps or epochs, to which these are fitted), startup, evaluation with evaluation-interval,
/// checkpoint-interval with checkpoint-mode, market, seed, seeds; keys without `run.`. `samples` are those of an epoch, 0 where that is not
/// known. Adds to `problems` what cannot be read, unknown keys, and what cannot stand beside one another.
Run read_run(const std::vector<Text>& settings, std::int64_t samples, Problems& problems);

/// The settings of a run that say how many steps a target takes, without `run.`.
std::span<const std::string_view> target_keys();

/// Adds to `problems`, where they were given, epochs or a target of too many steps. A workload without a batch is refused elsewhere.
void check_run_length(const Scenario& scenario, const std::vector<Text>& settings, Problems& problems);

/// Adds to `problems` the settings that need a data set or a batch: a trace has neither.
void refuse_run_of_data(const std::vector<Text>& settings, Problems& problems);

/// Adds to `problems` the settings of a run that is predicted, not trained.
void refuse_whole_run(const std::vector<Text>& settings, Problems& problems);

}  // namespace forerun
