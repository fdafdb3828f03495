#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <set>

#include "platforms/load.hpp"
#include "validation/measured_runs.hpp"
#include "workloads/formulas.hpp"
#include "workloads/load.hpp"

using namespace forerun;

namespace {

std::vector<MeasuredRun> data(const std::string& set) {
  return read_measured_runs(std::filesystem::path(FORERUN_TEST_DATA) / "../../validation/data" / (set + ".csv"));
}

using Counts = std::map<std::string, int>;

Counts rows_by_group(const std::vector<MeasuredRun>& runs) {
  Counts counts;
  for (const MeasuredRun& run : runs) ++counts[run.group];
  return counts;
}

/// The settings of one prefix, as a loader takes them.
std::vector<Text> settings_of(const MeasuredRun& run, const std::string& prefix) {
  std::vector<Text> settings;
  for (const Text& setting : run.settings) {
    if (!setting.value.starts_with(prefix + ".")) continue;
    const std::size_t equals = setting.value.find('=');
    Text one = setting;
    one.key = setting.value.substr(prefix.size() + 1, equals - prefix.size() - 1);
    one.value = setting.value.substr(equals + 1);
    settings.push_back(one);
  }
  return settings;
}

/// A key of the strategy's text, or 1.
int degree(const MeasuredRun& run, const std::string& key) {
  const std::string text = "," + run.strategy.value;
  const std::size_t at = text.find("," + key + "=");
  return at == std::string::npos ? 1 : std::stoi(text.substr(at + key.size() + 2));
}

int ranks(const MeasuredRun& run) {
  const int spatial = run.strategy.value.find("spatial=4x1") == std::string::npos ? 1 : 4;
  return degree(run, "data") * degree(run, "tensor") * degree(run, "pipeline") * degree(run, "context") * degree(run, "filter") * spatial;
}

/// Loads what the rows name, each pair of a name and its settings once, and holds their degrees against both.
void check_rows(const std::vector<MeasuredRun>& runs) {
  std::set<std::string> seen;
  for (const MeasuredRun& run : runs) {
    INFO(run.run);
    CHECK_FALSE(run.source.empty());
    CHECK_FALSE(run.date.empty());
    const Platform platform = load_platform(run.platform, settings_of(run, "platform"));
    CHECK(ranks(run) <= platform.devices());
    CHECK(platform.nodes == std::max(1, ranks(run) / platform.devices_per_node));
    std::vector<Text> settings = settings_of(run, "workload");
    std::int64_t batch = 0;
    std::string key = run.workload.value;
    for (const Text& setting : settings) {
      if (setting.key == "batch") batch = std::stoll(setting.value);
      if (setting.key != "batch") key += " " + setting.key + "=" + setting.value;
    }
    CHECK(batch % (degree(run, "data") * degree(run, "micro-batch")) == 0);
    if (!seen.insert(key).second) continue;
    CHECK(load_workload(run.workload, settings).batch == batch);
  }
}

const MeasuredRun& named(const std::vector<MeasuredRun>& runs, const std::string& name) {
  for (const MeasuredRun& run : runs)
    if (run.run == name) return run;
  throw std::runtime_error("no row is named " + name);
}

}  // namespace

TEST_CASE("steps that Megatron-LM published are there, group by group") {
  const auto runs = data("megatron_published");
  CHECK(rows_by_group(runs) == Counts{{"sc21", 10},
                                      {"korthikanti", 8},
                                      {"megatron-core-weak-scaling", 9},
                                      {"readme-2020-v100", 4},
                                      {"readme-2020-a100", 8},
                                      {"readme-gpt3", 1},
                                      {"llama3-fp8", 3}});
  check_rows(runs);
}

TEST_CASE("steps of SC21 follow from the rate by its own count of operations") {
  // 96 B s L h^2 (1 + s/6h + V/16Lh) of the largest row, over 3,072 GPUs of 163 Tflop/s.
  const double flop = 96.0 * 3072 * 2048 * 128 * 25600.0 * 25600 * (1 + 2048 / (6 * 25600.0) + 51200 / (16.0 * 128 * 25600));
  const auto runs = data("megatron_published");
  CHECK(named(runs, "sc21-1008.0b").value == Approx(flop / (3072 * 163e12)).epsilon(1e-5));
  CHECK(named(runs, "korthikanti-175b-selective").value == 13.75);
  CHECK(
      named(runs, "korthikanti-175b-selective").strategy.value ==
      "data=1,tensor=8,pipeline=8,micro-batch=1,interleave=3,schedule=interleaved,sequence-parallel=on,recompute=selective,overlap=tensor,"
      "runtime=megatron");
}

TEST_CASE("steps published with vTrain are there, real ones apart") {
  const auto runs = data("vtrain_megatron_a100");
  CHECK(rows_by_group(runs) == Counts{{"vtrain-single", 716}, {"vtrain-multi", 51}});
  check_rows(runs);
  for (const MeasuredRun& run : runs) CHECK((run.group == "vtrain-single") == (run.note.find("not measured") == 0));
}

TEST_CASE("steps of LLM Foundry are there, by device and precision") {
  const auto runs = data("llmfoundry_throughput");
  CHECK(rows_by_group(runs) == Counts{{"a100-40gb-bf16", 78}, {"a100-80gb-bf16", 145}, {"h100-80gb-bf16", 70}, {"h100-80gb-fp8", 7}});
  check_rows(runs);
}

TEST_CASE("the family gpt has the parameters that LLM Foundry prints of its model") {
  const auto runs = data("llmfoundry_throughput");
  const MeasuredRun& run = named(runs, "a100-80gb-bf16-2023-7b-s2048-g8-m32-z3");
  std::int64_t parameters = 0;
  for (const Layer& layer : load_workload(run.workload, settings_of(run, "workload")).layers) parameters += own_parameters(layer);
  CHECK(parameters == 6658859008);
}

TEST_CASE("iterations of ParaDL are there where their strategy is known") {
  const auto runs = data("paradl_abci_v100");
  CHECK(rows_by_group(runs) == Counts{{"paradl-data-alexnet", 13},
                                      {"paradl-data-resnet50", 12},
                                      {"paradl-data-vgg16", 11},
                                      {"paradl-fitted", 3},
                                      {"paradl-spatial-vgg16", 1},
                                      {"paradl-data-spatial-alexnet", 7},
                                      {"paradl-data-spatial-resnet50", 8},
                                      {"paradl-data-spatial-vgg16", 7},
                                      {"paradl-data-filter-resnet50", 7}});
  check_rows(runs);
}

TEST_CASE("steps on T4 GPUs of AWS are there where the placement is even") {
  const auto runs = data("pollux_aws");
  CHECK(rows_by_group(runs) == Counts{{"pollux-bert-1", 3},
                                      {"pollux-bert-node", 10},
                                      {"pollux-bert-nodes", 24},
                                      {"pollux-cifar10-1", 3},
                                      {"pollux-cifar10-node", 16},
                                      {"pollux-cifar10-nodes", 67},
                                      {"pollux-imagenet-1", 4},
                                      {"pollux-imagenet-node", 14},
                                      {"pollux-imagenet-nodes", 45}});
  check_rows(runs);
}

TEST_CASE("runs inside one machine of 2016 and 2017 are there, and DAWNBench's that can be priced") {
  CHECK(data("tensorflow_2017_machines").size() == 92);
  check_rows(data("tensorflow_2017_machines"));
  CHECK(rows_by_group(data("mxnet_p2_machines")) == Counts{{"mxnet-p2-1", 3}, {"mxnet-p2-machine", 12}});
  check_rows(data("mxnet_p2_machines"));
  CHECK(rows_by_group(data("dawnbench_training")) == Counts{{"dawnbench-k80", 7}, {"dawnbench-p100", 4}, {"dawnbench-p100-8", 1}});
  check_rows(data("dawnbench_training"));
}

TEST_CASE("the AlexNet of MXNet's examples has the 203 MB that its table prints") {
  const MeasuredRun run = data("mxnet_p2_machines").front();
  const Workload workload = load_workload(run.workload, settings_of(run, "workload"));
  CHECK(4 * static_cast<double>(parameters(workload)) == Approx(203e6).epsilon(0.01));
}

TEST_CASE("a step of ResNet-164 is its run's hours over its epochs and batches") {
  CHECK(named(data("dawnbench_training"), "dawn_resnet164_b_1k80-ec2_pytorch").value ==
        Approx(12.2486 * 3600 / (181 * 50000.0 / 128)).epsilon(1e-4));
}

TEST_CASE("steps on the other clusters of Pollux and Sia are there, those of one GPU marked and five for the links apart") {
  const auto runs = data("pollux_clusters");
  const Counts groups = rows_by_group(runs);
  CHECK(groups.at("links") == 5);
  CHECK(groups.at("dgx-bert") == 43);
  CHECK(groups.at("azure-cifar10") == 97);
  CHECK(groups.size() == 16);
  check_rows(runs);
  for (const MeasuredRun& run : runs) CHECK((run.extra.front().second == "yes") == (ranks(run) == 1));
}

TEST_CASE("steps of Lynceus' two networks over one server are there") {
  const auto runs = data("lynceus_servers");
  CHECK(rows_by_group(runs) ==
        Counts{{"lynceus-cnn-sync", 64}, {"lynceus-cnn-async", 64}, {"lynceus-multilayer-sync", 64}, {"lynceus-multilayer-async", 64}});
  for (const MeasuredRun& run : runs) {
    const Platform platform = load_platform(run.platform, settings_of(run, "platform"));
    CHECK(platform.nodes == degree(run, "data") + 1);
    CHECK(load_workload(run.workload, settings_of(run, "workload")).batch % degree(run, "data") == 0);
  }
}

TEST_CASE("all-reduces are there by series, each in the order of its sizes") {
  const auto runs = data("all_reduce_series");
  CHECK(runs.size() == 271);
  const Counts groups = rows_by_group(runs);
  CHECK(groups.size() == 36);
  CHECK(groups.at("one-or-two-sizes") == 34);
  std::map<std::string, double> last;
  for (const MeasuredRun& run : runs) {
    INFO(run.run);
    const Platform platform = load_platform(run.platform, settings_of(run, "platform"));
    CHECK(ranks(run) <= platform.devices());
    const double bytes = std::stod(settings_of(run, "workload").front().value);
    if (run.group != "one-or-two-sizes") CHECK(bytes > last[run.group]);
    last[run.group] = bytes;
  }
}
