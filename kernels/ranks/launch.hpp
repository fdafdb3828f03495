#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/progress.hpp"
#include "kernels/ranks/job.hpp"

namespace forerun {

/// Where the launcher finds what it starts.
struct RanksPaths {
  std::filesystem::path forerun_ranks;        ///< the executable; the command's own folder holds it
  std::filesystem::path mpirun = "mpirun";    ///< a path, or a name that is looked up
  std::vector<std::filesystem::path> search;  ///< where missing_for_ranks() looks a name up; empty: only starting it will tell
  std::filesystem::path scratch;              ///< a folder for job and result; empty: the system's temporary one
};

/// The ranks broke off; what() ends with the last lines that they wrote.
class RanksFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Runs a job on `ranks` processes of this machine, one core each, and returns its result. Blocks; progress, events and samples are
/// reported on the calling thread, and an exception thrown from it ends the ranks, as the end of this process does, however it comes.
/// Throws MissingCapability where mpirun, forerun-ranks or something that the job needs is missing, BadInput where the job is wrong,
/// RanksFailed where it breaks off.
TrainResult train_on_ranks(const TrainJob& job, int ranks, const RanksPaths& paths, const ProgressCallback& progress,
                           const TrainEventCallback& on_event = {});
NetworkResult measure_network(const NetworkJob& job, int ranks, const RanksPaths& paths, const ProgressCallback& progress,
                              const SampleCallback& on_sample = {});

/// Whether jobs can be launched: empty, or what is missing in one line.
std::string missing_for_ranks(const RanksPaths& paths);

}  // namespace forerun
