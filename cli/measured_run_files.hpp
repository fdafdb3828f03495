#pragma once

#include <filesystem>
#include <string>

#include "kernels/trainer/train.hpp"
#include "validation/measured_runs.hpp"

namespace forerun {

/// A name, or a file as a file of measured runs names it: relative to that file's folder, and never to be taken for a name.
std::string named_from(const std::string& name_or_file, const std::filesystem::path& runs);

/// A file of measured runs and what is kept beside it: RUNS.steps.csv (run, step, step_time_s), RUNS.operations.csv and, of runs that read
/// samples, RUNS.input.csv (run, step, read_s, decode_s, input_exposed_s).
class MeasuredRunFiles {
 public:
  explicit MeasuredRunFiles(const std::filesystem::path& runs);

  /// BadInput if append() would fail later, or a run of this name is there already. Changes nothing.
  void check(const std::string& run) const;

  /// The run last, so that a run that is there has its steps.
  void append(const MeasuredRun& run, const TrainResult& result) const;

 private:
  std::filesystem::path runs_;
  std::filesystem::path steps_;
  std::filesystem::path operations_;
  std::filesystem::path input_;
};

}  // namespace forerun
