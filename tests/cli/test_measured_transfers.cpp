#include <catch2/catch.hpp>

#include "costs/calibration_file.hpp"
#include "costs/communication_benchmark.hpp"
#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

/// Two cores whose link nobody described.
const std::string kCores = "--platform ./cores.yaml --calibration ./measured.json ";

/// The tests' calibration, with these benchmarks over two ranks: a second for each ten megabytes and a millisecond.
void put_measured(const CommandLine& shell, std::initializer_list<CommunicationBenchmark> benchmarks) {
  Calibration calibration = read_calibration_text(get(shell.folder() / "paper.json"), "paper.json");
  for (const CommunicationBenchmark benchmark : benchmarks)
    for (const double bytes : {1e4, 1e8}) {
      const Seconds time(bytes / 1e7);
      calibration.collectives.push_back({std::string(to_string(benchmark)), 2, Bytes(bytes), time, time, time});
    }
  put(shell.folder() / "measured.json", calibration_json(calibration));
  put(shell.folder() / "cores.yaml", "nodes: 1\ndevices-per-node: 2\ndevice: paper core\nmemory-per-node: 4 GiB\n");
}

}  // namespace

TEST_CASE("what was measured between the ranks of a node is what both engines predict there") {
  using enum CommunicationBenchmark;
  const CommandLine shell;
  put_measured(shell, {ping_pong, all_gather, reduce_scatter, incast, fan_out, broadcast});
  for (const std::string engine : {"oracle", "sim"}) {
    INFO(engine);
    const auto seconds = [&](const std::string& what) {
      const Answer answer = shell.run("predict " + what + " " + kCores + "--samples 0 --format json --engine " + engine);
      INFO(answer.err);
      REQUIRE(answer.code == 0);
      return std::stod(value_of(read_yaml_text(answer.out, "out"), "comm_total_s"));
    };
    for (const std::string name : {"all-gather", "reduce-scatter", "broadcast"})
      CHECK(seconds("--workload " + name + " --set workload.bytes=1MB --strategy data=2") == Approx(0.1));
    CHECK(seconds("--workload all-to-all --set workload.bytes=1MB --strategy data=2") == Approx(0.05));  // half of it, a message
    CHECK(seconds("--workload mlp --set workload.batch=8 --strategy data=2,zero=3") > 0.01);
    CHECK(seconds("--workload mlp --set workload.batch=8 --strategy data=2,servers=1,server-nodes=shared,runtime=forerun") > 0.01);
  }
}

TEST_CASE("a prediction says which transfers were measured, and by what the others go") {
  const CommandLine shell;
  put_measured(shell, {CommunicationBenchmark::ping_pong, CommunicationBenchmark::all_gather});
  const auto assumed = [&](const std::string& what) { return shell.run("predict " + what + " " + kCores).out; };
  CHECK(assumed("--workload all-gather --set workload.bytes=1MB --strategy data=2")
            .find("  - all-gather inside the node as the calibration measured it\n") != std::string::npos);
  CHECK(assumed("--workload mlp --set workload.batch=8 --strategy data=2,zero=2")
            .find("all-gather inside the node as the calibration measured it; reduce-scatter inside the node, which it did not measure, by "
                  "its messages between two ranks") != std::string::npos);
}

TEST_CASE("what nobody measured is refused with what to do") {
  const CommandLine shell;
  put_measured(shell, {});
  const Answer answer = shell.run("predict --workload all-gather --set workload.bytes=1MB --strategy data=2 " + kCores);
  CHECK(answer.code == 6);
  CHECK(answer.err.find("measured neither all-gather over 2 ranks of one node nor messages; run forerun calibrate --network") !=
        std::string::npos);
  put_measured(shell, {CommunicationBenchmark::ping_pong, CommunicationBenchmark::incast, CommunicationBenchmark::fan_out});
  const Answer chance = shell.run(
      "predict --workload mlp --set workload.batch=8 --strategy data=2,servers=1,server-nodes=shared,sync=off,runtime=forerun " + kCores);
  CHECK(chance.code == 6);
  CHECK(chance.err.find("no calibration measures workers that meet by chance at a server inside a node") != std::string::npos);
}
