#include "cli/calibrate_gpu.hpp"

#include "cli/calibration_page.hpp"
#include "cli/calibration_target.hpp"
#include "cli/progress.hpp"
#include "cli/ranks.hpp"
#include "core/error.hpp"
#include "core/this_machine.hpp"
#include "costs/calibration_file.hpp"
#include "costs/kernel_fit.hpp"
#include "io/atomic_file.hpp"
#include "io/format.hpp"
#include "kernels/make_device.hpp"
#include "platforms/load.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

#ifdef FORERUN_HAS_CUDA
cuda::GpuMeasurement measure_here(const CalibrateOptions& how, const ProgressCallback& progress) {
  return cuda::measure_gpu(how, progress);
}
#else
cuda::GpuMeasurement measure_here(const CalibrateOptions&, const ProgressCallback&) { return {}; }
#endif

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Platform gpu_platform(const cuda::GpuMeasurement& measured, const Environment& environment) {
  Platform platform = this_machine(environment);
  platform.name = kThisMachineGpu;
  platform.device = measured.calibration.device;
  platform.devices_per_node = measured.devices;
  platform.device_memory = measured.memory;
  platform.compute_capability = measured.compute_capability;
  platform.host_link = measured.calibration.measured_gpu->host_to_device;
  platform.calibration = kThisMachineGpu;
  return platform;
}

ExitCode calibrate_gpu(CalibrateMode mode, const std::string& file, const OutputOptions& output, const Environment& environment) {
  require_devices(DeviceKind::cuda);
  check_output(output);
  const CalibrationTarget target = calibration_target(file, kThisMachineGpu, environment);
  CalibrateOptions how;
  how.mode = mode;
  how.name = target.name;
  how.date = iso_date(environment.now);
  how.journal = target.journal();
  cuda::GpuMeasurement measured;
  {
    ProgressLine progress(WhenPiped::now_and_then);
    measured = measure_here(how, progress.callback());
  }
  if (!measured.left_out.empty()) say("left out, since it is not written for CUDA or failed: " + joined(measured.left_out));
  fit(measured.calibration);
  write_file(target.calibration, calibration_json(measured.calibration));
  if (!target.platform.empty()) write_file(target.platform, platform_yaml(gpu_platform(measured, environment)));
  std::error_code none;
  fs::remove(how.journal, none);
  say("written: " + target.calibration.string() + (target.platform.empty() ? "" : " and " + target.platform.string()));
  deliver(calibration_page(measured.calibration), output);
  return ExitCode::success;
}

}  // namespace forerun
