#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "core/prediction.hpp"
#include "core/scenario.hpp"
#include "strategies/strategy_text.hpp"
#include "tests/support/synthetic_calibration.hpp"

namespace forerun::test {

/// Three dense layers, trained data-parallel on nodes of one device each.
inline Scenario data_parallel(int ranks) {
  static const auto calibration = std::make_shared<const Calibration>(support::synthetic_calibration());
  Scenario scenario;
  scenario.calibration = calibration;
  Workload& workload = scenario.workload;
  workload.name = "chain";
  workload.input = {784, 1, 1};
  const auto dense = [](std::int64_t inputs, std::int64_t outputs) {
    return LayerShape{LayerKind::dense, {inputs, 1, 1}, {outputs, 1, 1}};
  };
  const TensorShape hidden{256, 1, 1};
  workload.layers = {{"first", dense(784, 256)},  {"first_relu", {LayerKind::relu, hidden, hidden}},
                     {"second", dense(256, 256)}, {"second_relu", {LayerKind::relu, hidden, hidden}},
                     {"head", dense(256, 10)},    {"loss", {LayerKind::softmax_cross_entropy, {10, 1, 1}, {10, 1, 1}}}};
  for (int i = 0; i < static_cast<int>(workload.layers.size()); ++i) workload.layers[i].inputs = {i - 1};
  workload.batch = 64L * ranks;
  workload.samples = 60000;
  scenario.platform.name = "paper-cluster";
  scenario.platform.nodes = ranks;
  scenario.platform.inter_node = {BytesPerSecond(1.25e9), Seconds(20e-6)};
  scenario.strategy.data = ranks;
  scenario.strategy.overlap = Overlap::data;
  scenario.strategy.bucket = Bytes(200e3);
  scenario.strategy.first_bucket = Bytes(10e3);
  return scenario;
}

/// Its workers by parameter servers: `rest` of the strategy's settings.
inline Scenario served(int workers, const std::string& rest, int nodes, int devices_per_node = 1) {
  Scenario scenario = data_parallel(workers);
  scenario.strategy = parse_strategy({"data=" + std::to_string(workers) + "," + rest, "test", 0, 0, ""});
  scenario.platform.nodes = nodes;
  scenario.platform.devices_per_node = devices_per_node;
  scenario.platform.intra_node = {BytesPerSecond(5e9), Seconds(2e-6)};
  return scenario;
}

/// Whether one of its assumptions has these words.
inline bool says(const Prediction& prediction, const std::string& part) {
  return std::ranges::any_of(prediction.assumptions, [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

}  // namespace forerun::test
