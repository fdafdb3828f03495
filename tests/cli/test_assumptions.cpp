#include <catch2/catch.hpp>

#include "io/json.hpp"
#include "tests/cli/command_line.hpp"

using namespace forerun;

TEST_CASE("an old calibration, and one of another host, is warned of on standard error and in the assumptions") {
  const CommandLine shell;
  std::string old = get(shell.folder() / "paper.json");
  old.replace(old.find("2026-01-02"), 10, "2020-01-02");
  std::filesystem::create_directories(shell.folder() / "data/forerun");
  put(shell.folder() / "data/forerun/this-machine.calibration.json", old);
  put(shell.folder() / "data/forerun/this-machine.yaml", "nodes: 1\ndevices-per-node: 2\nmemory-per-node: 4 GiB\n");
  const Answer answer = shell.run("predict --workload mlp --set workload.batch=8 --strategy data=2");
  INFO(answer.err);
  CHECK(answer.code == 0);
  for (const std::string& text : {answer.out, answer.err}) {
    CHECK(text.find("days old") != std::string::npos);
    CHECK(text.find("was measured on host paper-host, not on this one") != std::string::npos);
  }
}

TEST_CASE("the shipped calibration of cpu-cluster is used where none is given, and named") {
  const Answer answer = CommandLine().run("predict --workload mlp --set workload.batch=8 --platform cpu-cluster --format json");
  CHECK(answer.code == 0);
  CHECK(value_of(read_yaml_text(answer.out, "out"), "calibration") == "cpu-cluster");
}

TEST_CASE("a device's rate that nothing uses is said in the assumptions") {
  const CommandLine shell;
  const Answer answer = shell.run("predict " + kSmall + "--set platform.device-rate=1Tflop/s");
  CHECK(answer.code == 0);
  const std::string line = "platform.device-rate is for computations of a trace: a layer's kernels take the calibration's times";
  CHECK(answer.out.find("  - " + line) != std::string::npos);
  CHECK(answer.err.find("warning: " + line + "\n") != std::string::npos);
  CHECK(shell.run("predict " + kSmall).err.find("device-rate") == std::string::npos);
}

TEST_CASE("devices without a rank, and a jitter that the oracle does not play, are said in the assumptions") {
  const CommandLine shell;
  const auto said = [&](const std::string& options, const std::string& line) {
    return shell.run("predict " + kSmall + options).out.find("  - " + line) != std::string::npos;
  };
  CHECK(said("--set platform.nodes=5", "3 of 5 devices idle"));
  CHECK_FALSE(said("", "0 of"));
  const std::string jitter = "no rank is slower than another: compute-jitter is the simulator's alone";
  CHECK(said("--set platform.compute-jitter=0.1", jitter));
  CHECK_FALSE(said("", jitter));
  CHECK_FALSE(said("--set platform.compute-jitter=0.1 --engine sim", jitter));
}

TEST_CASE("with NCCL the latency of its own model is named and not the link's, which does not count") {
  const CommandLine shell;
  const std::string predict =
      "predict --workload gpt2 --set workload.batch=16 --platform dgx-a100-80gb --set platform.nodes=2 --samples 0 "
      "--strategy data=16,runtime=pytorch-ddp --set platform.link-latency=1h ";
  const Answer nccl = shell.run(predict);
  CHECK(nccl.code == 0);
  CHECK(nccl.out.find("links between nodes of 200 GB/s and NCCL's 14.0 us a message (Simple);") != std::string::npos);
  const Answer gloo = shell.run(predict + "--set platform.collective-library=gloo");
  CHECK(gloo.out.find("links between nodes of 200 GB/s and 1.00 h;") != std::string::npos);
}

TEST_CASE("a calibration of another GPU than the platform's is warned of, one of another form of it is not") {
  const CommandLine shell;
  const std::string predict = "predict --workload gpt2 --set workload.batch=16 --samples 0 --platform ";
  const Answer other = shell.run(predict + "dgx-a100-80gb -c v100 --format json");
  CHECK(other.code == 0);
  const std::string warning = "calibration v100 describes the device v100, and those of platform dgx-a100-80gb are a100-80gb";
  CHECK(other.err == "warning: " + warning + "\n");
  CHECK(other.out.find(warning) != std::string::npos);
  CHECK(shell.run(predict + "dgx-a100-80gb -c a100-80gb").err.empty());
  CHECK(shell.run(predict + "dgx-a100-80gb --set platform.device=a100-80gb-pcie").err.empty());
}

TEST_CASE("a framework that gives a convolution little scratch memory waits longer for networks of 3 x 3 windows") {
  const CommandLine shell;
  const auto step = [&](const std::string& more) {
    const std::string run =
        "predict -w vgg16 -p abci-v100 -s data=1,runtime=pytorch-ddp --set workload.batch=32 --set workload.precision=fp32";
    return std::stod(value_of(read_yaml_text(shell.run(run + " --samples 0 --format json " + more).out, "out"), "step_time_s"));
  };
  CHECK(step("--set calibration.convolution-workspace=8MiB") > 1.5 * step(""));
  CHECK(step("--set calibration.convolution-workspace=1TiB") == step(""));
}
