#pragma once

#include <filesystem>
#include <string>

#include "core/calibration.hpp"
#include "core/progress.hpp"
#include "core/this_machine.hpp"
#include "kernels/microbenchmarks/busy.hpp"
#include "kernels/microbenchmarks/kernel_sample.hpp"
#include "kernels/microbenchmarks/shapes.hpp"

namespace forerun {

enum class CalibrateMode { quick, full };

struct CalibrateOptions {
  CalibrateMode mode = CalibrateMode::quick;
  std::string name{kThisMachine};
  std::string device = "cpu-core";
  std::string date;               ///< ISO 8601
  std::filesystem::path journal;  ///< finished samples are kept here, and a second start skips them; empty: nowhere
};

/// Measures every kernel of the mode's list and the busy factors on this machine, on one core alone (the busy factors on all).
/// The calibration holds samples only: fit() makes its models. Progress counts measurements:
/// each kernel once a sweep, then the busy factors, by how long they take. What the journal holds is not measured again.
/// BadInput where the journal cannot be written; std::runtime_error where a process that keeps a core busy breaks off.
Calibration measure(const CalibrateOptions& options, const ProgressCallback& progress);

/// The same with a list of one's own.
Calibration measure(const CalibrateOptions& options, const BenchmarkList& list, const SampleEffort& sample_effort,
                    const BusyEffort& busy_effort, const ProgressCallback& progress);

std::string host_name();
/// As the kernel names it, or empty.
std::string cpu_model();
std::string compiler_name();

}  // namespace forerun
