#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/scenario.hpp"
#include "kernels/trainer/executor.hpp"
#include "kernels/trainer/network.hpp"
#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

/// Workloads that train within milliseconds, for the tests of the trainer.
namespace forerun {

/// `settings` are keys and values in turn.
inline Scenario scenario(const std::string& workload, int batch, const std::string& strategy,
                         const std::vector<std::pair<const char*, std::string>>& settings = {}) {
  const auto text = [](const std::string& value, const char* key) {
    Text made;
    made.value = value, made.key = key;
    return made;
  };
  std::vector<Text> all{text(std::to_string(batch), "batch")};
  for (const auto& [key, value] : settings) all.push_back(text(value, key));
  Scenario made;
  made.workload = load_workload(text(workload, "workload"), all);
  made.strategy = parse_strategy(text(strategy, "strategy"));
  const bool apart = made.strategy.servers > 0 && made.strategy.server_nodes == ServerNodes::own;
  (apart ? made.platform.nodes : made.platform.devices_per_node) = made.strategy.ranks();
  return made;
}

/// Residual blocks, one of them with a shortcut of its own, and batch norms.
inline Scenario small_resnet(int batch, const std::string& strategy) {
  return scenario("resnet18", batch, strategy, {{"width", "4"}, {"image", "32"}, {"classes", "8"}, {"blocks", "1,1,1,1"}});
}

/// Attention, layer norms, dropout, and a head that shares the weights of the tokens' table. Its three blocks are folded in its plan.
inline std::vector<std::pair<const char*, std::string>> small_gpt_settings() {
  return {{"layers", "3"}, {"hidden", "16"}, {"heads", "2"}, {"sequence", "6"}, {"vocabulary", "11"}};
}
inline Scenario small_gpt(int batch, const std::string& strategy) { return scenario("gpt", batch, strategy, small_gpt_settings()); }

inline std::string small_cnn() { return FORERUN_TEST_DATA "/small-cnn.yaml"; }
inline std::string small_views() { return FORERUN_TEST_DATA "/small-views.yaml"; }

/// By a short name: mlp, gpt, or a file's.
inline Scenario small_network(const std::string& name, int batch, const std::string& strategy) {
  if (name == "gpt") return small_gpt(batch, strategy);
  const bool file = name == "cnn" || name == "views" || name == "vgg" || name == "windows" || name == "norm";
  return scenario(file ? FORERUN_TEST_DATA "/small-" + name + ".yaml" : name, batch, strategy);
}

/// On the host.
inline std::vector<float> weights_of(Network& network) {
  std::vector<float> weights(network.weights().size());
  network.device().download(network.weights().data(), network.weights().size_bytes(), weights.data());
  return weights;
}

inline StepPlan plan_of(const Scenario& made) { return std::get<StepPlan>(lower(made)); }

}  // namespace forerun
