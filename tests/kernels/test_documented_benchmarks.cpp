#include <catch2/catch.hpp>
#include <filesystem>

#include "kernels/microbenchmarks/disk.hpp"
#include "kernels/microbenchmarks/shapes.hpp"
#include "kernels/ranks/network_entries.hpp"
#include "tests/support/folder.hpp"

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

}  // namespace

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
