#include <algorithm>
#include <catch2/catch.hpp>

#include "io/format.hpp"
#include "io/json.hpp"
#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

const std::string kTree =
    "--set platform.topology=fat-tree --set platform.fat-tree=4 --set platform.oversubscription=8 --set platform.nodes=4 "
    "--set platform.link-bandwidth=1Gbit/s ";
/// Gradients of 37 MB, of four nodes that fill a leaf, or lie in two of them, which half of a node's bandwidth joins.
const std::string kJob =
    "--workload vgg11-cifar10 --platform cpu-cluster --set workload.batch=64 --strategy data=4 --calibration ./paper.json " + kTree;

double step_of(const Json& job) { return job.at("step_time_s").get<double>(); }

/// The scenario of kJob as a file that stands beside it.
std::string other_job(const CommandLine& shell) {
  REQUIRE(shell.run("predict " + kJob + "--format json -o other.json").code == 0);
  return "--beside other.json ";
}

}  // namespace

TEST_CASE("a document that is read again joins its nodes as the command line asks, and forgets its own network's numbers") {
  const CommandLine shell;
  const std::string tree = "--set platform.topology=fat-tree --set platform.fat-tree=2 --set platform.oversubscription=2 ";
  REQUIRE(shell.run("predict " + kSmall + tree + "--format json -o d.json").code == 0);
  CHECK(shell.run("predict ./d.json").code == 0);
  CHECK(shell.run("predict ./d.json --set platform.topology=star").code == 0);
  CHECK(shell.run("predict ./d.json --set platform.topology=fat-tree").out.find("joined by a fat-tree of 2") != std::string::npos);
  CHECK(shell.run("predict " + kSmall + tree + "--set platform.topology=star").code == 3);  // one command line contradicts itself
}

TEST_CASE("data groups that leave over-subscribed switches side by side take longer, in both engines") {
  const CommandLine shell;
  const auto step = [&](const std::string& more) {
    const std::string run =
        "predict -w gpt2-medium -p dgx-a100-80gb -s data=8,tensor=16,runtime=megatron --set workload.batch=64 --set platform.nodes=16 ";
    const YamlNode answer = read_yaml_text(shell.run(run + "--samples 0 --format json " + more).out, "out");
    return std::stod(value_of(answer, "comm_total_s"));
  };
  const std::string tree = "--set platform.topology=fat-tree --set platform.fat-tree=2 --set platform.oversubscription=";
  CHECK(step(tree + "1") == step(""));
  CHECK(step(tree + "2") > 1.05 * step(""));
  CHECK(step(tree + "2 --engine sim") == Approx(step(tree + "2")).epsilon(1e-5));
  const Answer words =
      shell.run("predict -w gpt2 -p dgx-a100-80gb -s data=16 --set workload.batch=64 --set platform.nodes=2 " + tree + "2");
  CHECK(words.out.find("nodes joined by a fat-tree of 2, over-subscribed 2, in which no route adapts to traffic") != std::string::npos);
}

TEST_CASE("a job beside another one takes longer where they share links, and as long as alone where they do not") {
  const CommandLine shell;
  const std::string beside = "predict " + kJob + other_job(shell) + "--format json ";
  const Json packed = Json::parse(shell.run(beside).out);
  const Json spread = Json::parse(shell.run(beside + "--placement spread").out);
  CHECK(step_of(packed) == Approx(packed["alone_step_time_s"].get<double>()).epsilon(1e-6));
  CHECK(step_of(spread) > 1.2 * spread["alone_step_time_s"].get<double>());
  REQUIRE(spread["beside"].size() == 1);
  CHECK(spread["beside"][0]["engine"] == "sim");
  CHECK(step_of(spread["beside"][0]) > 1.2 * spread["beside"][0]["alone_step_time_s"].get<double>());
  CHECK(spread["scenario"]["beside"][0]["workload"] == "vgg11-cifar10");
}

TEST_CASE("a document of jobs side by side runs them again, and only predict takes it") {
  const CommandLine shell;
  REQUIRE(shell.run("predict " + kJob + other_job(shell) + "--placement spread --format json -o jobs.json").code == 0);
  const Answer again = shell.run("predict jobs.json --format json");
  CHECK(again.code == 0);
  CHECK(again.out == get(shell.folder() / "jobs.json"));
  const Answer strategies = shell.run("strategies jobs.json");
  CHECK(strategies.code == 3);
  CHECK(strategies.err.find("jobs.json: holds jobs side by side, which only predict takes") != std::string::npos);
}

TEST_CASE("a document of jobs side by side stands beside another job with all of them") {
  const CommandLine shell;
  const std::string place = "--set platform.network-nodes=12 --set platform.first-node=";
  REQUIRE(shell.run("predict " + kJob + place + "8 --format json -o third.json").code == 0);
  REQUIRE(shell.run("predict " + kJob + place + "4 --beside third.json --format json -o jobs.json").code == 0);
  const Json three = Json::parse(shell.run("predict " + kJob + place + "0 --beside jobs.json --format json").out);
  CHECK(three["beside"].size() == 2);
  const Answer placed = shell.run("predict " + kJob + place + "0 --beside jobs.json --placement spread");
  CHECK(placed.code == 3);
  CHECK(placed.err.find("--placement: has no meaning here") != std::string::npos);
}

TEST_CASE("jobs side by side have a line each for people and a row each as CSV") {
  const CommandLine shell;
  const std::string beside = "predict " + kJob + other_job(shell) + "--placement spread ";
  const std::string page = shell.run(beside).out;
  CHECK(page.find("jobs on one network\njob") != std::string::npos);
  CHECK(page.find("1, 3, ... 7") != std::string::npos);
  const std::string rows = shell.run(beside + "--format csv").out;
  CHECK(std::ranges::count(rows, '\n') == 3);
}

TEST_CASE("jobs that cannot share a network, or an engine that plays none, are refused before anything runs") {
  const CommandLine shell;
  const std::string other = other_job(shell);
  const Answer torn = shell.run("predict " + kJob + "--set platform.oversubscription=1 " + other);
  CHECK(torn.code == 3);
  CHECK(torn.err.find("--beside: job 2 (vgg11-cifar10 on 4 nodes) has another network than job 1") != std::string::npos);
  const Answer shared = shell.run("predict " + kJob + "--set platform.network-nodes=8 " + other);
  CHECK(shared.code == 3);
  const Answer seeds = shell.run("predict " + kJob + "--set run.seeds=3 " + other);
  CHECK(seeds.code == 3);
  CHECK(seeds.err.find("--beside: job 1 (vgg11-cifar10 on 4 nodes) has run.seeds, which is of one job alone") != std::string::npos);
  CHECK(shell.run("predict " + kJob + other + "--engine oracle").code == 3);
  CHECK(shell.run("predict " + kJob + other + "--trace t.json").code == 3);
  CHECK(shell.run("predict " + kJob + "--placement spread").code == 2);
}

TEST_CASE("a platform that is a part of a network says which, and is refused where it is not") {
  const CommandLine shell;
  const std::string part = "predict " + kJob + "--set platform.network-nodes=8 ";
  const auto step = [&](const std::string& more) { return step_of(Json::parse(shell.run(part + more + "--format json").out)); };
  CHECK(step("--set platform.first-node=4 ") == step(""));
  CHECK(step("--set platform.node-stride=2 ") > step(""));
  CHECK(step("--set platform.node-stride=2 --engine sim ") == Approx(step("--set platform.node-stride=2 ")).epsilon(1e-5));
  const Answer outside = shell.run(part + "--set platform.first-node=6");
  CHECK(outside.code == 3);
  CHECK(outside.err.find("network-nodes: is too small: the platform's last node is node 9 of the network") != std::string::npos);
  CHECK(shell.run("predict " + kJob + "--set platform.first-node=1").err.find("network-nodes: is missing") != std::string::npos);
}

TEST_CASE("jobs of the page on jobs take as long beside one another as it says") {
  const CommandLine shell;
  const std::string jobs = FORERUN_TEST_DATA "/../../examples/scenarios/jobs/";
  const std::string page = get(FORERUN_TEST_DATA "/../../docs/jobs.md");
  for (const auto& [job, beside] : {std::pair{"data", "data"}, std::pair{"data", "expert"}, std::pair{"expert", "data"}}) {
    const Answer answer =
        shell.run("predict " + jobs + job + ".yaml --beside " + jobs + beside + ".yaml --placement spread --samples 0 --format json");
    const Json document = Json::parse(answer.out);
    const std::string row = forerun::format("| `{}` | `{}` | {:.3f} s | {:.3f} s |", job, beside,
                                            document["alone_step_time_s"].get<double>(), step_of(document));
    INFO(row);
    CHECK(page.find(row) != std::string::npos);
  }
}

TEST_CASE("checkpoints of the page on jobs take as long beside their steps as it says") {
  const CommandLine shell;
  const auto step = [&](const std::string& engine) {
    const Answer answer = shell.run(
        "predict " FORERUN_TEST_DATA
        "/../../examples/scenarios/jobs/data.yaml --set platform.nic-bandwidth=25GB/s --set platform.checkpoint-storage=fsx-lustre-1000 "
        "--set platform.disk-size=384TiB --set run.steps=16 --set run.checkpoint-interval=2 --set run.checkpoint-mode=asynchronous "
        "--samples 0 --format json --engine " +
        engine);
    return Json::parse(answer.out)["total_time_s"].get<double>() / 16;
  };
  const std::string row = forerun::format("| `data` | {:.3f} s | {:.3f} s | {:.3f} s |", step("oracle"), step("sim"), step("sim-message"));
  INFO(row);
  CHECK(get(FORERUN_TEST_DATA "/../../docs/jobs.md").find(row) != std::string::npos);
}

TEST_CASE("a platform file of SimGrid stands in the place of a platform, for both engines") {
  const CommandLine shell;
  const std::string file = FORERUN_TEST_DATA "/../../examples/networks/two-racks.xml";
  const auto step = [&](const std::string& more) {
    const Answer answer = shell.run(
        "predict --workload gpt2 --set workload.batch=40 --set platform.device=a100-80gb --set platform.memory-per-node=512GiB "
        "--strategy data=8 --samples 0 --format json --platform " +
        file + more);
    INFO(answer.err);
    REQUIRE(answer.code == 0);
    return step_of(Json::parse(answer.out));
  };
  CHECK(step(" --engine sim") == Approx(step("")).epsilon(1e-5));
  CHECK(step(" --set platform.link-latency=10ms") > step(""));
  const Answer page = shell.run("show platform --dot --set platform.memory-per-node=1GiB " + file);
  CHECK(page.out.find("cable_UP") != std::string::npos);
}

TEST_CASE("jobs on one platform file of SimGrid lie one after another over its hosts, and their document runs them again there") {
  const CommandLine shell;
  const std::string job =
      "--workload all-reduce --set workload.bytes=64MiB --strategy data=4 --set platform.nodes=4 --set platform.memory-per-node=1GiB "
      "--calibration ./paper.json --platform " FORERUN_TEST_DATA "/../../examples/networks/two-racks.xml ";
  REQUIRE(shell.run("predict " + job + "--format json -o other.json").code == 0);
  const Answer packed = shell.run("predict " + job + "--beside other.json");
  INFO(packed.err);
  CHECK(packed.out.find("0 to 3") != std::string::npos);
  CHECK(packed.out.find("4 to 7") != std::string::npos);
  CHECK(shell.run("predict " + job + "--beside other.json --placement spread").out.find("1, 3, ... 7") != std::string::npos);
  REQUIRE(shell.run("predict " + job + "--beside other.json --format json -o jobs.json").code == 0);
  const Answer again = shell.run("predict jobs.json --format json");
  INFO(again.err);
  CHECK(again.out == get(shell.folder() / "jobs.json"));
  const Answer many = shell.run("predict " + job + "--beside other.json --beside other.json");
  CHECK(many.code == 3);
  CHECK(many.err.find("--beside: 3 jobs one after another take 12 nodes, and ") != std::string::npos);
  CHECK(many.err.find("two-racks.xml has 8") != std::string::npos);
}

TEST_CASE("a platform file of SimGrid stands beside the scenario that names it, and above the links of a shipped platform") {
  const CommandLine shell;
  const std::string file = FORERUN_TEST_DATA "/../../examples/networks/two-racks.xml";
  std::filesystem::create_directory(shell.folder() / "jobs");
  std::filesystem::copy_file(file, shell.folder() / "jobs" / "net.xml");
  put(shell.folder() / "jobs" / "job.yaml",
      "workload: all-reduce\nplatform: net.xml\nstrategy: data=8\nset:\n  workload.bytes: 1MiB\n  platform.memory-per-node: 1GiB\n");
  const Answer beside = shell.run("predict jobs/job.yaml --calibration ./paper.json");
  INFO(beside.err);
  CHECK(beside.code == 0);
  const Answer shipped = shell.run("show platform dgx-a100-80gb --set platform.topology=routes --set platform.network-file=" + file);
  CHECK(shipped.code == 0);
  CHECK(shipped.out.find("link-latency: 14 us") == std::string::npos);
  // 5, 10 and 5 us, whose sum in binary is a hair less than 20.
  CHECK(shell.run("show platform " + file + " --set platform.memory-per-node=1GiB").out.find("link-latency: 20 us") != std::string::npos);
}

TEST_CASE("a platform file of SimGrid that says nothing usable is refused, as is what contradicts it") {
  const CommandLine shell;
  put(shell.folder() / "dead.xml",
      "<?xml version='1.0'?><!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\"><platform version=\"4.1\">"
      "<zone id=\"z\" routing=\"Full\"><host id=\"a\" speed=\"1Gf\"/><host id=\"b\" speed=\"1Gf\"/></zone></platform>");
  const Answer dead =
      shell.run("predict --workload mlp --set workload.batch=64 --strategy data=2 --calibration ./paper.json --platform dead.xml");
  CHECK(dead.code == 3);
  CHECK(dead.err.find("dead.xml: SimGrid cannot read it: ") != std::string::npos);
  CHECK(dead.err.find("finds no route (on the way from a to b)") != std::string::npos);
  const Answer twice =
      shell.run("show platform " FORERUN_TEST_DATA "/../../examples/networks/two-racks.xml --set platform.link-bandwidth=1GB/s");
  CHECK(twice.code == 3);
  CHECK(twice.err.find("platform.link-bandwidth: is what network-file says, which is given too") != std::string::npos);
  const Answer many = shell.run("show platform " FORERUN_TEST_DATA
                                "/../../examples/networks/two-racks.xml --set platform.memory-per-node=1GiB --set platform.nodes=12");
  CHECK(many.code == 3);
  CHECK(many.err.find("network-file: has 8 hosts, and the platform's last node is host 11: ask for fewer nodes") != std::string::npos);
}
