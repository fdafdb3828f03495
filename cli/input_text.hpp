#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "cli/scenario.hpp"
#include "core/scenario.hpp"
#include "io/text.hpp"

namespace forerun {

/// The keys of all settings of how samples are read, `input.readers` and so on.
std::span<const std::string_view> input_keys();

/// The settings of a workload that say how its samples lie in storage, without `workload.`.
std::span<const std::string_view> stored_keys();

/// How samples are read: readers, decode-workers, prefetch, shuffle-buffer, cache; keys without `input.`. Adds to `problems` what cannot be
/// read and unknown keys.
Input read_input(const std::vector<Text>& settings, Problems& problems);

/// Adds to `problems` what storage the scenario lacks for what is asked of it, and what it lacks to use the storage: a size of samples,
/// settings of an input, of stored samples or of checkpoints without a storage, an input of a plan that is given.
void check_storage_use(const Scenario& scenario, const Settings& settings, Problems& problems);

}  // namespace forerun
