#include <catch2/catch.hpp>
#include <filesystem>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "kernels/ranks/network_measurement.hpp"
#include "tests/support/folder.hpp"

namespace forerun {

namespace {

using enum CommunicationBenchmark;
namespace fs = std::filesystem;

CollectiveSample sample_of(const NetworkEntry& entry, double seconds) {
  return {std::string(to_string(entry.benchmark)),
          entry.ranks,
          Bytes(static_cast<double>(entry.bytes)),
          Seconds(seconds),
          Seconds(0.5 * seconds),
          Seconds(2 * seconds)};
}

/// Stands in for mpirun: keeps the job that it is given, says what it is told to, and leaves a result or dies.
class Launcher {
 public:
  explicit Launcher(const fs::path& folder) : folder_(folder) { paths_.forerun_ranks = "/bin/true", paths_.mpirun = folder / "mpirun"; }

  RanksPaths says(const std::vector<CollectiveSample>& samples, bool dies) {
    fs::remove(folder_ / "job");
    std::string lines;
    for (const CollectiveSample& sample : samples) lines += sample_line(sample) + "\nprogress 1 2 half\n";
    put(folder_ / "lines", lines);
    put(folder_ / "result", result_text(NetworkResult{samples}));
    put(paths_.mpirun, "#!/bin/sh\nfor last; do job=$file; file=$last; done\ncp \"$job\" " + (folder_ / "job").string() + "\ncat " +
                           (folder_ / "lines").string() + "\n" + (dies ? "exit 9" : "cp " + (folder_ / "result").string() + " \"$file\"") +
                           "\n");
    fs::permissions(paths_.mpirun, fs::perms::owner_all);
    return paths_;
  }

  [[nodiscard]] bool was_started() const { return fs::exists(folder_ / "job"); }
  [[nodiscard]] std::vector<NetworkEntry> asked() const { return std::get<NetworkJob>(read_job(folder_ / "job")).entries; }

 private:
  fs::path folder_;
  RanksPaths paths_;
};

}  // namespace

TEST_CASE("every benchmark is measured over every number of ranks, in powers of four") {
  const std::vector<NetworkEntry> entries = network_entries(communication_benchmarks(), 3, 256);
  const auto of = [&](CommunicationBenchmark benchmark, int ranks) {
    std::vector<std::int64_t> sizes;
    for (const NetworkEntry& entry : entries)
      if (entry.benchmark == benchmark && entry.ranks == ranks) sizes.push_back(entry.bytes);
    return sizes;
  };
  using Sizes = std::vector<std::int64_t>;
  CHECK(of(ping_pong, 2) == Sizes{4, 16, 64, 256});
  CHECK(of(ping_pong, 3).empty());
  for (const int ranks : {2, 3}) CHECK(of(all_reduce, ranks) == Sizes{4, 16, 64, 256});
  CHECK(of(broadcast, 3) == Sizes{4, 16, 64, 256});
  CHECK(of(all_gather, 2) == Sizes{8, 16, 64, 256});  // as many numbers for each rank
  CHECK(of(reduce_scatter, 3) == Sizes{12, 60, 252});
  CHECK(of(incast, 2) == Sizes{4, 16, 64, 256});
  CHECK(of(fan_out, 3) == Sizes{4, 16, 64, 128});  // of two messages
  CHECK(network_entries(std::vector{incast}, 9, 4).back() == NetworkEntry{incast, 9, 4});
  CHECK(entries.size() == 4 + 2 * 2 * 4 + 4 + 3 + 4 + 3 + 2 * 2 * 4);
}

TEST_CASE("a sample is read from its line as it was written, and half a line is none") {
  const CollectiveSample sample = sample_of({reduce_scatter, 5, 1 << 20}, 0.1);
  CollectiveSample read;
  REQUIRE(read_sample_line(sample_line(sample), read));
  CHECK(read == sample);
  const std::string line = sample_line(sample);
  for (std::size_t length = 0; length < line.size(); ++length) CHECK_FALSE(read_sample_line(line.substr(0, length), read));
  CHECK_FALSE(read_sample_line("progress 1 2 half", read));
}

TEST_CASE("a network's measurement that broke off goes on where it stopped, with what the ranks had said") {
  const Folder folder;
  Launcher launcher(folder.path());
  NetworkMeasurement wanted{
      .entries = {{ping_pong, 2, 4}, {all_gather, 2, 8}, {incast, 2, 4}}, .journal = folder / "journal", .host = "here"};
  const CollectiveSample first = sample_of(wanted.entries[0], 1), second = sample_of(wanted.entries[1], 2),
                         third = sample_of(wanted.entries[2], 3);
  CHECK_THROWS_AS(measure_network_on(wanted, launcher.says({first}, true), {}), RanksFailed);
  CHECK(launcher.asked() == wanted.entries);

  double total = 0, least = 9;
  const auto progress = [&](const Progress& done) { total = done.total, least = std::min(least, done.done); };
  const std::vector<CollectiveSample> samples = measure_network_on(wanted, launcher.says({second, third}, false), progress);
  CHECK(launcher.asked() == std::vector<NetworkEntry>{wanted.entries[1], wanted.entries[2]});
  CHECK(samples == std::vector<CollectiveSample>{first, second, third});
  CHECK(total == 1 + 2);
  CHECK(least == 1 + 1);

  const RanksPaths again = launcher.says({}, true);
  CHECK(measure_network_on(wanted, again, {}) == samples);
  CHECK_FALSE(launcher.was_started());
  wanted.host = "there";
  CHECK_THROWS_AS(measure_network_on(wanted, again, {}), RanksFailed);
  CHECK(launcher.asked() == wanted.entries);
}

}  // namespace forerun
