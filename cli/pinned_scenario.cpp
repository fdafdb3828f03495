#include "cli/pinned_scenario.hpp"

#include <algorithm>
#include <set>

#include "strategies/strategy_text.hpp"
#include "workloads/collective.hpp"

namespace forerun {
namespace {

/// The runtime that such networks are mostly trained with, where none is pinned.
std::string usual_runtime(const Scenario& scenario) {
  const bool attention =
      std::ranges::any_of(scenario.workload.layers, [](const Layer& layer) { return layer.shape.kind == LayerKind::attention; });
  if (attention) return "runtime=megatron";
  return scenario.calibration->gpu ? "runtime=pytorch-ddp" : "runtime=forerun";
}

}  // namespace

ReadScenario read_pinned(ScenarioText text, ScenarioReader& reader, Text& pinned) {
  pinned = text.strategy;
  text.strategy.value = "serial";
  if (names_a_collective(text.workload.value))
    throw BadInput(problem(text.workload, "is a collective alone, and has no strategy", "a model or a description"));
  ReadScenario read = reader.read(text);
  if (read.scenario.plan) throw BadInput(problem(text.workload, "is a trace: it has a strategy already", "a model or a description"));
  const std::set<std::string> keys = strategy_keys(pinned);
  if (keys.contains("micro-batches"))
    throw BadInput(problem(pinned, "pins micro-batches, whose number follows from the data axis", "micro-batch=SAMPLES"));
  Text whole = pinned;
  const bool nothing = pinned.value == "serial" || keys.empty();
  if (nothing || (!keys.contains("runtime") && !keys.contains("servers")))
    whole.value = (nothing ? "" : pinned.value + ",") + usual_runtime(read.scenario);
  read.scenario.strategy = parse_strategy(whole, Unsaid::open);
  read.text.strategy.value = strategy_text(read.scenario.strategy);
  return read;
}

}  // namespace forerun
