#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/environment.hpp"
#include "cli/output.hpp"
#include "cli/scenario.hpp"
#include "cli/training_page.hpp"
#include "kernels/trainer/train.hpp"

namespace forerun {

/// The command line of `train`, as texts.
struct TrainCommand {
  ScenarioOptions scenario;
  OutputOptions output;
  std::string steps = "100";
  std::string warm_up = "10";
  std::string threads = "1";
  DeviceKind device = DeviceKind::cpu;
  std::string append;
  std::string run;
  std::string group = "train";
  std::vector<std::string> data;
  std::string checkpoints;
  std::vector<std::string> kills;
  Detail detail = Detail::summary;
};

/// What is to be trained, as texts and as values.
struct Training {
  Scenario scenario;
  std::int64_t warm_up = 0;
  int threads = 1;
  DeviceKind device = DeviceKind::cpu;
  DataOptions data;
  bool stored = false;  ///< the platform says where samples lie
  CheckpointOptions checkpoints;
  std::vector<Kill> kills;
  std::vector<Text> settings;  ///< `key=value`, as they were given; of what decides a step
  std::vector<Text> workload_settings;
};

/// Reads a training and checks it against what the trainer does. BadInput with all that is wrong; MissingCapability.
Training read_training(const TrainCommand& options, const Environment& environment);

}  // namespace forerun
