#include "kernels/microbenchmarks/measure.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>

#include "io/json.hpp"
#include "kernels/microbenchmarks/cache_life.hpp"
#include "kernels/microbenchmarks/journal.hpp"
#include "kernels/microbenchmarks/spells.hpp"
#include "kernels/trainer/core_pin.hpp"

namespace forerun {

namespace {

std::string journal_subject(const Calibration& calibration, const BenchmarkList& list, std::size_t cores) {
  return calibration.host + ", " + calibration.cpu + ", " + calibration.compiler + ", " + calibration.mode + " " +
         std::to_string(fingerprint(list.busy, fingerprint(list.kernels, cores)));
}

/// How much longer a kernel takes beside busy cores than one by itself.
double busy_weight(const SampleEffort& sample, const BusyEffort& busy, int cores) {
  return 2 * busy.rounds * static_cast<double>(busy_counts(cores).size()) * (busy.duration / sample.budget);
}

std::string_view mode_name(CalibrateMode mode) { return mode == CalibrateMode::quick ? "quick" : "full"; }

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::string cpu_model() {
  std::ifstream lines("/proc/cpuinfo");
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("model name"))
      if (const std::size_t colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return {};
}

std::string compiler_name() {
#ifdef __clang__
  return __VERSION__;
#else
  return "g++ " __VERSION__;
#endif
}

Calibration measure(const CalibrateOptions& options, const ProgressCallback& progress) {
  const bool quick = options.mode == CalibrateMode::quick;
  const SampleEffort samples = quick ? SampleEffort{Seconds(0.015), 3, 10, 2} : SampleEffort{Seconds(0.08), 5, 15, 3};
  const BusyEffort busy = quick ? BusyEffort{Seconds(0.02), 9} : BusyEffort{Seconds(0.04), 25};
  return measure(options, shipped_benchmark_list(quick ? "shapes-quick.yaml" : "shapes-full.yaml"), samples, busy, progress);
}

Calibration measure(const CalibrateOptions& options, const BenchmarkList& list, const SampleEffort& sample_effort,
                    const BusyEffort& busy_effort, const ProgressCallback& progress) {
  Calibration calibration;
  calibration.name = options.name;
  calibration.device = options.device;
  calibration.host = host_name();
  calibration.cpu = cpu_model();
  calibration.compiler = compiler_name();
  calibration.date = options.date;
  calibration.mode = mode_name(options.mode);
  const std::vector<int> cores = usable_cores();
  const std::size_t entries = list.kernels.size() * static_cast<std::size_t>(sample_effort.sweeps);
  const double weight = busy_weight(sample_effort, busy_effort, static_cast<int>(cores.size()));
  const double total = static_cast<double>(entries) + weight * static_cast<double>(list.busy.size());
  const auto report = [&](double done, const std::string& what) {
    if (progress) progress({done, total, what});
  };

  std::optional<Journal> journal;
  if (!options.journal.empty()) journal.emplace(options.journal, journal_subject(calibration, list, cores.size()));
  {
    const CorePin pin(cores.empty() ? 0 : cores.back());
    Arena arena, probe_arena;
    SpellWatch watch(probe_arena);
    std::vector<Seconds> looks;
    const auto measure_entry = [&](const Microbenchmark& benchmark) {
      const KernelSample sample = measure_kernel(benchmark, sample_effort, arena);
      return Journal::Entry{sample, watch.look()};
    };
    for (std::size_t entry = 0; entry < entries; ++entry) {
      const std::size_t i = entry % list.kernels.size();
      const Microbenchmark& benchmark = list.kernels[i];
      report(static_cast<double>(entry),
             std::string(to_string(benchmark.kernel.shape.kind)) + " " + std::string(to_string(benchmark.kernel.pass)));
      const Journal::Entry* finished = journal ? journal->find(entry) : nullptr;
      const Journal::Entry done = finished != nullptr ? *finished : measure_entry(benchmark);
      if (journal && finished == nullptr) journal->add(entry, done);
      if (done.look) looks.push_back(*done.look);
      KernelSample sample = done.sample;
      sample.kernel = benchmark.kernel;
      if (entry == i)
        calibration.kernels.push_back(sample);
      else if (sample.median < calibration.kernels[i].median)
        calibration.kernels[i] = sample;
    }
    calibration.cache_life = measure_cache_life(arena);
    calibration.spells = slow_spells(looks, usual_time(looks));
  }
  calibration.busy = measure_busy(list.busy, static_cast<int>(cores.size()), busy_effort,
                                  [&](const Progress& busy) { report(static_cast<double>(entries) + weight * busy.done, busy.what); },
                                  {journal ? &*journal : nullptr, entries});
  report(total, "done");
  return calibration;
}

}  // namespace forerun
