#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "core/error.hpp"
#include "costs/calibration_file.hpp"
#include "costs/kernel_fit.hpp"
#include "costs/price.hpp"
#include "kernels/cuda/microbenchmarks/measure.hpp"
#include "kernels/cuda/operator.hpp"
#include "kernels/microbenchmarks/gpu_benchmarks.hpp"
#include "strategies/lower.hpp"
#include "tests/kernels/dense_kernel.hpp"
#include "workloads/load.hpp"

using namespace forerun;

namespace {

/// False, with the one line by which ctest knows a skipped test, where there is no GPU.
bool has_device() {
  if (cuda::device_count() > 0) return true;
  std::cout << "skipped: no CUDA device is present\n";
  return false;
}

class TemporaryFile {
 public:
  TemporaryFile() : path_(std::filesystem::temp_directory_path() / ("forerun-gpu-journal-" + std::to_string(getpid()))) {}
  ~TemporaryFile() { std::filesystem::remove(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

const cuda::GpuEffort kShortly{Seconds(1e-4), 2, Seconds(0), Bytes(1 << 16), Seconds(1e-4), Bytes(1 << 16)};

/// Kernels of a perceptron.
std::vector<Kernel> short_list() {
  return read_kernel_list("dense:\n  - {batch: [3, 8], inputs: [24], outputs: [16]}\nupdate:\n  - {inputs: [24], outputs: [16]}\n", "list");
}

}  // namespace

TEST_CASE("a calibration of a GPU names it and measures its list, launches and copies", "[gpu]") {
  if (!has_device()) return;
  CalibrateOptions options;
  options.name = "lab";
  options.date = "2026-11-22";
  std::vector<double> seen;
  const cuda::GpuMeasurement measured =
      cuda::measure_gpu(options, short_list(), kShortly, [&](const Progress& progress) { seen.push_back(progress.done / progress.total); });
  const Calibration& calibration = measured.calibration;
  CHECK(calibration.name == "lab");
  CHECK(calibration.mode == "quick");
  CHECK_FALSE(calibration.device.empty());
  CHECK(measured.devices >= 1);
  CHECK(measured.memory > Bytes(0));
  REQUIRE(calibration.measured_gpu);
  const MeasuredGpu& gpu = *calibration.measured_gpu;
  CHECK(gpu.driver.find('.') != std::string::npos);
  CHECK(gpu.launch > Seconds(0));
  CHECK(gpu.issue > Seconds(0));
  CHECK(gpu.copy > BytesPerSecond(1e6));
  CHECK(gpu.host_to_device > BytesPerSecond(1e6));
  for (const KernelSample& sample : calibration.kernels) {
    CHECK(sample.median > Seconds(0));
    CHECK(sample.p10 <= sample.median);
    CHECK(sample.median <= sample.p90);
    CHECK(cuda::offers(sample.kernel));
    const auto issued = std::ranges::count_if(gpu.issues, [&](const IssueTime& issue) {
      return issue.precision == sample.kernel.precision && issue.pass == sample.kernel.pass && issue.time > Seconds(0);
    });
    CHECK(issued == 1);
  }
  CHECK(seen.front() == 0);
  CHECK(seen.back() == 1);
  CHECK(std::ranges::is_sorted(seen));
}

TEST_CASE("a calibration of a GPU that was broken off goes on where its journal ends, on the same GPU and list", "[gpu]") {
  if (!has_device()) return;
  const TemporaryFile file;
  CalibrateOptions options;
  options.journal = file.path();
  const auto measure = [&](const std::vector<Kernel>& list) { return cuda::measure_gpu(options, list, kShortly, {}).calibration; };
  const Calibration first = measure(short_list());
  std::vector<std::string> lines;
  std::ifstream written(file.path());
  for (std::string line; std::getline(written, line);) lines.push_back(line);
  written.close();
  CHECK(lines.size() == 1 + 2 * first.kernels.size() + 3);  // its head, two sweeps, launches and two copies
  CHECK(lines.front().find(first.device) != std::string::npos);
  const Calibration second = measure(short_list());
  CHECK(second.kernels == first.kernels);
  CHECK(second.measured_gpu == first.measured_gpu);
  {  // both sweeps of the first kernel are there, and half a line
    std::ofstream shorter(file.path(), std::ios::trunc);
    shorter << lines[0] << '\n' << lines[1] << '\n' << lines[1 + first.kernels.size()] << '\n' << lines[2].substr(0, 9);
  }
  const Calibration third = measure(short_list());
  CHECK(third.kernels.front() == first.kernels.front());
  CHECK(third.kernels.size() == first.kernels.size());
  CHECK(third.kernels.back() != first.kernels.back());
  std::vector<Kernel> other = short_list();
  other.pop_back();
  CHECK(measure(other).kernels.front() != third.kernels.front());
}

TEST_CASE("of the sweeps over a GPU's kernels the fastest counts, and the least time to issue", "[gpu]") {
  if (!has_device()) return;
  const TemporaryFile file;
  CalibrateOptions options;
  options.journal = file.path();
  const auto measure = [&] { return cuda::measure_gpu(options, short_list(), kShortly, {}).calibration; };
  const std::size_t count = measure().kernels.size();
  std::ifstream written(file.path());
  std::string head;
  std::getline(written, head);
  std::ofstream journal(file.path(), std::ios::trunc);
  journal << head << '\n';
  for (std::size_t i = 0; i < 2 * count; ++i) {
    const bool fast = (i < count) == (i % 2 == 0);
    journal << "{\"index\":" << i
            << (fast ? R"(,"median_s":1.0,"p10_s":0.5,"p90_s":1.5,"issue_s":8.0})"
                     : R"(,"median_s":2.0,"p10_s":2.0,"p90_s":2.0,"issue_s":4.0})")
            << '\n';
  }
  journal.close();
  const Calibration calibration = measure();
  for (const KernelSample& sample : calibration.kernels) {
    CHECK(sample.median == Seconds(1));
    CHECK(sample.p90 == Seconds(1.5));
  }
  for (const IssueTime& issue : calibration.measured_gpu->issues) CHECK(issue.time == Seconds(4));
}

TEST_CASE("kernels that are not written for CUDA are left out by name", "[gpu]") {
  if (!has_device()) return;
  std::vector<Kernel> list = short_list();
  list.push_back({{.kind = LayerKind::lstm, .input = {4, 1, 3}, .output = {4, 1, 3}}, Pass::forward, 2, {}});
  const cuda::GpuMeasurement measured = cuda::measure_gpu({}, list, kShortly, {});
  CHECK(std::ranges::count(measured.left_out, "lstm forward in fp32") == 1);
  for (const KernelSample& sample : measured.calibration.kernels) CHECK(sample.kernel.shape.kind == LayerKind::dense);
}

TEST_CASE("a kernel that fails is left out with its words, and costs no other", "[gpu]") {
  if (!has_device()) return;
  std::vector<Kernel> list = short_list();
  Kernel broken = dense_kernel(3, 24, 16, Pass::forward);
  broken.shape.input.channels = 0;  // no product
  list.insert(list.begin(), broken);
  const cuda::GpuMeasurement measured = cuda::measure_gpu({}, list, kShortly, {});
  const auto named = [](const std::string& name) { return name.starts_with("dense forward in fp32 ("); };
  CHECK(std::ranges::count_if(measured.left_out, named) == 1);
  const std::size_t others = cuda::measure_gpu({}, short_list(), kShortly, {}).calibration.kernels.size();
  CHECK(measured.calibration.kernels.size() == others);
}

TEST_CASE("what was measured on a GPU is read back and prices kernels between its samples, each precision by its own", "[gpu]") {
  if (!has_device()) return;
  Calibration calibration = cuda::measure_gpu({}, short_list(), kShortly, {}).calibration;
  for (KernelSample& sample : calibration.kernels)
    if (sample.kernel.precision == Precision::bf16) sample.median = sample.p10 = sample.p90 = Seconds(1);
  calibration.measured_gpu->issues.clear();
  calibration.measured_gpu->issue = Seconds(1e-9);
  fit(calibration);
  Scenario scenario;
  scenario.calibration = std::make_shared<const Calibration>(read_calibration_text(calibration_json(calibration), "gpu.json"));
  for (KernelSample sample : calibration.kernels) {
    sample.kernel.batch += 1;
    StepPlan plan;
    plan.classes = {{"rank", 0, 1, 1}};
    plan.lanes = {{"compute", LaneKind::compute}};
    plan.operations.emplace_back().work = sample.kernel;
    plan.step.body.emplace_back(0);
    const Seconds priced = price(plan, scenario).front().duration();
    if (sample.kernel.precision == Precision::bf16)
      CHECK(priced.value() == Approx(1));
    else
      CHECK(priced < Seconds(0.1));
  }
}

TEST_CASE("what was measured on a GPU prices every operation of a network's step, in fp32 and bf16", "[gpu]") {
  if (!has_device()) return;
  const auto list = read_kernel_list(R"(
dense: [{batch: [3, 8], inputs: [24], outputs: [16]}]
relu: [{batch: [8], elements: [16, 100]}]
softmax-cross-entropy: [{batch: [8], classes: [10, 30]}]
update: [{inputs: [24], outputs: [16]}]
)",
                                     "list");
  const cuda::GpuMeasurement measured = cuda::measure_gpu({}, list, kShortly, {});
  CHECK(measured.left_out.empty());
  Calibration calibration = measured.calibration;
  fit(calibration);
  for (const char* precision : {"fp32", "bf16"}) {
    const auto text = [](const std::string& value, const char* key) { return Text{.value = value, .key = key}; };
    Scenario mlp;
    mlp.workload = load_workload(text("mlp", ""), std::vector{text("8", "batch"), text(precision, "precision")});
    mlp.calibration = std::make_shared<const Calibration>(read_calibration_text(calibration_json(calibration), "gpu.json"));
    const StepPlan plan = std::get<StepPlan>(lower(mlp));
    for (const OperationCost& cost : price(plan, mlp)) CHECK(cost.duration() > Seconds(0));
  }
}
