#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/error.hpp"
#include "kernels/cpu/operator.hpp"
#include "kernels/microbenchmarks/journal.hpp"
#include "kernels/microbenchmarks/kernel_load.hpp"
#include "kernels/microbenchmarks/measure.hpp"
#include "kernels/trainer/core_pin.hpp"
#include "tests/kernels/dense_kernel.hpp"
#include "workloads/formulas.hpp"
#include "workloads/load.hpp"
#include "workloads/shapes.hpp"

namespace forerun {

namespace {

constexpr std::string_view kShortList = R"(
dense:
  - {batch: [8, 20], inputs: [64], outputs: [32]}
max-pool:
  - {batch: [8], channels: [4], edge: [8], window: [2], stride: [2]}
busy:
  update:
    - {inputs: [63], outputs: [64]}
)";

class TemporaryFile {
 public:
  TemporaryFile() : path_(std::filesystem::temp_directory_path() / ("forerun-journal-" + std::to_string(getpid()))) {}
  ~TemporaryFile() { std::filesystem::remove(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

const SampleEffort kBriefly{Seconds(0.002), 3, 5};
const BusyEffort kBusyBriefly{Seconds(0.002), 1};

}  // namespace

TEST_CASE("a kernel's sample is a plausible time with its spread around it") {
  Arena arena;
  const Microbenchmark small = microbenchmark(dense_kernel(48, 256, 256, Pass::forward), Condition::warm);
  const Microbenchmark large = microbenchmark(dense_kernel(480, 256, 256, Pass::forward), Condition::warm);
  const KernelSample sample = measure_kernel(small, {Seconds(0.02), 5, 15}, arena);
  const Flops work = flops(small.kernel);
  CHECK(sample.median > work / FlopsPerSecond(1e13));
  CHECK(sample.median < work / FlopsPerSecond(1e7));
  CHECK(sample.p10 <= sample.median);
  CHECK(sample.median <= sample.p90);
  CHECK(sample.kernel == small.kernel);
  CHECK(measure_kernel(large, {Seconds(0.02), 5, 15}, arena).median > 2 * sample.median);
}

TEST_CASE("the harness runs every repetition as often as it was told") {
  int calls = 0;
  const auto times = run_repetitions("count", 7, 4, [&] { ++calls; });
  CHECK(calls == 28);
  CHECK(times.size() == 4);
}

TEST_CASE("every kernel of a residual network and of a transformer can be called again and again") {
  using Settings = std::vector<std::pair<std::string, std::string>>;
  const std::pair<std::string, Settings> families[] = {
      {"resnet18", {{"image", "32"}, {"width", "8"}, {"classes", "5"}}},
      {"gpt", {{"layers", "1"}, {"hidden", "16"}, {"heads", "2"}, {"sequence", "12"}, {"vocabulary", "31"}}},
  };
  for (const auto& [name, pairs] : families) {
    std::vector<Text> settings;
    for (const auto& [key, value] : pairs) settings.push_back({.value = value, .key = key});
    const Workload workload = load_workload({name}, settings);
    const std::vector<Passes> all = passes(workload);
    Arena arena;
    for (std::size_t i = 0; i < workload.layers.size(); ++i)
      for (const Pass pass : all[i]) {
        const Kernel kernel{workload.layers[i].shape, pass, 2, {}, Precision::fp32, workload.optimizer};
        INFO(workload.layers[i].name << ' ' << to_string(pass));
        KernelLoad load({kernel, 3}, arena);
        for (int call = 0; call < 4; ++call) CHECK_NOTHROW(load.call());
      }
  }
}

TEST_CASE("what is fresh before a kernel is what the kernel before it in a step leaves, and keeps its contents") {
  Arena arena;
  const Kernel forward = dense_kernel(8, 64, 32, Pass::forward);
  KernelBuffers buffers(forward, 2, arena);
  const std::vector<float> before(buffers.copy(1).input, buffers.copy(1).input + 8 * 64);
  buffers.refresh(1);
  CHECK(std::equal(before.begin(), before.end(), buffers.copy(1).input));
  int prepared = 0, called = 0;
  const auto times = run_repetitions(
      "fresh", 5, 3, [&] { ++prepared; }, [&] { ++called; });
  CHECK(prepared == 15);
  CHECK(called == 15);
  CHECK(times.size() == 3);
}

TEST_CASE("a sum's gradient is measured as the trainer adds it up: one array to another") {
  Arena arena;
  LayerShape shape{.kind = LayerKind::add, .input = {40, 1, 1}, .output = {40, 1, 1}};
  shape.operands = 2;
  const Kernel kernel{shape, Pass::backward_data, 3, {}};
  CHECK(kernel_arrays(kernel).total() == Bytes(4.0 * 2 * 120));
  std::vector<float> from(120, 2), to(120, 3);
  cpu::add_gradient(from.data(), 120, to.data());
  CHECK(to == std::vector<float>(120, 5));
  KernelLoad load({kernel, 2}, arena);
  CHECK_NOTHROW(load.call());
}

TEST_CASE("a calibration holds one sample a kernel, busy factors, its origin, and reports progress that never falls") {
  const BenchmarkList list = read_benchmark_list(kShortList, "list");
  CHECK(list.kernels.size() == 4 * (2 * 3 + 2));  // warm, and in three rotations
  double last = -1;
  double total = 0;
  CalibrateOptions options;
  options.date = "2026-01-02T03:04:05Z";
  const Calibration calibration = measure(options, list, kBriefly, kBusyBriefly, [&](const Progress& progress) {
    CHECK(progress.done >= last);
    last = progress.done, total = progress.total;
  });
  CHECK(last == total);
  REQUIRE(calibration.kernels.size() == list.kernels.size());
  for (std::size_t i = 0; i < list.kernels.size(); ++i) {
    CHECK(calibration.kernels[i].kernel == list.kernels[i].kernel);
    CHECK(calibration.kernels[i].median > Seconds(0));
  }
  CHECK(calibration.mode == "quick");
  CHECK(calibration.date == options.date);
  CHECK_FALSE(calibration.host.empty());
  CHECK_FALSE(calibration.compiler.empty());
}

TEST_CASE("a cold rotation has operators of its own where weights are large, since these own scratch memory") {
  const auto operators = [](std::int64_t outputs, Pass pass, Condition condition) {
    return KernelLoad::operators_of(microbenchmark(dense_kernel(8, 1024, outputs, pass), condition));
  };
  CHECK(operators(1024, Pass::forward, Condition::warm) == 1);
  CHECK(operators(1024, Pass::forward, Condition::cold) == 8);
  CHECK(operators(1024, Pass::forward, Condition::near) == 1 + 1);
  CHECK(operators(16384, Pass::forward, Condition::cold) == 1);
  CHECK(operators(128, Pass::forward, Condition::cold) == 1);
  CHECK(operators(1024, Pass::update, Condition::cold) == 1);
}

TEST_CASE("a journal gives back what it was given, also what the watch saw") {
  const TemporaryFile file;
  const Journal::Entry plain{{{}, Seconds(2), Seconds(1), Seconds(3)}, {}};
  const Journal::Entry watched{{{}, Seconds(5), Seconds(4), Seconds(6)}, Seconds(0.002)};
  {
    Journal journal(file.path(), "mine");
    CHECK(journal.find(0) == nullptr);
    journal.add(0, plain);
    journal.add(7, watched);
  }
  const Journal again(file.path(), "mine");
  REQUIRE(again.find(7) != nullptr);
  CHECK(*again.find(0) == plain);
  CHECK(*again.find(7) == watched);
  CHECK(again.find(1) == nullptr);
  CHECK(Journal(file.path(), "other").find(0) == nullptr);
}

TEST_CASE("a journal ends at the first line that is none") {
  const std::string good = R"({"index":1,"median_s":1.0,"p10_s":1.0,"p90_s":1.0})";
  for (const std::string bad : {R"({"index":2,"p10_s":1.0,"p90_s":1.0})", R"({"index":2,"median_s":"1","p10_s":1.0,"p90_s":1.0})",
                                R"({"index":-2,"median_s":1.0,"p10_s":1.0,"p90_s":1.0})",
                                R"({"index":2,"median_s":0,"p10_s":1.0,"p90_s":1.0})", R"([1, 2])", R"({"index":2,"med)", ""}) {
    const TemporaryFile file;
    std::ofstream(file.path()) << R"({"journal":"mine"})"
                               << "\n"
                               << good << "\n"
                               << bad << "\n"
                               << good << "\n";
    const Journal journal(file.path(), "mine");
    INFO(bad);
    CHECK(journal.find(1) != nullptr);
    CHECK(journal.find(2) == nullptr);
  }
}

TEST_CASE("a journal that cannot be written is said when it starts and when it goes on") {
  CHECK_THROWS_AS(Journal("no/such/folder/journal", "mine"), BadInput);
  if (std::filesystem::exists("/dev/full")) {
    Journal journal("/dev/null", "mine");
    CHECK_NOTHROW(journal.add(0, {}));
    CHECK_THROWS_AS(Journal("/dev/full", "mine"), BadInput);
  }
}

TEST_CASE("a calibration that goes on pools what the watch saw before it was broken off") {
  const TemporaryFile file;
  const BenchmarkList list = read_benchmark_list(kShortList, "list");
  CalibrateOptions options;
  options.journal = file.path();
  measure(options, list, kBriefly, kBusyBriefly, {});
  std::ifstream lines(file.path());
  std::string subject;
  REQUIRE(std::getline(lines, subject));
  std::ofstream seen(file.path(), std::ios::trunc);
  seen << subject << '\n';
  const std::size_t entries = list.kernels.size() * static_cast<std::size_t>(kBriefly.sweeps);
  for (std::size_t i = 0; i < entries; ++i)
    seen << R"({"index":)" << i << R"(,"median_s":1.0,"p10_s":1.0,"p90_s":1.0,"look_s":)" << (i % 4 == 0 ? 1.5 : 1.0) << "}\n";
  seen.close();
  const SlowSpells spells = measure(options, list, kBriefly, kBusyBriefly, {}).spells;
  CHECK(spells.looks == static_cast<std::int64_t>(entries));
  CHECK(spells.share == Approx(0.25));
  CHECK(spells.factor == Approx(1.5));
}

TEST_CASE("a thread that is pinned has one core while it lasts") {
  const std::vector<int> before = usable_cores();
  REQUIRE_FALSE(before.empty());
  {
    const CorePin pin(before.back());
    CHECK(usable_cores() == std::vector<int>{before.back()});
  }
  CHECK(usable_cores() == before);
  const CorePin nowhere(1 << 30);
  CHECK(usable_cores() == before);
}

TEST_CASE("a calibration that was broken off goes on where its journal ends") {
  const TemporaryFile file;
  const BenchmarkList list = read_benchmark_list(kShortList, "list");
  CalibrateOptions options;
  options.journal = file.path();
  const std::size_t entries = list.kernels.size() * static_cast<std::size_t>(kBriefly.sweeps);
  const Calibration first = measure(options, list, kBriefly, kBusyBriefly, {});
  {  // the last sample is lost, and the line before it was cut off; nothing beside busy cores is there yet
    std::ifstream lines(file.path());
    std::vector<std::string> kept;
    for (std::string line; std::getline(lines, line);) kept.push_back(line);
    const std::size_t busy = list.busy.size() * busy_counts(static_cast<int>(usable_cores().size())).size();
    REQUIRE(kept.size() == 1 + entries + busy);
    kept.resize(1 + entries);
    std::ofstream shorter(file.path(), std::ios::trunc);
    for (std::size_t i = 0; i + 2 < kept.size(); ++i) shorter << kept[i] << '\n';
    shorter << kept[kept.size() - 2].substr(0, 12);
  }
  const Calibration second = measure(options, list, kBriefly, kBusyBriefly, {});
  // Both sweeps of all but the last two kernels are kept.
  for (std::size_t i = 0; i + 2 < list.kernels.size(); ++i) CHECK(second.kernels[i] == first.kernels[i]);
  const Calibration third = measure(options, list, kBriefly, kBusyBriefly, {});
  CHECK(third.kernels == second.kernels);
  CHECK(third.busy == second.busy);
  options.mode = CalibrateMode::full;
  CHECK(measure(options, list, kBriefly, kBusyBriefly, {}).kernels != third.kernels);
}

}  // namespace forerun
