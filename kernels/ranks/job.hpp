#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/calibration.hpp"
#include "io/text.hpp"
#include "kernels/ranks/network_entries.hpp"
#include "kernels/trainer/train.hpp"

/// What the `forerun` command and the `forerun-ranks` executable say to one another: a job file one way, a result file back.
namespace forerun {

/// How forerun-ranks ends; the codes are those of the command. Where it ends with bad input or a missing capability, its result file holds
/// the message in place of a result.
enum class RanksExit { success = 0, usage = 2, bad_input = 3, missing = 6, bug = 70 };

/// Train a scenario on as many ranks as were launched.
struct TrainJob {
  std::string workload;                                       ///< as load_workload() takes it: a name or a file
  std::vector<std::pair<std::string, std::string>> settings;  ///< key and value, as load_workload() takes them
  std::string strategy = "serial";                            ///< as parse_strategy() takes it
  std::uint64_t seed = 1;
  std::int64_t steps = 100;
  std::int64_t warm_up = 10;
  int resident_batches = 4;
  Kernels kernels = Kernels::fastest;
  DeviceKind device = DeviceKind::cpu;
  int threads = 1;   ///< of each rank; ranks that are started have a core each
  DataOptions data;  ///< which cores are the ranks' own matter
  CheckpointOptions checkpoints;
  std::vector<Kill> kills;

  friend bool operator==(const TrainJob&, const TrainJob&) = default;
};

/// Measure the communication between ranks.
struct NetworkJob {
  std::vector<NetworkEntry> entries;
  Seconds time_a_size = Seconds(0.3);  ///< how long one entry is repeated

  friend bool operator==(const NetworkJob&, const NetworkJob&) = default;
};

using Job = std::variant<TrainJob, NetworkJob>;

struct NetworkResult {
  std::vector<CollectiveSample> collectives;  ///< one an entry, in their order
};
using SampleCallback = std::function<void(const CollectiveSample&)>;

/// What the trainer is told by a job.
TrainOptions train_options(const TrainJob& job);

/// `RANK@STEP`. BadInput for anything else.
std::string kill_text(const Kill& kill);
Kill parse_kill(const Text& text);

std::string job_text(const Job& job);
/// BadInput with the place of whatever is wrong.
Job read_job(const std::filesystem::path& file);

/// One line for a sample that is there while others are still measured.
std::string sample_line(const CollectiveSample& sample);
/// Whether the line is one.
bool read_sample_line(const std::string& line, CollectiveSample& sample);

std::string result_text(const TrainResult& result);
std::string result_text(const NetworkResult& result);
/// Throws std::runtime_error where the file is not what result_text() wrote.
TrainResult read_train_result(const std::filesystem::path& file);
NetworkResult read_network_result(const std::filesystem::path& file);

}  // namespace forerun
