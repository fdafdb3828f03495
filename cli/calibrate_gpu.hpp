#pragma once

#include <string>

#include "cli/environment.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "core/platform.hpp"
#include "kernels/cuda/microbenchmarks/measure.hpp"

namespace forerun {

/// Measures the kernels of this machine's first GPU and writes them to `file`; without one as `this-machine-gpu`, with the machine as a
/// platform of that name. Throws MissingCapability, before anything is written, where forerun was built without the CUDA kernels or no GPU
/// is there.
ExitCode calibrate_gpu(CalibrateMode mode, const std::string& file, const OutputOptions& output, const Environment& environment);

/// This machine with what was measured of its GPU as what computes: one node, all of its GPUs taken for equals.
Platform gpu_platform(const cuda::GpuMeasurement& measured, const Environment& environment);

}  // namespace forerun
