#pragma once

#include <string>
#include <vector>

#include "cli/environment.hpp"
#include "cli/scenario_space.hpp"
#include "cli/scenario_text.hpp"

namespace forerun {

/// The options of `search init` that describe what to choose from as variants of a scenario, as `whatif` takes them.
struct ScenarioSource {
  ScenarioOptions scenario;
  std::vector<std::string> vary;
  std::vector<std::string> changes;
  std::string prior;  ///< whose times are known before the first run: oracle, sim or none; empty: the oracle's
};

void add_scenario_source(CLI::App& verb, ScenarioSource& source);

/// Whether any of them was given.
bool is_given(const ScenarioSource& source);

/// BadInput: what scenario_space() refuses, an unknown prior. Shows its progress on standard error.
SearchSpace read_scenario_source(const ScenarioSource& source, const Environment& environment);

}  // namespace forerun
