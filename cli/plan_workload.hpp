#pragma once

#include <string_view>

#include "cli/scenario.hpp"

/// Workloads that are a plan already, with nothing to lower.
namespace forerun {

/// Whether a workload's name means an execution trace or a collective alone.
bool brings_a_plan(std::string_view workload);

/// Puts the plan into the scenario, and its name as the workload's. What belongs to a workload of layers is refused (BadInput, all at
/// once): settings of data, with a trace any strategy, with a collective what is neither data=N nor collective=.... Without the latter the
/// platform's library chooses. MissingCapability as chakra::read_trace(). Precondition: brings_a_plan().
void read_plan(const ScenarioText& text, const Settings& settings, Scenario& scenario);

}  // namespace forerun
