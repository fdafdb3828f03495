#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "io/atomic_file.hpp"
#include "kernels/ranks/child_process.hpp"
#include "kernels/ranks/launch.hpp"
#include "kernels/ranks/recovery.hpp"

namespace forerun {

namespace {

std::filesystem::path scratch(const char* name) {
  return std::filesystem::temp_directory_path() / ("forerun-" + std::to_string(getpid()) + "-" + name);
}

template <class Read>
auto written_and_read(const std::string& text, Read&& read) {
  const std::filesystem::path file = scratch("round-trip.json");
  write_file(file, text);
  auto value = read(file);
  std::filesystem::remove(file);
  return value;
}

}  // namespace

TEST_CASE("a job is read as it was written") {
  TrainJob training;
  training.workload = "a \"quoted\" name.yaml";
  training.settings = {{"batch", "48"}, {"samples", "1000"}};
  training.strategy = "data=2,bucket=1MiB";
  training.seed = kMostSeed, training.steps = 7, training.warm_up = 0, training.resident_batches = 2;
  training.kernels = Kernels::eigen_only;
  training.threads = 3;
  training.data.files = {"/images/a.tfrecord", "/images/b.tfrecord"};
  training.data.prefetch = 3;
  training.checkpoints = {"/a folder", {20, CheckpointMode::asynchronous}, 40};
  training.kills = {{1, 25}, {0, 30}};
  CHECK(std::get<TrainJob>(written_and_read(job_text(training), read_job)) == training);
  const NetworkJob network{network_entries(communication_benchmarks(), 3, 1 << 16), Seconds(0.125)};
  CHECK(std::get<NetworkJob>(written_and_read(job_text(network), read_job)) == network);
}

TEST_CASE("a job that is wrong is refused") {
  CHECK_THROWS_AS(written_and_read("{\"job\": \"dance\"}", read_job), BadInput);
  const auto network = [](const std::string& entry) {
    return written_and_read("{\"job\": \"network\", \"entries\": [" + entry + "], \"time_a_size_s\": 1}", read_job);
  };
  CHECK_NOTHROW(network("{\"benchmark\": \"incast\", \"ranks\": 3, \"bytes\": 4}"));
  CHECK_THROWS_AS(network("{\"benchmark\": \"incast\", \"ranks\": 3, \"bytes\": 8589934592}"), BadInput);
  CHECK_THROWS_AS(network("{\"benchmark\": \"incast\", \"ranks\": 3, \"bytes\": -4}"), BadInput);
  CHECK_THROWS_AS(network("{\"benchmark\": \"incast\", \"ranks\": 1, \"bytes\": 4}"), BadInput);
  CHECK_THROWS_AS(network("{\"benchmark\": \"dance\", \"ranks\": 3, \"bytes\": 4}"), BadInput);
}

TEST_CASE("a result is read as it was written") {
  TrainResult result;
  result.ranks = 2;
  result.step_times = {Seconds(0.1), Seconds(0.2)};
  result.losses = {2.25, 1.5};
  result.operations.push_back({3, "all_reduce", "bucket 0", Seconds(0.5), Seconds(0.25), Seconds(0.75), Seconds(0.125)});
  result.rank_medians = {Seconds(1), Seconds(2)};
  result.input = {{Seconds(1), Seconds(2), Seconds(0.5)}};
  result.median = Seconds(0.15), result.p10 = Seconds(0.11), result.p90 = Seconds(0.19);
  const TrainResult read = written_and_read(result_text(result), read_train_result);
  CHECK(read.ranks == 2);
  CHECK(read.step_times == result.step_times);
  CHECK(read.losses == result.losses);
  CHECK(read.rank_medians == result.rank_medians);
  REQUIRE(read.input.size() == 1);
  CHECK(read.input[0].decode == Seconds(2));
  CHECK(read.input[0].wait == Seconds(0.5));
  CHECK(read.median == result.median);
  CHECK(read.p10 == result.p10);
  CHECK(read.p90 == result.p90);
  REQUIRE(read.operations.size() == 1);
  CHECK(read.operations[0].layer == "bucket 0");
  CHECK(read.operations[0].wait == Seconds(0.125));

  NetworkResult network;
  network.collectives.push_back({"all-reduce", 2, Bytes(64), Seconds(1), Seconds(0.5), Seconds(2)});
  const NetworkResult again = written_and_read(result_text(network), read_network_result);
  CHECK(again.collectives == network.collectives);
  CHECK_THROWS_AS(written_and_read("{}", read_network_result), std::runtime_error);
}

TEST_CASE("ranks that end again and again without a checkpoint are started three times") {
  RanksPaths paths;
  paths.forerun_ranks = "/bin/true", paths.mpirun = "/bin/false";
  TrainJob job;
  job.checkpoints.folder = "saved";
  int looks = 0;
  std::vector<std::string> said;
  const auto run = [&](const std::vector<std::int64_t>& newest) {
    looks = 0, said.clear();
    const auto find = [&] { return newest[std::min(static_cast<std::size_t>(looks++), newest.size() - 1)]; };
    CHECK_THROWS_AS(train_with_recovery(job, 2, paths, {}, {}, find, [&](const std::string& line) { said.push_back(line); }), RanksFailed);
  };
  run({0});
  CHECK(looks == kMostFruitless);
  REQUIRE(said.size() == 2);
  CHECK(said[0].ends_with("ranks ended; all start again from the beginning"));
  run({0, 10, 20});  // two checkpoints along the way
  CHECK(looks == 5);
  CHECK(said.back().ends_with("ranks ended; all start again after step 20"));
  job.checkpoints.folder.clear();
  run({0});
  CHECK(looks == 0);
}

TEST_CASE("a missing program is a missing capability") {
  RanksPaths paths;
  paths.forerun_ranks = "/nonexistent/forerun-ranks";
  CHECK_THROWS_AS(measure_network({}, 2, paths, {}), MissingCapability);
  CHECK_FALSE(missing_for_ranks(paths).empty());
  paths.forerun_ranks = "/bin/true";
  paths.mpirun = "no-such-program-as-this";
  CHECK_THROWS_AS(measure_network({}, 2, paths, {}), MissingCapability);
}

TEST_CASE("a bare name of mpirun is looked up before anything is started") {
  RanksPaths paths;
  paths.forerun_ranks = "/bin/true";
  paths.mpirun = "sh";
  paths.search = {"/nonexistent", "/bin"};
  CHECK(missing_for_ranks(paths).empty());
  paths.mpirun = "no-such-program-as-this";
  CHECK(missing_for_ranks(paths) == "no-such-program-as-this is in no folder of the PATH; install OpenMPI");
}

TEST_CASE("ranks that fail are an error that ends with their last words") {
  const std::filesystem::path script = scratch("mpirun.sh");
  write_file(script, "#!/bin/sh\necho progress 1 2 half\nfor i in 1 2 3; do echo line $i >&2; done\nexit 9\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  RanksPaths paths;
  paths.forerun_ranks = "/bin/true";
  paths.mpirun = script;
  Progress seen;
  CHECK_THROWS_WITH(measure_network({}, 2, paths, [&](const Progress& progress) { seen = progress; }),
                    Catch::Contains("status 9") && Catch::EndsWith("line 1\nline 2\nline 3\n"));
  CHECK(seen.done == 1);
  CHECK(seen.total == 2);
  CHECK(seen.what == "half");
  std::filesystem::remove(script);
}

TEST_CASE("a job that the ranks refuse is refused in their words") {
  const std::filesystem::path script = scratch("refusing.sh");
  const auto refuse_with = [&](const std::string& commands) {
    write_file(script, "#!/bin/sh\nfor result; do :; done\necho noise >&2\n" + commands + "\n");
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    RanksPaths paths;
    paths.forerun_ranks = "/bin/true";
    paths.mpirun = script;
    measure_network({}, 2, paths, {});
  };
  CHECK_THROWS_AS(refuse_with("printf 'no such thing' > \"$result\"; exit 3"), BadInput);
  CHECK_THROWS_WITH(refuse_with("printf 'no such thing' > \"$result\"; exit 3"), "no such thing");
  CHECK_THROWS_AS(refuse_with("printf 'not here' > \"$result\"; exit 6"), MissingCapability);
  CHECK_THROWS_WITH(refuse_with("printf 'not here' > \"$result\"; exit 6"), "not here");
  CHECK_THROWS_AS(refuse_with("exit 3"), RanksFailed);  // mpirun's own
  CHECK_THROWS_AS(refuse_with("printf 'half a result' > \"$result\"; exit 70"), RanksFailed);
  std::filesystem::remove(script);
}

TEST_CASE("ranks that are killed together are killed once") {
  const std::filesystem::path script = scratch("killing.sh"), result = scratch("trained.json");
  write_file(result, result_text(TrainResult{.ranks = 2}));
  write_file(script,
             "#!/bin/sh\nfor last; do job=$file; file=$last; done\ncp \"$job\" \"$0.job\"\n"
             "grep -q 0@16 \"$job\" || { cp " +
                 result.string() +
                 " \"$file\"; exit 0; }\n"
                 "echo event ready 0 0 1 0\necho event killed 16 0 2 0\necho event killed 16 1 2 0\nexit 137\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  RanksPaths paths;
  paths.forerun_ranks = "/bin/true";
  paths.mpirun = script;
  TrainJob job;
  job.kills = {{0, 16}, {1, 16}, {1, 30}};
  std::vector<std::string> said;
  const auto say = [&](const std::string& line) { said.push_back(line); };
  const RecoveredRun run = train_with_recovery(
      job, 2, paths, {}, {}, [] { return std::int64_t{0}; }, say);
  CHECK(run.result.ranks == 2);
  CHECK(said ==
        std::vector<std::string>{"rank 0 was killed before step 16, rank 1 was killed before step 16; all start again from the beginning"});
  CHECK(std::get<TrainJob>(read_job(script.string() + ".job")).kills == std::vector<Kill>{{1, 30}});
  for (const std::string& file : {script.string(), script.string() + ".job", result.string()}) std::filesystem::remove(file);
}

TEST_CASE("an exception from the progress callback ends the ranks") {
  const std::filesystem::path script = scratch("endless.sh");
  write_file(script, "#!/bin/sh\necho $$ > \"$0.pid\"\necho progress 1 2 half\nwhile :; do sleep 0.05; done\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  RanksPaths paths;
  paths.forerun_ranks = "/bin/true";
  paths.mpirun = script;
  const auto interrupt = [](const Progress&) { throw std::runtime_error("interrupted"); };
  CHECK_THROWS_WITH(measure_network({}, 2, paths, interrupt), "interrupted");
  int process = 0;
  std::ifstream(script.string() + ".pid") >> process;
  REQUIRE(process > 0);
  CHECK(kill(process, 0) == -1);
  std::filesystem::remove(script);
  std::filesystem::remove(script.string() + ".pid");
}

// Not beside the undefined-behaviour sanitizer, which looks at the exception's memory through a pipe of its own and finds no file left.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("a child that cannot be started leaves no file open") {
  const auto open_files = [] {
    std::ptrdiff_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
  };
  const std::ptrdiff_t before = open_files();
  rlimit files{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &files) == 0);
  const int first = dup(STDERR_FILENO), second = dup(STDERR_FILENO);  // the lowest numbers that are free
  const rlimit room_for_one_pipe{static_cast<rlim_t>(second) + 1, files.rlim_max};
  close(first), close(second);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &room_for_one_pipe) == 0);
  CHECK_THROWS_AS(ChildProcess({"/bin/true"}), std::system_error);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &files) == 0);
  CHECK(open_files() == before);
}
#endif

TEST_CASE("a signal that interrupts the waiting changes nothing") {
  // More on standard error than a pipe holds: whoever then waits for standard output waits for ever.
  struct sigaction noticed {
  }, before{};
  noticed.sa_handler = [](int) {};
  REQUIRE(sigaction(SIGUSR1, &noticed, &before) == 0);
  const std::string interrupt =
      "echo one; sleep 0.1; kill -USR1 " + std::to_string(getpid()) + "; sleep 0.1; head -c 200000 /dev/zero >&2; echo done";
  std::string last;
  CHECK(ChildProcess({"/bin/sh", "-c", interrupt}).wait([&](std::string_view line) { last = line; }) == 0);
  CHECK(last == "done");
  sigaction(SIGUSR1, &before, nullptr);
}

TEST_CASE("a child's status is what a shell would show") {
  CHECK(ChildProcess({"/bin/sh", "-c", "exit 3"}).wait([](std::string_view) {}) == 3);
  CHECK(ChildProcess({"/bin/sh", "-c", "kill -9 $$"}).wait([](std::string_view) {}) == 137);
  std::vector<std::string> lines;
  ChildProcess child({"/bin/sh", "-c", "echo one; echo two"});
  CHECK(child.wait([&](std::string_view line) { lines.emplace_back(line); }) == 0);
  CHECK(lines == std::vector<std::string>{"one", "two"});
}

}  // namespace forerun
