#pragma once

#include <string>
#include <vector>

#include "core/calibration.hpp"
#include "core/progress.hpp"
#include "kernels/microbenchmarks/measure.hpp"

/// Measures the kernels of the first GPU. No header of CUDA's, so that whoever asks for it needs none.
namespace forerun::cuda {

/// Of one sweep over the list, and of what is measured beside kernels.
struct GpuEffort {
  Seconds budget = Seconds(0.004);  ///< a kernel and sweep
  int sweeps = 2;
  Seconds wake = Seconds(0.3);  ///< of copies before the first kernel, so that clocks have risen
  Bytes copied = Bytes(512 * kMiB);
  Seconds longest_delay = Seconds(0.02);  ///< as LaunchEffort's
  std::optional<Bytes> rotation;          ///< of what is measured cold, in the place of what exceeds the device's cache
};

struct GpuMeasurement {
  Calibration calibration;            ///< samples only: fit() makes its models
  std::vector<std::string> left_out;  ///< kernels of the list that are not written for CUDA, `gelu forward in bf16`, or failed, and how
  int devices = 1;                    ///< of this machine
  Bytes memory;                       ///< of the device that was measured
  int compute_capability = 0;         ///< times ten
};

/// Measures every kernel of the mode's list in fp32 and bf16, launches and copies. `options.device` is not looked at: the calibration names
/// the GPU. What the journal holds is not measured again; it belongs to one GPU, CUDA and list. Progress counts kernels, once a sweep.
/// Throws MissingCapability where there is no GPU, BadInput where the journal cannot be written, std::runtime_error where the device
/// is lost.
GpuMeasurement measure_gpu(const CalibrateOptions& options, const ProgressCallback& progress);

/// The same with a list of one's own.
GpuMeasurement measure_gpu(const CalibrateOptions& options, const std::vector<Kernel>& list, const GpuEffort& effort,
                           const ProgressCallback& progress);

}  // namespace forerun::cuda
