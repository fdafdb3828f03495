#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

const std::string kReads =
    "--workload mlp --set workload.batch=64 --set workload.sample-bytes=100kB --platform cpu-cluster --set platform.nodes=2 --strategy "
    "data=2 "
    "--calibration ./paper.json --set platform.data-storage=nfs --set platform.data-read-bandwidth=10MB/s ";

double number(const YamlNode& document, const std::string& key) { return std::stod(value_of(document, key)); }

YamlNode document(const CommandLine& shell, const std::string& arguments) {
  const Answer answer = shell.run("predict " + arguments + " --format json");
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  return read_yaml_text(answer.out, "out");
}

void check_refused(const std::string& arguments, const std::string& part) {
  const Answer answer = CommandLine().run("predict " + arguments);
  INFO(answer.err);
  CHECK(answer.code == 3);
  CHECK(answer.out.empty());
  CHECK(answer.err.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("a step waits for what its nodes read from one server, in both engines") {
  const CommandLine shell;
  for (const std::string engine : {"oracle", "sim"}) {
    const YamlNode read = document(shell, kReads + "--set input.prefetch=0 --engine " + engine);
    // 64 samples of 100 kB at 10 MB/s.
    CHECK(number(read, "input_exposed_s") == Approx(0.64).epsilon(1e-5));
    CHECK(number(read, "step_time_s") > 0.64);
    const YamlNode wide = document(shell, kReads + "--set platform.data-read-bandwidth=1GB/s --set input.prefetch=0 --engine " + engine);
    CHECK(number(wide, "input_exposed_s") == Approx(0.0064).epsilon(1e-5));
  }
}

TEST_CASE("a run with an epoch from storage, a shuffle buffer and checkpoints adds up, and its document runs again") {
  const CommandLine shell;
  const std::string run = kReads +
                          "--set workload.samples=640 --set run.epochs=3 --set input.shuffle-buffer=128 "
                          "--set run.checkpoint-interval=7 --set run.startup=5s ";
  for (const std::string engine : {"oracle", "sim"}) {
    const YamlNode out = document(shell, run + "--engine " + engine);
    const double whole = number(out, "startup_s") + 30 * number(out, "step_time_s") + number(out, "checkpoint_stall_s");
    CHECK(number(out, "total_time_s") == Approx(whole).epsilon(1e-9));
    // 128 samples a process: four steps' loads of 0.64 s.
    CHECK(number(out, "startup_s") == Approx(5 + 4 * 0.64).epsilon(1e-5));
    CHECK(number(out, "first_epoch_time_s") > number(out, "epoch_time_s"));
    // Of four, that of the first epoch is written while the step after it waits for its samples anyway.
    CHECK(number(out, "checkpoint_stall_s") == Approx(3 * number(out, "checkpoint_write_s")).epsilon(0.01));
    CHECK(number(out, "checkpoint_bytes") > 0);
  }
  REQUIRE(shell.run("predict " + run + "--format json -o first.json").code == 0);
  REQUIRE(shell.run("predict first.json --format json -o second.json").code == 0);
  CHECK(get(shell.folder() / "first.json") == get(shell.folder() / "second.json"));
}

TEST_CASE("a shuffle buffer above the data set holds a process's share of it, and the prediction says so") {
  const CommandLine shell;
  const std::string run = kReads + "--set workload.samples=640 --set run.epochs=3 --set run.startup=5s --set input.shuffle-buffer=";
  const Answer all = shell.run("predict " + run + "320 --format json");
  const Answer more = shell.run("predict " + run + "1000000 --format json");
  CHECK(all.out.find("which holds no more") == std::string::npos);
  CHECK(more.out.find("to fill the shuffle buffer, which holds no more than the 320 samples of a process") != std::string::npos);
  const auto startup = [](const Answer& answer) { return number(read_yaml_text(answer.out, "out"), "startup_s"); };
  CHECK(startup(more) == Approx(startup(all)));
}

TEST_CASE("a run that ends before its first checkpoint says that none is written") {
  const CommandLine shell;
  const std::string none = "no checkpoint is written: the run ends after 9 steps, before the first one";
  const std::string run = kReads + "--set run.steps=9 --set run.checkpoint-interval=";
  for (const std::string engine : {"oracle", "sim"}) {
    const std::string ends = shell.run("predict " + run + "10 --engine " + engine).out;
    CHECK(ends.find(none) != std::string::npos);
    CHECK(ends.find("is written to") == std::string::npos);
    const std::string writes = shell.run("predict " + run + "9 --engine " + engine).out;
    CHECK(writes.find("no checkpoint") == std::string::npos);
    CHECK(writes.find("is written to") != std::string::npos);
  }
}

TEST_CASE("a workload that says how long decoding takes is told that a loader's rate has it already") {
  const CommandLine shell;
  put(shell.folder() / "w.yaml",
      "input: 4\nbatch: 64\ndecode-time: 1ms\nlayers:\n  - {kind: dense, outputs: 2}\n  - {kind: softmax-cross-entropy}\n");
  const std::string run = "predict --workload ./w.yaml --platform cpu-cluster --calibration ./paper.json --set platform.loader-rate=100";
  CHECK(shell.run(run).out.find("a process loads 100 samples a second, one step ahead, decoding included") != std::string::npos);
}

TEST_CASE("settings of storage that make no sense are refused before any engine starts") {
  const std::string plain = "--workload mlp --set workload.batch=64 --platform cpu-cluster --calibration ./paper.json ";
  const std::string stored = plain + "--set workload.sample-bytes=1kB --set platform.data-storage=nfs ";
  check_refused(plain + "--set platform.data-storage=nfs", "--set: workload.sample-bytes: is missing");
  check_refused(plain + "--set platform.data-storage=nsf", "Did you mean nfs?");
  check_refused(plain + "--set input.prefetch=2", "--set: input.prefetch: needs platform.data-storage");
  check_refused(plain + "--set run.checkpoint-interval=10", "--set: run.checkpoint-interval: needs platform.checkpoint-storage");
  check_refused(plain + "--set run.checkpoint-mode=synchronous", "needs run.checkpoint-interval");
  for (const std::string setting : {"workload.sample-bytes=1kB", "workload.samples-per-file=8", "workload.decode-time=1ms"}) {
    const std::string key = setting.substr(0, setting.find('='));
    check_refused(plain + "--set " + setting, "--set: " + key + ": needs platform.data-storage beside it");
    check_refused(plain + "--set platform.loader-rate=100 --set " + setting,
                  "--set: " + key + ": cannot be given together with platform.loader-rate");
  }
  check_refused(plain + "--set platform.loader-rate=100 --set input.prefetch=2", "cannot be given together with platform.loader-rate");
  check_refused(stored + "--set workload.samples=640 --set workload.samples-per-file=641",
                "--set: workload.samples-per-file: is more than the data set has (got 641, allowed at most 640)");
  check_refused(stored + "--set run.checkpoint-interval=0", "--set: run.checkpoint-interval:");
  check_refused(stored + "--set run.checkpoint-interval=5 --set run.checkpoint-mode=async", "run.checkpoint-mode: unknown mode");
  check_refused(stored + "--set input.cache=disk", "input.cache: unknown cache");
  check_refused(stored + "--set input.readers=0", "input.readers:");
  check_refused(stored + "--set input.prefetch=-1", "input.prefetch:");
  check_refused(stored + "--set input.prefech=1", "Did you mean input.prefetch?");
  check_refused(stored + "--set workload.sample-bytes=0B", "workload.sample-bytes:");
  check_refused(stored + "--set workload.decode-time=-1ms", "workload.decode-time:");
  check_refused(stored + "--set platform.data-read-bandwidth=0B/s", "platform.data-read-bandwidth:");
  check_refused(stored + "--set prefetch=1", "Did you mean input.prefetch?");
}
