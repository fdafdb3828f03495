#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "io/csv.hpp"
#include "tests/cli/command_line.hpp"
#include "validation/measured_runs.hpp"

using namespace forerun;
namespace fs = std::filesystem;

namespace {

#ifdef FORERUN_HAS_RANKS
constexpr bool kHasRanks = true;
#else
constexpr bool kHasRanks = false;
#endif

/// False, with a word on it, where several ranks cannot be started.
bool can_start_ranks() {
  if (kHasRanks && std::system("command -v mpirun >/dev/null") == 0 && std::thread::hardware_concurrency() >= 2) return true;
  WARN("left out: several ranks need OpenMPI and two cores");
  return false;
}

const std::string kTrain = "train --workload mlp --set workload.batch=16 --steps 38 --warm-up 2 --set run.checkpoint-interval=10 ";

double number_of(const Answer& answer, const std::string& key) { return std::stod(value_of(read_yaml_text(answer.out, "out"), key)); }

/// What every checkpoint of a step holds, rank by rank.
std::string state_in(const fs::path& folder, int step, int ranks) {
  std::string state;
  for (int rank = 0; rank < ranks; ++rank) state += get(folder / ("step-" + std::to_string(step) + ".rank-" + std::to_string(rank)));
  return state;
}

}  // namespace

TEST_CASE("a training writes checkpoints, and the same command again goes on after the newest") {
  const CommandLine shell;
  const Answer whole = shell.run(kTrain + "--checkpoints whole --format json --append runs.csv");
  INFO(whole.err);
  REQUIRE(whole.code == 0);
  CHECK(number_of(whole, "checkpoints") == 4);
  CHECK(number_of(whole, "failed_checkpoints") == 0);
  CHECK(number_of(whole, "resumed_after_step") == 0);
  CHECK(number_of(whole, "checkpoint_bytes") == static_cast<double>(fs::file_size(shell.folder() / "whole/step-40.rank-0")));
  CHECK(number_of(whole, "checkpoint_write_s") > 0);
  CHECK(number_of(whole, "startup_s") + number_of(whole, "training_s") + number_of(whole, "checkpoint_stall_s") ==
        Approx(number_of(whole, "total_time_s")).epsilon(1e-9));
  CHECK(read_measured_runs(shell.folder() / "runs.csv")[0].settings.size() == 1);  // a step's time holds no checkpoint

  REQUIRE(
      shell.run("train --workload mlp --set workload.batch=16 --steps 20 --warm-up 2 --set run.checkpoint-interval=10 --checkpoints part")
          .code == 0);
  const Answer further = shell.run(kTrain + "--checkpoints part --append runs.csv");
  CHECK(further.code == 0);
  CHECK(further.err.find("goes on after step 20 of ") == 0);
  CHECK(further.out.find("batch 16, 18 steps") != std::string::npos);
  CHECK((state_in(shell.folder() / "whole", 40, 1) == state_in(shell.folder() / "part", 40, 1)));
  const std::vector<MeasuredRun> runs = read_measured_runs(shell.folder() / "runs.csv");
  CHECK(runs[0].note == "median over 38 steps after 2");
  CHECK(runs[1].note == "median over 18 steps after 2, gone on after step 20");
  const Answer done = shell.run(kTrain + "--checkpoints part");
  CHECK(done.code == 0);
  CHECK(done.out == "nothing is left to train: 40 steps are done\n");
  const Answer fewer =
      shell.run("train --workload mlp --set workload.batch=16 --steps 20 --warm-up 2 --set run.checkpoint-interval=10 --checkpoints part");
  CHECK(fewer.out == "nothing is left to train: 40 steps are done\n");
  const Answer past = shell.run(
      "train --workload mlp --set workload.batch=16 --steps 43 --warm-up 2 --set run.checkpoint-interval=10 --checkpoints part --kill "
      "0@40");
  CHECK(past.code == 0);
  CHECK(past.err.find("warning: --kill 0@40: step 40 is done already; nothing is killed\n") != std::string::npos);
}

TEST_CASE("a disk that is full while a checkpoint is written leaves the last good one, and the run says so") {
  const CommandLine shell;
  const std::string train = kTrain + "--checkpoints saved";
  REQUIRE(shell.run(kTrain + "--checkpoints undisturbed").code == 0);
  REQUIRE(
      shell.run("train --workload mlp --set workload.batch=16 --steps 8 --warm-up 2 --set run.checkpoint-interval=10 --checkpoints saved")
          .code == 0);
  const std::string before = get(shell.folder() / "saved/step-10.rank-0");
  // No file of this process may be longer than 64 KiB, which a write learns half way through.
  const Answer full = shell.run("--version >/dev/null; trap '' XFSZ; ulimit -f 128; " FORERUN_BINARY " " + train + " --format json");
  INFO(full.err);
  CHECK(full.code == 0);
  CHECK(full.err.find("goes on after step 10") == 0);
  CHECK(full.err.find("warning: the checkpoint of step 20 is not written: ") != std::string::npos);
  CHECK(full.err.find("cannot be written: File too large; the training goes on, and the checkpoint of step 10 stays") != std::string::npos);
  CHECK(number_of(full, "failed_checkpoints") == 3);
  CHECK(number_of(full, "checkpoints") == 0);
  CHECK((get(shell.folder() / "saved/step-10.rank-0") == before));
  CHECK(std::distance(fs::directory_iterator(shell.folder() / "saved"), fs::directory_iterator()) == 2);  // it and the lock
  CHECK(shell.run(train).code == 0);
  CHECK((state_in(shell.folder() / "saved", 40, 1) == state_in(shell.folder() / "undisturbed", 40, 1)));
}

TEST_CASE("a training that has ended says so, whatever has become of its checkpoints") {
  const CommandLine shell;
  const Answer damaged = shell.run(
      "--version >/dev/null; { while ! test -e saved/step-2500.rank-0; do sleep 0.01; done; echo >saved/step-2500.rank-0; } "
      "& " FORERUN_BINARY
      " train --workload mlp --set workload.batch=16 --steps 3998 --warm-up 2 --set run.checkpoint-interval=2500 --checkpoints saved");
  INFO(damaged.err);
  CHECK(damaged.code == 0);
  CHECK(damaged.out.find("batch 16, 3998 steps") != std::string::npos);
  CHECK(damaged.err.empty());
}

TEST_CASE("what is wrong with checkpoints is said before anything is trained") {
  const CommandLine shell;
  const auto refused = [&](const std::string& options, const std::string& why) {
    const Answer answer = shell.run("train --workload mlp --set workload.batch=16 --steps 8 --warm-up 2 " + options);
    INFO(answer.err);
    CHECK(answer.code == 3);
    CHECK(answer.err.find(why) != std::string::npos);
  };
  refused("--checkpoints saved", "--checkpoints: needs a setting beside it (allowed --set run.checkpoint-interval=STEPS)");
  refused("--set run.checkpoint-interval=5", "run.checkpoint-interval: needs --checkpoints FOLDER beside it");
  refused("--set run.checkpoint-interval=0 --checkpoints saved", "run.checkpoint-interval");
  refused("--set run.checkpoint-interval=5 --checkpoints /dev/null/saved", "cannot be made");
  refused("--kill 1", "--kill: is no rank and step (got 1, allowed RANK@STEP, such as 1@25)");
  refused("--kill 1@5", "--kill: names no rank (got 1@5, allowed 0 to 0)");
  refused("--kill 0@11", "--kill: is after the last step (got 0@11, allowed 1 to 10)");
  CHECK(shell.folder().entries() == 1);
  REQUIRE(shell.run(kTrain + "--checkpoints saved").code == 0);
  refused("--set run.checkpoint-interval=5 --checkpoints saved --set run.seed=4", "is of another training: seed is 1 (here 4)");
}

TEST_CASE("checkpoints of servers that wait for nobody are refused before anything is started") {
  const CommandLine shell;
  put(shell.folder() / "four.yaml",
      "nodes: 4\ndevices-per-node: 1\ndevice: cpu\nmemory-per-node: 1GiB\nlink-bandwidth: 1GB/s\nlink-latency: 5us\n");
  const std::string options = GENERATE("--set run.checkpoint-interval=10 --checkpoints saved", "--kill 0@5");
  const Answer answer = shell.run(
      "train --workload mlp --set workload.batch=16 --steps 20 --platform ./four.yaml --strategy "
      "data=2,servers=1,sync=off,runtime=forerun " +
      options);
  CHECK(answer.code == 6);
  CHECK(answer.err.find("writes no checkpoints of servers that wait for nobody (sync=off)") != std::string::npos);
  CHECK_FALSE(fs::exists(shell.folder() / "saved"));
}

TEST_CASE("a rank that is killed costs the steps since the last checkpoint, and no weight differs in the end") {
  const std::string strategy = GENERATE("data=2", "pipeline=2,micro-batches=2", "data=2,servers=1,server-nodes=shared,runtime=forerun");
  if (!can_start_ranks()) return;
  const CommandLine shell;
  const std::string train = kTrain + "--strategy " + strategy + " --format json --checkpoints ";
  REQUIRE(shell.run(train + "undisturbed").code == 0);
  const Answer killed = shell.run(train + "disturbed --kill 1@16 --kill 0@25");
  INFO(strategy << ": " << killed.err);
  REQUIRE(killed.code == 0);
  CHECK(killed.err ==
        "rank 1 was killed before step 16; all start again after step 10\n"
        "rank 0 was killed before step 25; all start again after step 20\n");
  CHECK(state_in(shell.folder() / "undisturbed", 40, 2).size() > 1000);
  CHECK((state_in(shell.folder() / "undisturbed", 40, 2) == state_in(shell.folder() / "disturbed", 40, 2)));
  const YamlNode document = read_yaml_text(killed.out, "out");
  double sum = 0;
  for (const char* part : {"startup_s", "training_s", "checkpoint_stall_s", "lost_s", "detection_s", "restart_s"}) {
    CHECK(number_of(killed, part) > 0);
    sum += number_of(killed, part);
  }
  CHECK(sum == Approx(number_of(killed, "total_time_s")).epsilon(1e-9));
  const Answer table = shell.run(kTrain + "--strategy " + strategy + " --checkpoints table --kill 1@16");
  CHECK(table.out.find("failed rank  before step  goes on after") != std::string::npos);
}

TEST_CASE("a rank that is killed while a checkpoint is written beside the steps goes on after one that is whole") {
  if (!can_start_ranks()) return;
  const CommandLine shell;
  const std::string train = kTrain + "--strategy pipeline=2,micro-batches=2 --set run.checkpoint-mode=asynchronous --checkpoints ";
  REQUIRE(shell.run(train + "undisturbed").code == 0);
  const Answer killed = shell.run(train + "disturbed --kill 0@21");
  INFO(killed.err);
  REQUIRE(killed.code == 0);
  CHECK(killed.err.find("rank 0 was killed before step 21; all start again after step ") == 0);  // 10 or 20
  CHECK(state_in(shell.folder() / "undisturbed", 40, 2).size() > 1000);
  CHECK((state_in(shell.folder() / "undisturbed", 40, 2) == state_in(shell.folder() / "disturbed", 40, 2)));
}

TEST_CASE("servers' checkpoints are found wherever the run says that its ranks stand") {
  if (!can_start_ranks()) return;
  const CommandLine shell;
  put(shell.folder() / "pairs.yaml",
      "nodes: 4\ndevices-per-node: 2\ndevice: cpu\nmemory-per-node: 1GiB\nlink-bandwidth: 1GB/s\nlink-latency: 5us\n"
      "intra-node-bandwidth: 10GB/s\nintra-node-latency: 1us\n");
  const std::string train =
      kTrain + "--platform ./pairs.yaml --strategy data=2,servers=2,runtime=forerun --format json --checkpoints saved ";
  const Answer killed = shell.run(train + "--kill 1@25");
  INFO(killed.err);
  REQUIRE(killed.code == 0);
  CHECK(killed.err == "rank 1 was killed before step 25; all start again after step 20\n");
  CHECK(fs::exists(shell.folder() / "saved/step-40.rank-3"));
  CHECK(number_of(killed, "checkpoint_bytes") > 0);
  CHECK(number_of(shell.run(train), "resumed_after_step") == 40);
}

TEST_CASE("without checkpoints a killed rank costs all steps") {
  if (!can_start_ranks()) return;
  const CommandLine shell;
  const Answer killed =
      shell.run("train --workload mlp --set workload.batch=16 --steps 8 --warm-up 2 --strategy data=2 --kill 1@6 --format json");
  INFO(killed.err);
  REQUIRE(killed.code == 0);
  CHECK(killed.err == "rank 1 was killed before step 6; all start again from the beginning\n");
  CHECK(number_of(killed, "steps") == 8);
}

TEST_CASE("a training whose command is killed goes on with the same command") {
  if (!can_start_ranks()) return;
  const CommandLine shell;
  const std::string train =
      "train --workload mlp --set workload.batch=16 --steps 398 --warm-up 2 --set run.checkpoint-interval=20 --strategy data=2 ";
  REQUIRE(shell.run(train + "--checkpoints undisturbed").code == 0);
  // Kills the command as soon as its first checkpoint is there.
  const Answer killed =
      shell.run("--version >/dev/null; " FORERUN_BINARY " " + train +
                "--checkpoints disturbed & running=$!; while ! ls disturbed/step-*.rank-0 >/dev/null 2>&1; do sleep 0.01; done; "
                "kill -KILL $running; wait $running");
  CHECK(killed.code == 137);
  Answer further = shell.run(train + "--checkpoints disturbed");
  for (int i = 0; i < 100 && further.err.find("is still running") != std::string::npos; ++i) {  // its ranks end a moment later
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    further = shell.run(train + "--checkpoints disturbed");
  }
  INFO(further.err);
  CHECK(further.code == 0);
  CHECK(further.err.find("goes on after step ") == 0);
  CHECK((state_in(shell.folder() / "undisturbed", 400, 1) == state_in(shell.folder() / "disturbed", 400, 1)));
}
