#include <array>
#include <catch2/catch.hpp>
#include <filesystem>

#include "costs/calibration_file.hpp"
#include "costs/kernel_fit.hpp"
#include "kernels/microbenchmarks/disk.hpp"
#include "kernels/microbenchmarks/shapes.hpp"
#include "kernels/ranks/network_entries.hpp"
#include "tests/support/folder.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

std::string page() { return get(std::filesystem::path(FORERUN_TEST_DATA) / "../../docs/calibration.md"); }

/// The row of a table whose first cell names it, or nothing.
std::string row_of(const std::string& page, const std::string& name) {
  for (std::size_t begin = 0; begin < page.size(); begin = page.find('\n', begin) + 1) {
    const std::string line = page.substr(begin, page.find('\n', begin) - begin);
    if (line.starts_with("| ") && line.substr(0, line.find(" |", 1)).find(name) != std::string::npos) return line;
    if (page.find('\n', begin) == std::string::npos) break;
  }
  return {};
}

/// What `calibrate --full` writes on a node of 16 cores, with made-up times.
Calibration full_calibration() {
  constexpr std::array kBusy{2, 4, 8, 16};
  Calibration calibration;
  calibration.name = "full", calibration.device = "cpu-core", calibration.date = "2026-01-02T03:04:05Z", calibration.mode = "full";
  const BenchmarkList list = shipped_benchmark_list("shapes-full.yaml");
  const auto time_of = [](const Kernel& kernel) { return Seconds(1e-6 + 1.0000000000000002e-10 * bytes_moved(kernel).value()); };
  for (const Microbenchmark& each : list.kernels)
    calibration.kernels.push_back({each.kernel, time_of(each.kernel), 0.9 * time_of(each.kernel), 1.1 * time_of(each.kernel)});
  for (const Microbenchmark& each : list.busy)
    for (const int busy : kBusy)
      calibration.busy.push_back({each.kernel.shape.kind, each.kernel.pass, busy, 1.0000000000000002, bytes_moved(each.kernel)});
  for (const NetworkEntry& entry : network_entries(communication_benchmarks(), 16, 64 << 20))
    calibration.collectives.push_back({std::string(to_string(entry.benchmark)), entry.ranks, Bytes(static_cast<double>(entry.bytes)),
                                       Seconds(1.0000000000000002e-3), Seconds(1e-3), Seconds(2e-3)});
  fit(calibration);
  return calibration;
}

}  // namespace

TEST_CASE("what a full calibration of 16 cores writes can be read", "[slow]") {
  const Calibration written = full_calibration();
  const Calibration read = read_calibration_text(calibration_json(written), "full.json");
  CHECK(read.kernels.size() == written.kernels.size());
  CHECK(read.collectives == written.collectives);
}

TEST_CASE("the page on calibration has a row for every benchmark, with why it is run") {
  const std::string text = page();
  for (const char* list : {"shapes-quick.yaml", "shapes-full.yaml"})
    for (const Microbenchmark& benchmark : shipped_benchmark_list(list).kernels) {
      const std::string name(benchmark.kernel.pass == Pass::update ? "update"
                                                                   : "`" + std::string(to_string(benchmark.kernel.shape.kind)) + "`");
      INFO(name);
      REQUIRE_FALSE(row_of(text, name).empty());
    }
  for (const CommunicationBenchmark benchmark : communication_benchmarks()) {
    INFO(to_string(benchmark));
    CHECK_FALSE(row_of(text, "`" + std::string(to_string(benchmark)) + "`").empty());
  }
  for (const DiskSample::What what :
       {DiskSample::What::read_large, DiskSample::What::read_small, DiskSample::What::write_large, DiskSample::What::write_small}) {
    INFO(to_string(what));
    CHECK_FALSE(row_of(text, std::string(to_string(what))).empty());
  }
}

}  // namespace forerun
