#include <catch2/catch.hpp>
#include <string>

#include "cli/calibrate_gpu.hpp"
#include "core/this_machine.hpp"
#include "costs/calibration_file.hpp"
#include "costs/kernel_fit.hpp"
#include "io/yaml.hpp"
#include "platforms/load.hpp"
#include "tests/cli/command_line.hpp"
#include "tests/support/synthetic_calibration.hpp"

using namespace forerun;

namespace {

/// A GPU on paper: in bf16 each kernel takes half of what it takes in fp32, and the host needs 1 ms to issue a ReLU's.
Calibration paper_gpu(const std::string& name) {
  Calibration calibration = support::synthetic_calibration();
  calibration.name = name;
  calibration.device = "NVIDIA H100 80GB HBM3";
  calibration.busy.clear();
  calibration.collectives.clear();
  for (std::size_t i = 0, count = calibration.kernels.size(); i < count; ++i) {
    KernelSample sample = calibration.kernels[i];
    sample.kernel.precision = Precision::bf16;
    for (Seconds* time : {&sample.median, &sample.p10, &sample.p90}) *time = *time / 2;
    calibration.kernels.push_back(sample);
  }
  calibration.measured_gpu = MeasuredGpu{.driver = "13.0",
                                         .runtime = "13.0",
                                         .cache = Bytes(50e6),
                                         .launch = Seconds(1e-6),
                                         .issue = Seconds(2e-9),
                                         .copy = BytesPerSecond(2e12),
                                         .host_to_device = BytesPerSecond(5e10)};
  fit(calibration);
  return calibration;
}

double step_time(const CommandLine& shell, const std::string& arguments) {
  const Answer answer = shell.run("predict --workload mlp --set workload.batch=64 --format json " + arguments);
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  return std::stod(value_of(read_yaml_text(answer.out, "out"), "step_time_s"));
}

}  // namespace

TEST_CASE("a calibration that was measured on a GPU predicts each precision by its own samples") {
  const CommandLine shell;
  put(shell.folder() / "gpu.json", calibration_json(paper_gpu("gpu")));
  const std::string on = "--calibration ./gpu.json --platform dgx-h100 ";
  const double fp32 = step_time(shell, on), bf16 = step_time(shell, on + "--set workload.precision=bf16");
  CHECK(bf16 < 0.7 * fp32);
  CHECK(bf16 > 0.3 * fp32);
}

TEST_CASE("small kernels of a GPU that was measured take the host's time to issue them") {
  const CommandLine shell;
  Calibration calibration = paper_gpu("gpu");
  put(shell.folder() / "gpu.json", calibration_json(calibration));
  calibration.measured_gpu->issues = {{LayerKind::relu, Pass::forward, Optimizer::sgd_momentum, Precision::fp32, Seconds(1e-2)}};
  put(shell.folder() / "slow.json", calibration_json(calibration));
  const double quick = step_time(shell, "--calibration ./gpu.json --platform dgx-h100");
  CHECK(step_time(shell, "--calibration ./slow.json --platform dgx-h100") > quick + 8e-3);
  const Answer explained =
      shell.run("predict --workload mlp --set workload.batch=64 --calibration ./slow.json --platform dgx-h100 --explain");
  CHECK(explained.out.find("the host's issue of kernels") != std::string::npos);
}

TEST_CASE("a measured GPU's times are refused for cores, and warned of on another GPU") {
  const CommandLine shell;
  put(shell.folder() / "gpu.json", calibration_json(paper_gpu("gpu")));
  const std::string predict = "predict --workload mlp --set workload.batch=64 --calibration ./gpu.json --platform ";
  const Answer cores = shell.run(predict + "cpu-cluster");
  CHECK(cores.code == 3);
  CHECK(cores.err.find("describes the device NVIDIA H100 80GB HBM3, and those of platform cpu-cluster are cpu") != std::string::npos);
  CHECK(shell.run(predict + "dgx-h100").err.find("describes the device") == std::string::npos);
  CHECK(shell.run(predict + "dgx-a100-80gb").err.find("describes the device NVIDIA H100 80GB HBM3, and those") != std::string::npos);
}

TEST_CASE("what calibrate writes of this machine's GPU is found as the platform this-machine-gpu") {
  const CommandLine shell;
  cuda::GpuMeasurement measured;
  measured.calibration = paper_gpu(std::string(kThisMachineGpu));
  measured.devices = 2;
  measured.memory = Bytes(80e9);
  measured.compute_capability = 90;
  Environment environment;
  environment.cores = 16;
  environment.memory = Bytes(1e11);
  const Platform platform = gpu_platform(measured, environment);
  CHECK(platform.devices_per_node == 2);
  CHECK(platform.host_link == BytesPerSecond(5e10));
  std::filesystem::create_directories(shell.folder() / "data/forerun");
  put(shell.folder() / "data/forerun/this-machine-gpu.yaml", platform_yaml(platform));
  put(shell.folder() / "data/forerun/this-machine-gpu.calibration.json", calibration_json(measured.calibration));
  CHECK(step_time(shell, "--platform this-machine-gpu") > 0);
  const Answer shown = shell.run("show calibration this-machine-gpu");
  CHECK(shown.out.find("NVIDIA H100 80GB HBM3") != std::string::npos);
  CHECK(shown.out.find("forward in bf16") != std::string::npos);
  CHECK(shown.out.find("an empty kernel takes 1") != std::string::npos);
  const Answer another = shell.run("predict --workload mlp --set workload.batch=64 --platform this-machine-gpu");
  CHECK(another.err.find("was measured on host paper-host, not on this one") != std::string::npos);
}
