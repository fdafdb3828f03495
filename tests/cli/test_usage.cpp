#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"

using namespace forerun;

TEST_CASE("the version is said") {
  const Answer answer = CommandLine().run("--version");
  CHECK(answer.code == 0);
  CHECK(answer.out.find("forerun 0.1.0") == 0);
}

TEST_CASE("every verb has help with an example") {
  const CommandLine shell;
  for (const std::string verb : {"calibrate", "predict", "train", "validate", "show", "show workload", "show platform", "show calibration",
                                 "show plan", "search init", "search ask", "search tell", "search run", "search report", "search replay"}) {
    const Answer answer = shell.run(verb + " --help");
    INFO(verb);
    CHECK(answer.code == 0);
    CHECK(answer.out.find("Example:\n  forerun " + verb.substr(0, verb.find(' '))) != std::string::npos);
  }
}

TEST_CASE("the helps name every kind of file that a workload can be") {
  const CommandLine shell;
  for (const std::string verb : {"predict", "show plan"}) {
    const std::string help = shell.run(verb + " --help").out;
    INFO(verb);
    for (const std::string kind : {"YAML", "ONNX", "config.json"}) CHECK(help.find(kind) != std::string::npos);
    CHECK(help.find("NAME.0.et") != std::string::npos);
  }
}

TEST_CASE("the examples of the helps that need no measurement work as typed") {
  const CommandLine shell;
  CHECK(shell.run("show workload mnist-cnn").code == 0);
  CHECK(shell.run("show platform cpu-cluster --set platform.nodes=8").code == 0);
  CHECK(
      shell.run("show plan --workload mlp --platform cpu-cluster --set platform.nodes=2 --set workload.batch=64 --strategy data=2").code ==
      0);
  CHECK(shell.run("train --workload mlp --set workload.batch=64 --steps 2 --warm-up 1 --operations").code == 0);
}

TEST_CASE("a command line that cannot be understood is exit code 2") {
  const CommandLine shell;
  for (const std::string arguments :
       {"", "foretell", "predict --speed 3", "predict --engine magic", "show", "show workload --dot", "show workload --all", "validate",
        "train --steps 3", "predict --format xml", "calibrate --quick --full", "calibrate --device tpu"}) {
    INFO(arguments);
    const Answer answer = shell.run(arguments);
    CHECK(answer.code == 2);
    CHECK(answer.out.empty());
    CHECK_FALSE(answer.err.empty());
  }
}

TEST_CASE("a command line of search that cannot be understood is exit code 2, and touches nothing") {
  const CommandLine shell;
  for (const std::string arguments : {"", "init", "init j", "ask", "ask j --count 0", "tell j", "run", "run j", "run j --", "report",
                                      "run j --evaluate t.csv -- true", "run j --parallel 0 -- true", "run j --time sun -- true"}) {
    INFO(arguments);
    const Answer answer = shell.run("search " + arguments);
    CHECK(answer.code == 2);
    CHECK(answer.out.empty());
    CHECK_FALSE(answer.err.empty());
  }
  CHECK(shell.folder().entries() == 1);
}

TEST_CASE("an unknown verb or noun is told with the nearest") {
  const CommandLine shell;
  const auto told = [&](const std::string& arguments) {
    const Answer answer = shell.run(arguments);
    CHECK(answer.code == 2);
    return answer.err;
  };
  CHECK(
      told("predikt --workload mlp") ==
      "unknown verb (got predikt, allowed calibrate, predict, strategies, whatif, search, train, validate, show). Did you mean predict?\n");
  CHECK(told("oracle") == "unknown verb (got oracle, allowed calibrate, predict, strategies, whatif, search, train, validate, show)\n");
  CHECK(told("show plam") == "unknown noun of show (got plam, allowed workload, platform, calibration, plan). Did you mean plan?\n");
}

TEST_CASE("a setting with a space for its equals sign is told how it is written") {
  const CommandLine shell;
  for (const std::string verb : {"predict", "train", "show plan"}) {
    const Answer answer = shell.run(verb + " --workload mlp --set run.seed=1 --set workload.batch 64");
    INFO(verb);
    CHECK(answer.code == 3);
    CHECK(answer.out.empty());
    CHECK(answer.err == "--set: is no setting (got workload.batch 64, allowed key=value). Did you mean workload.batch=64?\n");
  }
  CHECK(shell.run("show workload mlp --set workload.batch=64").code == 0);
}

TEST_CASE("the helps name the files and devices that there are") {
  const CommandLine shell;
  const auto words = [&](const std::string& verb) {
    std::string text;
    bool space = false;
    for (const char c : shell.run(verb + " --help").out) {
      if (space && (c == ' ' || c == '\n')) continue;
      space = c == ' ' || c == '\n';
      text += space ? ' ' : c;
    }
    return text;
  };
  CHECK(words("train").find("step times to runs.steps.csv and its operations to runs.operations.csv") != std::string::npos);
  CHECK(words("validate").find("where runs.steps.csv stands beside runs.csv") != std::string::npos);
  CHECK(words("calibrate").find("or those of the first GPU") != std::string::npos);
}

TEST_CASE("calibrating a GPU where there is none, or without CUDA's kernels, is a missing capability and touches nothing") {
  const CommandLine shell;
  const Answer answer = shell.run("calibrate --device cuda --quick -o gpu.json");
  if (answer.code == 0) return;  // a GPU, and a build with CUDA
  CHECK(answer.code == 6);
  CHECK(answer.err.find("cannot do this here:") == 0);
  const bool without = answer.err.find("built without the CUDA kernels") != std::string::npos;
  const bool no_device = answer.err.find("no CUDA device is present") != std::string::npos;
  CHECK((without || no_device));
  if (without) CHECK(answer.err.find("cmake --preset cuda") != std::string::npos);
  CHECK(shell.folder().entries() == 1);
  const Answer network = shell.run("calibrate --device cuda --network");
  CHECK(network.code == 3);
  CHECK(network.err.find("--device cuda: measures a GPU and no network") != std::string::npos);
}

TEST_CASE("a network that cannot be measured without mpirun is told before the kernels are") {
  const CommandLine shell;
  const Answer answer =
      shell.run("--version >/dev/null; PATH=/nonexistent /usr/bin/timeout 10 " FORERUN_BINARY " calibrate --network -o mine.json");
  CHECK(answer.code == 6);
  CHECK(shell.folder().entries() == 1);
}

TEST_CASE("a calibration that is broken off leaves its journal and no calibration") {
  const CommandLine shell;
  const Answer answer = shell.run("--version >/dev/null; timeout 3 " FORERUN_BINARY " calibrate --no-network -o mine.calibration.json");
  CHECK(answer.code == 124);
  CHECK(answer.out.empty());
  CHECK_FALSE(std::filesystem::exists(shell.folder() / "mine.calibration.json"));
  CHECK(get(shell.folder() / "mine.calibration.json.part").find('\n') != std::string::npos);
}

TEST_CASE("a second setting behind one option is told to have its own") {
  const CommandLine shell;
  const Answer answer = shell.run("predict --set workload.batch=64 platform.nodes=2 --workload mlp");
  CHECK(answer.code == 3);
  CHECK(answer.err == "--set: takes one key=value (got workload.batch=64 platform.nodes=2). Did you mean --set platform.nodes=2?\n");
  put(shell.folder() / "a=b.yaml", "workload: mlp\nplatform: cpu-cluster\ncalibration: ./paper.json\n");
  CHECK(shell.run("predict --set workload.batch=64 a=b.yaml").code == 0);
}

TEST_CASE("what stands in the place of a scenario is told its option") {
  const CommandLine shell;
  put(shell.folder() / "net.yaml", "input: 4\nlayers:\n  - {kind: dense, outputs: 2}\n");
  put(shell.folder() / "machine.yaml", "memory-per-node: 4 GiB\n");
  put(shell.folder() / "net.onnx", "");
  const auto complaint = [&](const std::string& file) {
    const Answer answer = shell.run("predict " + file);
    CHECK(answer.code == 3);
    return answer.err;
  };
  CHECK(complaint("net.yaml") == "net.yaml: is a workload, not a scenario. Did you mean --workload net.yaml?\n");
  CHECK(complaint("net.onnx") == "net.onnx: is a workload, not a scenario. Did you mean --workload net.onnx?\n");
  CHECK(complaint("gpt2") == "gpt2: is a workload, not a scenario. Did you mean --workload gpt2?\n");
  CHECK(complaint("machine.yaml") == "machine.yaml: is a platform, not a scenario. Did you mean --platform machine.yaml?\n");
  CHECK(complaint("paper.json") == "paper.json: is a calibration, not a scenario. Did you mean --calibration paper.json?\n");
}

TEST_CASE("help and version that cannot be written are exit code 3, as results are") {
  for (const std::string arguments : {"--help", "--version", "predict --help", "show workload mlp"}) {
    const int status = std::system((FORERUN_BINARY " " + arguments + " >/dev/full 2>/dev/null").c_str());
    INFO(arguments);
    CHECK(WEXITSTATUS(status) == 3);
  }
}
