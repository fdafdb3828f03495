#include <catch2/catch.hpp>
#include <iostream>
#include <map>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

struct Errors {
  int rows = 0;
  double mean = 0;
  double worst = 0;
};

/// Of each group of a file of measured runs that ships, with the shipped calibrations and nothing fitted.
std::map<std::string, Errors> errors_of(const std::string& file) {
  const CommandLine shell;
  const Answer answer = shell.run("validate " FORERUN_VALIDATION_DATA "/" + file + " --samples 0 --format json");
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  const YamlNode document = read_yaml_text(answer.out, "out");
  std::map<std::string, Errors> errors;
  for (const YamlNode& group : document.find("groups")->children) {
    const int rows = std::stoi(value_of(group, "n"));
    if (rows == 0) continue;
    errors[value_of(group, "group")] = {rows, std::stod(value_of(group, "mean_error")), std::stod(value_of(group, "worst_error"))};
  }
  for (const auto& [group, error] : errors)
    std::cout << file << " " << group << ": " << error.rows << " rows, mean " << 100 * error.mean << " %, worst " << 100 * error.worst
              << " %\n";
  return errors;
}

}  // namespace

TEST_CASE("published Megatron steps are met without a constant fitted to them", "[paper]") {
  auto errors = errors_of("megatron_published.csv");
  CHECK(errors["korthikanti"].rows == 8);
  CHECK(errors["korthikanti"].mean < 0.03);
  CHECK(errors["korthikanti"].worst < 0.065);
  CHECK(errors["sc21"].rows == 10);
  CHECK(errors["sc21"].mean < 0.035);
  CHECK(errors["sc21"].worst < 0.07);
}

TEST_CASE("steps of fully sharded training are met without a constant fitted to them", "[paper]") {
  auto errors = errors_of("llmfoundry_throughput.csv");
  CHECK(errors["a100-80gb-bf16"].mean < 0.065);
  CHECK(errors["a100-40gb-bf16"].mean < 0.09);
}

TEST_CASE("steps of Megatron on several nodes of A100 are met", "[paper]") {
  auto errors = errors_of("vtrain_megatron_a100.csv");
  CHECK(errors["vtrain-multi"].rows == 51);
  CHECK(errors["vtrain-multi"].mean < 0.08);
}

TEST_CASE("strategies of convolutional networks are ordered as ParaDL's runs are", "[paper]") {
  const CommandLine shell;
  const Answer answer = shell.run("validate " FORERUN_VALIDATION_DATA "/paradl_abci_v100.csv --format json");
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  const YamlNode document = read_yaml_text(answer.out, "out");
  const YamlNode& order = document.find("strategy_order")->children.front();
  const int pairs = std::stoi(value_of(order, "pairs"));
  CHECK(pairs >= 39);
  CHECK(std::stoi(value_of(order, "ordered")) >= 0.95 * pairs);
  auto errors = errors_of("paradl_abci_v100.csv");
  CHECK(errors["paradl-data-spatial-resnet50"].mean < 0.10);
  CHECK(errors["paradl-data-filter-resnet50"].mean < 0.05);
}

TEST_CASE("steps of convolutional networks on K80 and T4 are met by what was published of other machines", "[paper]") {
  const CommandLine shell;
  std::string files;
  for (const std::string set :
       {"tensorflow_2017_machines", "tensorflow_2017_servers", "mxnet_p2_machines", "mxnet_p2_servers", "pollux_aws", "dawnbench_training"})
    files += " " FORERUN_VALIDATION_DATA "/" + set + ".csv";
  const Answer answer = shell.run("validate" + files + " --by device --samples 0 --format json");
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  std::map<std::string, double> medians;
  const YamlNode document = read_yaml_text(answer.out, "out");
  for (const YamlNode& device : document.find("groups")->children)
    medians[value_of(device, "group")] = std::stod(value_of(device, "median_error"));
  CHECK(medians.at("k80") < 0.08);
  CHECK(medians.at("t4") < 0.15);
  CHECK(medians.at("p100") < 0.08);
}
