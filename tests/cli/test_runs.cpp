#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

const std::string kGpu =
    "predict --workload resnet50 --set workload.batch=128 --platform aws:p3.2xlarge --strategy runtime=pytorch-ddp --format json ";

double number(const YamlNode& document, const std::string& key) { return std::stod(value_of(document, key)); }

YamlNode document(const CommandLine& shell, const std::string& arguments) {
  const Answer answer = shell.run(arguments);
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  return read_yaml_text(answer.out, "out");
}

}  // namespace

TEST_CASE("a run's times add up to the whole, in both engines") {
  const CommandLine shell;
  for (const std::string engine : {"oracle", "sim"}) {
    const YamlNode run = document(shell, kGpu + "--set run.epochs=2 --set run.evaluation=50000 --engine " + engine);
    CHECK(number(run, "startup_s") == 96.9);
    CHECK(number(run, "evaluation_s") > 0);
    CHECK(number(run, "energy_j") > 0);
    const double steps = number(run, "steps") * number(run, "step_time_s");
    CHECK(number(run, "total_time_s") == Approx(96.9 + steps + number(run, "evaluation_s")).epsilon(1e-9));
    CHECK(number(run, "evaluation_s") < steps);
  }
}

TEST_CASE("evaluating as many samples as a run learns from takes a forward pass of each") {
  const CommandLine shell;
  const YamlNode run = document(shell, kGpu + "--set run.steps=100 --set run.evaluation=12800 --set run.evaluation-interval=100");
  const double share = number(run, "evaluation_s") / (100 * number(run, "step_time_s"));
  CHECK(share > 0.25);
  CHECK(share < 0.45);
}

TEST_CASE("a target chooses its steps from the batch, and a table of runs its constants") {
  const CommandLine shell;
  const YamlNode run = document(shell, kGpu + "--set run.minimum-steps=1000 --set run.critical-batch=384");
  CHECK(number(run, "steps") == 4000);
  CHECK(number(run, "epochs_to_target") == Approx(4000 * 128 / 1281167.0));
  put(shell.folder() / "pairs.csv", "batch,steps\n128,4000\n384,2000\n");
  CHECK(number(document(shell, kGpu + "--set run.batch-steps=pairs.csv"), "steps") == Approx(4000).margin(1));
}

TEST_CASE("spot machines cost their spot price, and nothing where none is known") {
  const CommandLine shell;
  const std::string priced = kGpu + "--set run.steps=1000 --set platform.price=4USD/h ";
  const double on_demand = number(document(shell, priced), "cost_usd");
  CHECK(number(document(shell, priced + "--set platform.spot-price=1USD/h --set run.market=spot"), "cost_usd") == Approx(on_demand / 4));
  const YamlNode unknown = document(shell, priced + "--set run.market=spot");
  CHECK(unknown.find("cost_usd")->kind == YamlNode::Kind::null);
}

TEST_CASE("what a run cannot be is refused with what is allowed") {
  const CommandLine shell;
  const auto refused = [&](const std::string& settings) {
    const Answer answer = shell.run(kGpu + settings);
    CHECK(answer.code == 3);
    return answer.err;
  };
  CHECK(refused("--set run.critical-batch=0 --set run.minimum-steps=10").find("run.critical-batch: is out of range") != std::string::npos);
  CHECK(refused("--set run.critical-batch=-5 --set run.minimum-steps=10").find("run.critical-batch: is out of range") != std::string::npos);
  CHECK(refused("--set run.critical-batch=512 --set run.minimum-steps=nan").find("run.minimum-steps") != std::string::npos);
  CHECK(refused("--set run.critical-batch=512").find("needs run.minimum-steps beside it") != std::string::npos);
  CHECK(refused("--set run.minimum-steps=512").find("needs run.critical-batch beside it") != std::string::npos);
  CHECK(refused("--set run.minimum-steps=9 --set run.critical-batch=5 --set run.steps=5").find("cannot be given together with run.steps") !=
        std::string::npos);
  CHECK(refused("--set run.minimum-steps=1e15 --set run.critical-batch=1e15").find("makes more steps than a run may have") !=
        std::string::npos);
  CHECK(refused("--set run.market=spott").find("Did you mean spot?") != std::string::npos);
  CHECK(refused("--set run.evaluation=0").find("is out of range") != std::string::npos);
  CHECK(refused("--set run.evaluation-interval=5").find("needs run.evaluation beside it") != std::string::npos);
  CHECK(refused("--set run.startup=-1s").find("is negative") != std::string::npos);
  CHECK(refused("--set run.batch-steps=none.csv").find("none.csv") != std::string::npos);
  put(shell.folder() / "one.csv", "batch,steps\n256,4000\n256,4100\n");
  CHECK(refused("--set run.batch-steps=one.csv").find("fewer than two batches") != std::string::npos);
  put(shell.folder() / "zero.csv", "batch,steps\n0,4000\n256,4100\n");
  CHECK(refused("--set run.batch-steps=zero.csv").find("zero.csv:2:1: batch: is out of range") != std::string::npos);
}

TEST_CASE("a calibration that cannot price a workload is told before its memory, with all that it lacks") {
  const CommandLine shell;
  const Answer answer = shell.run(
      "predict --workload gpt3-175b --set workload.precision=bf16 --set workload.batch=8 --platform cpu-cluster --calibration "
      "./paper.json");
  CHECK(answer.code == 6);
  CHECK(answer.err.find("kernels in bf16") != std::string::npos);
  const Answer several = shell.run(
      "predict --workload gpt2 --set workload.precision=fp32 --set workload.batch=8 --platform cpu-cluster --calibration ./paper.json");
  CHECK(several.code == 6);
  CHECK(several.err.find("attention forward") != std::string::npos);
  CHECK(several.err.find("layer-norm forward") != std::string::npos);
}

TEST_CASE("a prediction over several ranks names the communication library") {
  const CommandLine shell;
  const std::string text = shell
                               .run(
                                   "predict --workload gpt2 --set workload.batch=64 --platform dgx-a100-80gb "
                                   "--strategy data=8,runtime=pytorch-ddp")
                               .out;
  CHECK(text.find("collectives of NCCL ") != std::string::npos);
}

TEST_CASE("epochs of a workload without a data set are refused, and a price without a date is one") {
  const std::string scenario = "predict --workload gpt2 --platform dgx-a100-80gb --set workload.batch=8 -s data=8,runtime=megatron ";
  const Answer epochs = CommandLine().run(scenario + "--set run.epochs=2");
  CHECK(epochs.code == 3);
  CHECK_THAT(epochs.err, Catch::Contains("run.epochs: counts epochs of a workload without a data set"));
  const Answer priced = CommandLine().run(scenario + "--set platform.price=30USD/h --set run.steps=1000");
  CHECK_THAT(priced.out, Catch::Contains(" USD  on demand\n"));
}

TEST_CASE("a device that nothing is known of is named, with those that are") {
  const Answer answer =
      CommandLine().run("predict --workload gpt2 --platform dgx-a100-80gb --set workload.batch=8 --set platform.device=h200x");
  CHECK(answer.code == 3);
  CHECK_THAT(answer.err, Catch::Contains("platform.device: is no device whose kernels are known"));
  CHECK_THAT(answer.err, Catch::Contains("Did you mean h200?"));
}
