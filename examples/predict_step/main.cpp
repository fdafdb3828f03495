// How long does a training step take, and what is it spent on? The oracle's answer for a model, a cluster and a strategy.
#include <cstdio>
#include <vector>

#include "core/error.hpp"
#include "costs/calibration_file.hpp"
#include "oracle/predict.hpp"
#include "platforms/load.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

using namespace forerun;

int main() {
  try {
    const std::vector<Text> batch = {{.value = "256", .key = "batch"}};
    const std::vector<Text> cluster = {{.value = "4", .key = "nodes"}, {.value = "10Gbit/s", .key = "link-bandwidth"}};

    Scenario scenario;
    scenario.workload = load_workload({.value = "mnist-cnn"}, batch);
    scenario.platform = load_platform({.value = "cpu-cluster"}, cluster);
    scenario.strategy = parse_strategy({.value = "data=4"});
    scenario.calibration = load_calibration({.value = scenario.platform.calibration});

    const Prediction prediction = oracle::predict(scenario);
    if (prediction.status != Status::ok) {
      std::printf("infeasible: %s\n", prediction.reason.c_str());
      return 1;
    }
    const Parts& parts = *prediction.parts;
    std::printf("step                   %8.3f ms\n", 1e3 * prediction.step_time->value());
    std::printf("  compute              %8.3f ms\n", 1e3 * parts.compute.value());
    std::printf("  exposed communication%8.3f ms\n", 1e3 * parts.comm_exposed.value());
    std::printf("  bubble               %8.3f ms\n", 1e3 * parts.bubble.value());
    std::printf("  input                %8.3f ms\n", 1e3 * parts.input_exposed.value());
    std::printf("  overhead             %8.3f ms\n", 1e3 * parts.overhead.value());
    return 0;
  } catch (const BadInput& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  } catch (const MissingCapability& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 6;
  }
}
