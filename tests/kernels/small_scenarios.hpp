#pragma once

#include <string>
#include <string_view>

#include "core/scenario.hpp"
#include "kernels/trainer/executor.hpp"
#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

/// Workloads that train within milliseconds, for the tests of the trainer.
namespace forerun {

inline Scenario scenario(const std::string& workload, int batch, const std::string& strategy) {
  const auto text = [](const std::string& value, const char* key) {
    Text made;
    made.value = value, made.key = key;
    return made;
  };
  const std::vector<Text> settings{text(std::to_string(batch), "batch")};
  Scenario made;
  made.workload = load_workload(text(workload, "workload"), settings);
  made.strategy = parse_strategy(text(strategy, "strategy"));
  made.platform.devices_per_node = made.strategy.ranks();
  return made;
}

inline std::string small_cnn() { return FORERUN_TEST_DATA "/small-cnn.yaml"; }

inline StepPlan plan_of(const Scenario& made) { return std::get<StepPlan>(lower(made)); }

}  // namespace forerun
