#include "kernels/cuda/microbenchmarks/measure.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>

#include "core/error.hpp"
#include "kernels/cuda/microbenchmarks/device_sets.hpp"
#include "kernels/cuda/microbenchmarks/figures.hpp"
#include "kernels/microbenchmarks/gpu_benchmarks.hpp"
#include "kernels/microbenchmarks/journal.hpp"

namespace forerun::cuda {

namespace {

std::string name_of(const Kernel& kernel) {
  const std::string what = kernel.pass == Pass::update
                               ? "update by " + std::string(to_string(kernel.optimizer))
                               : std::string(to_string(kernel.shape.kind)) + " " + std::string(to_string(kernel.pass));
  return what + " in " + std::string(to_string(kernel.precision));
}

void add_once(std::string name, std::vector<std::string>& names) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
}

/// Takes what is not written off the list, and names it.
std::vector<std::string> leave_out(std::vector<Microbenchmark>& list) {
  std::vector<std::string> names;
  std::erase_if(list, [&](const Microbenchmark& benchmark) {
    if (offers(benchmark.kernel)) return false;
    add_once(name_of(benchmark.kernel), names);
    return true;
  });
  return names;
}

/// Entries of a journal: what it holds is not measured again.
class Entries {
 public:
  Entries(const std::filesystem::path& file, const std::string& subject) {
    if (!file.empty()) journal_.emplace(file, subject);
  }

  Journal::Entry of(std::size_t index, const std::function<LaunchTimes()>& measure) {
    if (const Journal::Entry* finished = journal_ ? journal_->find(index) : nullptr) return *finished;
    const LaunchTimes times = measure();
    const Journal::Entry entry{{{}, times.device.median, times.device.p10, times.device.p90}, {}, times.issue};
    if (journal_) journal_->add(index, entry);
    return entry;
  }

 private:
  std::optional<Journal> journal_;
};

/// The fastest of a benchmark's sweeps; nothing of one that could not be measured.
using Fastest = std::vector<std::optional<Journal::Entry>>;

void keep_faster(const Journal::Entry& entry, std::optional<Journal::Entry>& fastest) {
  if (!fastest) fastest = entry;
  if (entry.sample.median < fastest->sample.median) fastest->sample = entry.sample;
  if (entry.issue && (!fastest->issue || *entry.issue < *fastest->issue)) fastest->issue = entry.issue;
}

/// Medians over the shapes of each kernel, in the order in which they first stand in the list.
std::vector<IssueTime> issue_times(const Fastest& entries) {
  std::vector<IssueTime> times;
  std::vector<std::vector<Seconds>> all;
  for (const std::optional<Journal::Entry>& entry : entries) {
    if (!entry || !entry->issue) continue;
    const Kernel& kernel = entry->sample.kernel;
    const bool update = kernel.pass == Pass::update;
    const IssueTime of{update ? LayerKind::dense : kernel.shape.kind, kernel.pass, update ? kernel.optimizer : Optimizer::sgd_momentum,
                       kernel.precision, Seconds(0)};
    const auto known = std::ranges::find(times, of);
    const auto at = static_cast<std::size_t>(known - times.begin());
    if (known == times.end()) times.push_back(of), all.emplace_back();
    all[at].push_back(*entry->issue);
  }
  for (std::size_t i = 0; i < times.size(); ++i) times[i].time = quantiles(std::move(all[i])).median;
  return times;
}

Calibration head(const CalibrateOptions& options, const DeviceFacts& facts) {
  Calibration calibration;
  calibration.name = options.name;
  calibration.device = facts.name;
  calibration.host = host_name();
  calibration.cpu = cpu_model();
  calibration.compiler = "nvcc " + facts.runtime + ", " + compiler_name();
  calibration.date = options.date;
  calibration.mode = options.mode == CalibrateMode::quick ? "quick" : "full";
  MeasuredGpu& gpu = calibration.measured_gpu.emplace();
  gpu.driver = facts.driver, gpu.runtime = facts.runtime, gpu.cache = facts.cache;
  return calibration;
}

LaunchEffort launching(const GpuEffort& effort, Seconds budget) {
  LaunchEffort launches;
  launches.budget = budget;
  launches.longest_delay = effort.longest_delay;
  return launches;
}

/// Launches and copies, after the `first` entries of a journal.
void measure_figures(const Context& context, const GpuEffort& effort, Entries& entries, std::size_t first, MeasuredGpu& gpu) {
  const LaunchEffort each = launching(effort, 5 * effort.budget);
  const Journal::Entry empty = entries.of(first, [&] { return time_empty_kernels(context, each); });
  gpu.launch = empty.sample.median;
  gpu.issue = empty.issue.value_or(empty.sample.median);
  const auto time_of = [&](std::size_t index, auto measure) {
    return entries.of(index, [&] { return measure(context, effort.copied, each); }).sample.median;
  };
  gpu.copy = 2 * effort.copied / time_of(first + 1, time_device_copy);
  gpu.host_to_device = effort.copied / time_of(first + 2, time_upload);
}

}  // namespace

GpuMeasurement measure_gpu(const CalibrateOptions& options, const ProgressCallback& progress) {
  const bool quick = options.mode == CalibrateMode::quick;
  GpuEffort effort;
  if (!quick) effort.budget = Seconds(0.02), effort.sweeps = 3;
  return measure_gpu(options, shipped_kernel_list(quick ? "shapes-gpu-quick.yaml" : "shapes-gpu-full.yaml"), effort, progress);
}

GpuMeasurement measure_gpu(const CalibrateOptions& options, const std::vector<Kernel>& list, const GpuEffort& effort,
                           const ProgressCallback& progress) {
  GpuMeasurement out;
  out.devices = device_count();
  require_device(0);
  const DeviceFacts facts = device_facts();
  out.memory = facts.memory, out.compute_capability = facts.compute_capability;
  out.calibration = head(options, facts);
  GpuMemory memory = gpu_memory(facts.cache, facts.memory);
  memory.rotation = effort.rotation.value_or(memory.rotation);
  std::vector<Microbenchmark> benchmarks = gpu_benchmarks(list, memory);
  out.left_out = leave_out(benchmarks);

  Entries entries(options.journal, facts.name + ", CUDA " + facts.runtime + ", driver " + facts.driver + ", " + out.calibration.host +
                                       ", " + out.calibration.mode + " " + std::to_string(fingerprint(benchmarks, 0)));
  const auto context = std::make_shared<Context>();
  wake(*context, effort.wake);
  const LaunchEffort launches = launching(effort, effort.budget);
  DeviceArena arena;
  const std::size_t count = benchmarks.size(), total = count * static_cast<std::size_t>(effort.sweeps);
  Fastest fastest(count);
  for (std::size_t entry = 0; entry < total; ++entry) {
    const std::size_t i = entry % count;
    const Microbenchmark& benchmark = benchmarks[i];
    if (progress) progress({static_cast<double>(entry), static_cast<double>(total), name_of(benchmark.kernel)});
    try {
      Journal::Entry done = entries.of(entry, [&] {
        DeviceLoad load(benchmark, context, arena);
        return time_launches(
            *context, [&] { load.call(); }, launches);
      });
      done.sample.kernel = benchmark.kernel;
      keep_faster(done, fastest[i]);
    } catch (const BadInput&) {
      throw;  // the journal's
    } catch (const std::exception& error) {
      context->finish();  // throws where the device is lost, and not this kernel alone
      add_once(name_of(benchmark.kernel) + " (" + error.what() + ")", out.left_out);
    }
  }
  for (const std::optional<Journal::Entry>& entry : fastest)
    if (entry) out.calibration.kernels.push_back(entry->sample);
  measure_figures(*context, effort, entries, total, *out.calibration.measured_gpu);
  out.calibration.measured_gpu->issues = issue_times(fastest);
  if (progress) progress({static_cast<double>(total), static_cast<double>(total), "done"});
  return out;
}

}  // namespace forerun::cuda
