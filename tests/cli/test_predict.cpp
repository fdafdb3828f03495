#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>

#include "io/json.hpp"
#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

const std::vector<std::string> kKeys{"schema_version",
                                     "engine",
                                     "workload",
                                     "platform",
                                     "strategy",
                                     "runtime",
                                     "nodes",
                                     "ranks",
                                     "global_batch",
                                     "seed",
                                     "calibration",
                                     "origin",
                                     "assumptions",
                                     "status",
                                     "reason",
                                     "step_time_s",
                                     "step_time_p10_s",
                                     "step_time_p90_s",
                                     "compute_s",
                                     "comm_exposed_s",
                                     "bubble_s",
                                     "input_exposed_s",
                                     "overhead_s",
                                     "comm_total_s",
                                     "epoch_time_s",
                                     "startup_s",
                                     "evaluation_s",
                                     "checkpoint_stall_s",
                                     "lost_s",
                                     "detection_s",
                                     "restart_s",
                                     "queue_s",
                                     "degraded_s",
                                     "total_time_s",
                                     "total_time_p10_s",
                                     "total_time_p90_s",
                                     "goodput_fraction",
                                     "throughput_samples_per_s",
                                     "throughput_tokens_per_s",
                                     "mfu",
                                     "memory_per_device_bytes",
                                     "memory_parts",
                                     "comm_bytes_per_rank",
                                     "energy_j",
                                     "cost_usd",
                                     "price_date",
                                     "latency_p50_s",
                                     "latency_p90_s",
                                     "latency_p99_s",
                                     "steps",
                                     "epochs_to_target",
                                     "precision",
                                     "optimizer",
                                     "gradients",
                                     "first_epoch_time_s",
                                     "checkpoint_write_s",
                                     "checkpoint_bytes",
                                     "scenario"};

const std::string kVgg =
    "predict --workload vgg11-cifar10 --platform cpu-cluster --set platform.nodes=3 --set workload.batch=192 "
    "--strategy data=3,runtime=pytorch-ddp --calibration ./paper.json --format json ";

double number(const YamlNode& document, const std::string& key) { return std::stod(value_of(document, key)); }

}  // namespace

TEST_CASE("the document has the design's keys in their order, and its parts add up") {
  const CommandLine shell;
  for (const std::string engine : {"oracle", "sim"}) {
    const Answer answer = shell.run(kVgg + "--engine " + engine);
    INFO(answer.err);
    REQUIRE(answer.code == 0);
    const YamlNode document = read_yaml_text(answer.out, "out");
    std::vector<std::string> keys;
    for (const Text& key : document.keys) keys.push_back(key.value);
    CHECK(keys == kKeys);
    CHECK(value_of(document, "engine") == engine);
    CHECK(value_of(document, "ranks") == "3");
    CHECK(value_of(document, "strategy") == "data=3,runtime=pytorch-ddp");
    CHECK(document.find("cost_usd")->kind == YamlNode::Kind::null);
    double sum = 0;
    for (const char* part : {"compute_s", "comm_exposed_s", "bubble_s", "input_exposed_s", "overhead_s"}) sum += number(document, part);
    CHECK(sum == Approx(number(document, "step_time_s")).epsilon(1e-9));
  }
}

TEST_CASE("a prediction says P10 to P90, the same by both engines where they agree, and keeps silent where nothing is sampled") {
  const CommandLine shell;
  std::vector<double> widths;
  for (const std::string engine : {"oracle", "sim"}) {
    const Answer answer = shell.run(kVgg + "--set run.steps=5 --engine " + engine);
    INFO(answer.err);
    REQUIRE(answer.code == 0);
    const YamlNode document = read_yaml_text(answer.out, "out");
    CHECK(number(document, "step_time_p10_s") < number(document, "step_time_s"));
    CHECK(number(document, "step_time_s") < number(document, "step_time_p90_s"));
    CHECK(number(document, "total_time_p90_s") == Approx(5 * number(document, "step_time_p90_s")));
    widths.push_back(number(document, "step_time_p90_s") / number(document, "step_time_s"));
  }
  CHECK(widths[0] == Approx(widths[1]));
  const YamlNode document = read_yaml_text(shell.run(kVgg + "--samples 0").out, "out");
  CHECK(document.find("step_time_p10_s")->kind == YamlNode::Kind::null);
  CHECK(document.find("total_time_p90_s")->kind == YamlNode::Kind::null);
  CHECK(shell.run(kVgg + "--samples -1").code == 2);
}

TEST_CASE("a document fed back gives the same prediction") {
  const CommandLine shell;
  const std::string run = "--set run.steps=7 --set calibration.compute-scale=1.5 --set run.seed=9 ";
  for (const std::string engine : {"oracle", "sim", "sim-message"}) {
    REQUIRE(shell.run(kVgg + run + "--engine " + engine + " -o first.json").code == 0);
    const Answer again = shell.run("predict first.json --format json");
    INFO(again.err);
    CHECK(again.code == 0);
    CHECK(again.out == get(shell.folder() / "first.json"));
  }
  CHECK(value_of(read_yaml_text(shell.run("predict first.json --engine oracle --format json").out, "out"), "engine") == "oracle");
}

TEST_CASE("message by message a step takes as long as flow by flow, and no more than 256 ranks are played so") {
  const CommandLine shell;
  const YamlNode flows = read_yaml_text(shell.run(kVgg + "--engine sim").out, "out");
  const YamlNode messages = read_yaml_text(shell.run(kVgg + "--engine sim-message").out, "out");
  CHECK(number(messages, "step_time_s") == Approx(number(flows, "step_time_s")).epsilon(1e-3));
  const Answer many = shell.run(
      "predict --workload vgg11-cifar10 --platform cpu-cluster --set platform.nodes=257 --set workload.batch=257 "
      "--strategy data=257,runtime=pytorch-ddp --calibration ./paper.json --engine sim-message");
  CHECK(many.code == 6);
  CHECK(many.err.find("up to 256 ranks (got 257)") != std::string::npos);
}

TEST_CASE("a document of an engine that nobody knows is refused") {
  const CommandLine shell;
  put(shell.folder() / "d.json", "{\"schema_version\": 1, \"engine\": \"simm\", \"scenario\": {\"workload\": \"mlp\"}}");
  const Answer answer = shell.run("predict ./d.json --set workload.batch=8 --platform cpu-cluster --calibration ./paper.json");
  CHECK(answer.code == 3);
  CHECK(answer.err.find("d.json:1:33: engine: unknown engine (got simm, allowed oracle, sim, sim-message). Did you mean sim?") !=
        std::string::npos);
}

TEST_CASE("a scenario file is predicted like its options, and options override it") {
  const CommandLine shell;
  put(shell.folder() / "s.yaml",
      "workload: logistic-regression\nplatform: cpu-cluster\nstrategy: data=2\ncalibration: ./paper.json\n"
      "set: {workload.batch: 64, platform.nodes: 2}\n");
  const Answer from_options = shell.run("predict " + kSmall + "--format csv");
  REQUIRE(from_options.code == 0);
  CHECK(shell.run("predict s.yaml --format csv").out == from_options.out);
  put(shell.folder() / "list.yaml",
      "workload: logistic-regression\nplatform: cpu-cluster\nstrategy: data=2\ncalibration: ./paper.json\n"
      "set: [workload.batch=2, workload.batch=64, platform.nodes=2]\n");
  CHECK(shell.run("predict list.yaml --format csv").out == from_options.out);
  CHECK(shell.run("predict s.yaml --set workload.batch=128 --format csv").out != from_options.out);
}

TEST_CASE("a batch that does not divide is answered with no and the reason") {
  const Answer answer = CommandLine().run("predict " + kSmall + "--set workload.batch=63 --format json");
  CHECK(answer.code == 1);
  const YamlNode document = read_yaml_text(answer.out, "out");
  CHECK(value_of(document, "status") == "infeasible");
  CHECK(value_of(document, "reason").find("batch 63 does not divide by data=2") != std::string::npos);
  CHECK(document.find("step_time_s")->kind == YamlNode::Kind::null);
}

TEST_CASE("a strategy larger than the platform is answered with no and the reason") {
  const Answer answer = CommandLine().run("predict " + kSmall + "--set platform.nodes=1");
  CHECK(answer.code == 1);
  CHECK(answer.out.find("infeasible: the strategy needs 2 devices") != std::string::npos);
}

TEST_CASE("the page for people names the scenario, its parts and its assumptions") {
  const Answer answer = CommandLine().run("predict " + kSmall + "--set run.steps=100");
  CHECK(answer.code == 0);
  for (const std::string part :
       {"logistic-regression on cpu-cluster, data=2", "2 ranks, 2 nodes, batch 64, fp32 with sgd-momentum; engine oracle", "step time",
        "  compute", "communication exposed", "throughput", "epoch", "run ", "memory a device", "  activation gradients",
        "calibration synthetic (measured)\n", "assumptions"})
    CHECK(answer.out.find(part) != std::string::npos);
}

TEST_CASE("a CSV row has the document's names and its numbers") {
  const CommandLine shell;
  const Answer answer = shell.run("predict " + kSmall + "--format csv");
  REQUIRE(answer.code == 0);
  CHECK(answer.out.find("schema_version,engine,workload,") == 0);
  const YamlNode document = read_yaml_text(shell.run("predict " + kSmall + "--format json").out, "out");
  CHECK(answer.out.find("," + value_of(document, "step_time_s") + ",") != std::string::npos);
}

TEST_CASE("a compute scale multiplies compute and makes the origin fitted") {
  const CommandLine shell;
  const YamlNode plain = read_yaml_text(shell.run("predict " + kSmall + "--format json").out, "out");
  const YamlNode scaled = read_yaml_text(shell.run("predict " + kSmall + "--set calibration.compute-scale=2 --format json").out, "out");
  CHECK(number(scaled, "compute_s") == Approx(2 * number(plain, "compute_s")).epsilon(1e-9));
  CHECK(value_of(plain, "origin") == "measured");
  CHECK(value_of(scaled, "origin") == "fitted");
}

TEST_CASE("a timeline is written where the scenario can run, beside the prediction") {
  const CommandLine shell;
  const Answer answer = shell.run("predict " + kSmall + "--engine sim --format json --trace t.json");
  CHECK(answer.code == 0);
  CHECK(Json::parse(answer.out)["status"] == "ok");
  CHECK(answer.err.find("timeline of 2 steps in t.json") != std::string::npos);
  CHECK(Json::parse(std::ifstream(shell.folder() / "t.json"))["traceEvents"].size() > 10);
  CHECK(shell.run("predict " + kSmall + "--set platform.nodes=1 --trace none.json").code == 1);
  CHECK_FALSE(std::filesystem::exists(shell.folder() / "none.json"));
  const Answer drawn = shell.run("predict " + kSmall + "--engine sim --set platform.compute-jitter=5% --seeds 2 --trace t.json");
  CHECK(drawn.err.find("timeline of 2 steps of seed 1, the first in t.json") != std::string::npos);
  const Answer twice = shell.run("predict " + kSmall + "--trace same.json -o same.json");
  CHECK(twice.code == 3);
  CHECK(twice.err.find("--trace: is the file of --output, too") != std::string::npos);
  for (const std::string file : {"''", "-"}) {
    const Answer nowhere = shell.run("predict " + kSmall + "--trace " + file);
    CHECK(nowhere.code == 2);
    CHECK(nowhere.err.find("takes the name of a file") != std::string::npos);
  }
}
