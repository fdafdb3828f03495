#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

/// Bad input: exit code 3, nothing on standard output, the parts of the message, and a folder as it was.
void check_refused(const CommandLine& shell, const std::string& arguments, const std::vector<std::string>& parts) {
  const auto before = shell.folder().entries();
  const Answer answer = shell.run(arguments);
  INFO(arguments);
  INFO(answer.err);
  CHECK(answer.code == 3);
  CHECK(answer.out.empty());
  for (const std::string& part : parts) CHECK(answer.err.find(part) != std::string::npos);
  CHECK(shell.folder().entries() == before);
}

const std::string kCluster = "--platform cpu-cluster --calibration ./paper.json ";

}  // namespace

TEST_CASE("an unknown workload is refused with a suggestion") {
  check_refused(CommandLine(), "predict --workload mlpp --set workload.batch=8 " + kCluster,
                {"--workload: unknown workload (got mlpp", "Did you mean mlp?"});
}

TEST_CASE("an unknown platform, calibration and strategy key are refused with suggestions, all at once") {
  check_refused(CommandLine(), "predict --workload mlp --set workload.batch=8 --platform cpu-clustr --strategy dat=2 --calibration nowhere",
                {"--platform: unknown platform (got cpu-clustr", "Did you mean cpu-cluster?", "Did you mean data?",
                 "--calibration: unknown calibration (got nowhere"});
}

TEST_CASE("a negative bandwidth and one without a unit are refused with option and key") {
  const CommandLine shell;
  const std::string rest = "predict --workload mlp --set workload.batch=8 " + kCluster;
  check_refused(shell, rest + "--set platform.link-bandwidth=-1Gbit/s", {"--set: platform.link-bandwidth:", "negative"});
  check_refused(shell, rest + "--set platform.link-bandwidth=25", {"--set: platform.link-bandwidth:", "unit"});
}

TEST_CASE("batch zero and a missing batch are refused") {
  const CommandLine shell;
  check_refused(shell, "predict --workload mlp --set workload.batch=0 " + kCluster, {"--set: workload.batch:"});
  check_refused(shell, "predict --workload mlp " + kCluster, {"--workload: workload.batch: is missing"});
}

TEST_CASE("settings that nobody knows are refused with a suggestion") {
  const CommandLine shell;
  const std::string rest = "predict --workload mlp --set workload.batch=8 " + kCluster;
  check_refused(shell, rest + "--set workload.batches=8", {"--set: workload.batches: unknown setting", "Did you mean batch?"});
  check_refused(shell, rest + "--set platfrom.nodes=8", {"--set: unknown setting (got platfrom.nodes", "Did you mean platform?"});
  for (const std::string key : {"workload.batch", "platform.nodes", "run.steps"})
    check_refused(shell, rest + "--set " + key.substr(key.find('.') + 1) + "=8", {"Did you mean " + key + "?"});
  check_refused(shell, rest + "--set run.step=8", {"--set: unknown setting (got run.step", "Did you mean run.steps?"});
  check_refused(shell, rest + "--set calibration.compute-scal=8", {"Did you mean calibration.compute-scale?"});
  check_refused(shell, rest + "--set run.steps=0", {"--set: run.steps:"});
  check_refused(shell, rest + "--set calibration.compute-scale=-1", {"--set: calibration.compute-scale:"});
  check_refused(shell, rest + "--set calibration.convolution-workspace=8MiB", {"belongs to a GPU's calibration"});
  check_refused(shell, rest + "--set workload.batch", {"--set: is no setting (got workload.batch"});
  check_refused(shell, rest + "--set workload.batch=", {"--set: has no value"});
}

TEST_CASE("a run is given in steps or in epochs, and neither makes more steps than can be counted") {
  const CommandLine shell;
  const std::string rest = "predict --workload mlp --set workload.batch=8 " + kCluster;
  check_refused(shell, rest + "--set run.steps=100 --set run.epochs=2",
                {"--set: run.epochs: cannot be given together with run.steps (got 2"});
  check_refused(shell, rest + "--set run.epochs=1e9 --set workload.samples=1000000000000",
                {"--set: run.epochs: makes more steps than a run may have (got 1000000000 of 125000000000 steps"});
}

TEST_CASE("a platform file without a link latency is refused with its line") {
  const CommandLine shell;
  put(shell.folder() / "p.yaml", "nodes: 2\nmemory-per-node: 4 GiB\nlink-bandwidth: 1 Gbit/s\n");
  check_refused(shell, "predict --workload mlp --set workload.batch=8 --platform ./p.yaml --calibration ./paper.json",
                {"p.yaml:1:", "link-latency: is missing"});
}

TEST_CASE("a YAML syntax error is refused with line and column") {
  const CommandLine shell;
  put(shell.folder() / "w.yaml", "name: w\nlayers: [\n  {kind: dense\n");
  check_refused(shell, "predict --workload ./w.yaml --set workload.batch=8 " + kCluster, {"w.yaml:"});
  put(shell.folder() / "s.yaml", "workload: mlp\n  platform: cpu-cluster\n");
  check_refused(shell, "predict ./s.yaml", {"s.yaml:2:"});
}

TEST_CASE("a truncated CSV file is refused with its line") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv",
      "run,group,workload,platform,strategy,set,metric,value\na,g,mlp,cpu-cluster,serial,workload.batch=8,step_ti");
  check_refused(shell, "validate runs.csv --calibration ./paper.json", {"runs.csv:2"});
}

TEST_CASE("a directory where a file belongs is refused, to read and to write") {
  const CommandLine shell;
  std::filesystem::create_directory(shell.folder() / "dir");
  check_refused(shell, "predict ./dir", {"dir"});
  check_refused(shell, "validate ./dir", {"dir"});
  check_refused(shell, "predict " + kSmall + "-o ./dir", {"dir"});
  check_refused(shell, "predict --workload ./dir --set workload.batch=4 " + kCluster, {"dir"});
  check_refused(shell, "train --workload mlp --set workload.batch=8 --steps 1 --append ./dir", {"dir"});
}

TEST_CASE("an output that cannot be written is refused before anything else") {
  const CommandLine shell;
  check_refused(shell, "predict " + kSmall + "-o no/such/folder.json", {"no/such/folder.json"});
  check_refused(shell, "predict " + kSmall + "--trace no/such/folder.json", {"no/such/folder.json"});
  check_refused(shell, "calibrate -o no/such/folder.json", {"no/such/folder.json"});
}

TEST_CASE("the machine that has not been measured says how to measure it") {
  check_refused(CommandLine(), "predict --workload mlp --set workload.batch=8", {"forerun calibrate"});
}

TEST_CASE("a document without its scenario cannot be run again") {
  const CommandLine shell;
  put(shell.folder() / "d.json", "{\"schema_version\": 1}");
  check_refused(shell, "predict ./d.json", {"d.json", "no scenario"});
}

TEST_CASE("a runtime that is not modelled yet is a missing capability, but bad input comes first") {
  const CommandLine shell;
  const Answer missing = shell.run("predict --workload mlp --set workload.batch=8 --strategy runtime=horovod " + kCluster);
  CHECK(missing.code == 6);
  CHECK(missing.err.find("horovod") != std::string::npos);
  check_refused(shell, "predict --workload mlpp --set workload.batch=8 --strategy runtime=horovod " + kCluster, {"Did you mean mlp?"});
}

TEST_CASE("train takes no setting of a platform or of stored samples") {
  check_refused(CommandLine(), "train --workload mlp --set workload.batch=8 --set platform.nodes=2 --steps 1",
                {"--set: platform.nodes: has no meaning"});
  for (const std::string setting : {"workload.decode-time=1ms", "workload.sample-bytes=1kB", "workload.samples-per-file=2"})
    check_refused(CommandLine(), "train --workload mlp --set workload.batch=8 --steps 1 --set " + setting,
                  {"--set: " + setting.substr(0, setting.find('=')) + ": has no meaning here: train reads no samples without --data"});
}

TEST_CASE("a setting that has no meaning is named in full") {
  const CommandLine shell;
  check_refused(shell, "show workload gpt2 --set platform.nodes=4", {"--set: platform.nodes: has no meaning here (got 4)"});
  check_refused(shell, "show platform cpu-cluster --set workload.batch=4", {"--set: workload.batch: has no meaning here (got 4)"});
  check_refused(shell, "train --workload mlp --set workload.batch=8 --set run.epochs=2", {"--set: run.epochs: has no meaning here"});
}

TEST_CASE("a calibration of a core prices no GPU, and one of a GPU no core") {
  const CommandLine shell;
  const std::string rest = "predict --workload mlp --set workload.batch=8 --calibration ./paper.json ";
  check_refused(shell, rest + "--platform cpu-cluster --set platform.device=gpu",
                {"--calibration: describes the device paper core, and those of platform cpu-cluster are gpu (got ./paper.json)"});
  std::string text = get(shell.folder() / "paper.json");
  text.replace(text.find("paper core"), 10, "cuda-gpu-1");
  put(shell.folder() / "gpu.json", text);
  check_refused(shell, "predict --workload mlp --set workload.batch=8 --platform cpu-cluster --calibration ./gpu.json",
                {"--calibration: describes the device cuda-gpu-1, and those of platform cpu-cluster are cpu"});
}

TEST_CASE("everything wrong in a scenario file is said at once and by line, with what is wrong in the files that it names") {
  const CommandLine shell;
  put(shell.folder() / "net.yaml", "input: 4\nlayers:\n  - {kind: dens, outputs: 2}\n  - {kind: dense, outputs: 0}\nbatsh: 3\n");
  put(shell.folder() / "s.yaml",
      "strategy: data=0\nworkload: net.yaml\nplatform: cpu-clustr\ncalibratoin: ./paper.json\nset:\n  run.steps: none\n");
  const Answer answer = shell.run("predict s.yaml");
  CHECK(answer.code == 3);
  std::size_t last = 0;
  for (const std::string part : {"s.yaml:1:11: data:", "s.yaml:3:11: platform: unknown platform (got cpu-clustr",
                                 "s.yaml:4:1: calibratoin: unknown key", "s.yaml:6:14: run.steps:", "net.yaml:3:12: kind: unknown kind",
                                 "net.yaml:4:28: outputs: is out of range", "net.yaml:5:1: batsh: unknown key"}) {
    INFO(part);
    INFO(answer.err);
    const std::size_t at = answer.err.find(part);
    CHECK(at != std::string::npos);
    CHECK(at >= last);
    last = at;
  }
}

TEST_CASE("the number of seeds is said once") {
  const CommandLine shell;
  check_refused(shell, "predict " + kSmall + "--engine sim --seeds 3 --set run.seeds=4",
                {"--seeds: cannot be given together with --set run.seeds (got 3)"});
}

TEST_CASE("a number above zero is asked for as such") {
  check_refused(CommandLine(), "predict " + kSmall + "--set run.epochs=0",
                {"--set: run.epochs: is out of range (got 0, allowed a number above 0"});
}
