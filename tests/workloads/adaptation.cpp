#include "workloads/adaptation.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/folder.hpp"
#include "tests/support/message.hpp"
#include "workloads/formulas.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

Workload load(const std::string& name, const std::vector<std::pair<std::string, std::string>>& settings) {
  std::vector<Text> list;
  for (const auto& [key, value] : settings) list.push_back({.value = value, .file = "--set", .key = key});
  return load_workload({.value = name, .file = "--workload"}, list);
}

std::vector<std::string> frozen_layers(const Workload& workload) {
  std::vector<std::string> names;
  for (const Layer& layer : workload.layers)
    if (layer.frozen) names.push_back(layer.name);
  return names;
}

const Layer& layer_of(const Workload& workload, const std::string& name) {
  for (const Layer& layer : workload.layers)
    if (layer.name == name) return layer;
  FAIL("no layer " << name);
  return workload.layers.front();
}

}  // namespace

TEST_CASE("patterns freeze layers by name, by its last part, and with stars", "[unit]") {
  CHECK(frozen_layers(load("mnist-cnn", {{"frozen", "conv2d-1"}})) == std::vector<std::string>{"conv2d-1"});
  CHECK(frozen_layers(load("mnist-cnn", {{"frozen", "*2d-*,dense-2"}})) == std::vector<std::string>{"conv2d-1", "conv2d-2", "dense-2"});
  const Workload gpt = load("gpt", {{"layers", "3"}, {"frozen", "query,block-2.*"}});
  CHECK(layer_of(gpt, "block-1.query").frozen);
  CHECK(layer_of(gpt, "block-3.query").frozen);
  CHECK(layer_of(gpt, "block-2.down").frozen);
  CHECK(!layer_of(gpt, "block-1.down").frozen);
}

TEST_CASE("frozen layers have no gradients, and none flows where nothing before is trained", "[unit]") {
  const Workload whole = load("mnist-cnn", {});
  const Workload head = load("mnist-cnn", {{"frozen", "conv2d-*"}});
  CHECK(parameters(head) == parameters(whole));
  CHECK(trained_parameters(head) == 1600 * 128 + 128 + 1290);
  CHECK(backward_matrix_flops_per_sample(head).value() == 2 * 1600 * 128 + 2 * 2 * 1280);
  CHECK(step_memory(head, 8).gradients == Bytes(4 * 206'218));
}

TEST_CASE("what has no parameters is not frozen", "[unit]") {
  CHECK(frozen_layers(load("mnist-cnn", {{"frozen", "*1"}})) == std::vector<std::string>{"conv2d-1", "dense-1"});
  for (const Layer& layer : load("gpt", {{"layers", "1"}, {"lora-rank", "4"}, {"lora-targets", "query"}}).layers) {
    CAPTURE(layer.name);
    const bool adapter = layer.name.find("-lora-") != std::string::npos;
    CHECK(layer.frozen == (has_parameters(layer.shape.kind) && !adapter));
  }
}

TEST_CASE("layers that share weights are frozen together", "[unit]") {
  for (const std::string name : {"head", "token-embedding"}) {
    const Workload gpt = load("gpt", {{"layers", "1"}, {"frozen", name}});
    CHECK(layer_of(gpt, "head").frozen);
    CHECK(layer_of(gpt, "token-embedding").frozen);
    CHECK(!layer_of(gpt, "position-embedding").frozen);
  }
}

TEST_CASE("adapters add rank x (in + out) parameters to each target, and nothing else is trained", "[paper]") {
  // Hu et al. 2021, sec. 4.2: rank 4 on query and value of GPT-3's 96 layers of 12288 is 2 x 96 x 4 x 2 x 12288 parameters, 18.9 million
  // (table 4, r_q = r_v = 4, prints 37.7M for rank 8 on two matrices, 18.8M for half of that).
  const Workload gpt3 = load(
      "gpt",
      {{"layers", "96"}, {"hidden", "12288"}, {"heads", "96"}, {"sequence", "2048"}, {"lora-rank", "8"}, {"lora-targets", "query,value"}});
  CHECK(trained_parameters(gpt3) == 2LL * 96 * 8 * 2 * 12288);
  CHECK(static_cast<double>(trained_parameters(gpt3)) == Approx(37.7e6).epsilon(0.002));
  const Workload gpt = load("gpt", {{"layers", "2"}, {"lora-rank", "5"}, {"lora-targets", "down"}});
  CHECK(parameters(gpt) == parameters(load("gpt", {{"layers", "2"}})) + 2 * 5 * (3072 + 768));
  CHECK(forward_flops_per_sample(gpt).value() ==
        forward_flops_per_sample(load("gpt", {{"layers", "2"}})).value() + 2.0 * 1024 * (2 * 5 * (3072 + 768) + 768));
}

TEST_CASE("an adapter stands beside its layer, and what follows reads their sum", "[unit]") {
  const Workload mlp = load("mlp", {{"lora-rank", "3"}, {"lora-targets", "dense-1"}});
  const std::vector<std::string> names = {"dense-1",          "dense-1-lora-down", "dense-1-lora-up",     "dense-1-lora",
                                          mlp.layers[4].name, mlp.layers[5].name,  mlp.layers.back().name};
  REQUIRE(mlp.layers.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) CHECK(mlp.layers[i].name == names[i]);
  CHECK(mlp.layers[1].inputs == std::vector{kData});
  CHECK(mlp.layers[2].inputs == std::vector{1});
  CHECK(mlp.layers[3].inputs == std::vector{0, 2});
  CHECK(mlp.layers[4].inputs == std::vector{3});
  CHECK(mlp.layers[1].shape.output.channels == 3);
  CHECK(!mlp.layers[2].shape.bias);
}

TEST_CASE("a file says what of it is trained, and a setting overrides it", "[unit]") {
  const Folder folder;
  put(folder / "tuned.yaml", "family: gpt\nlayers: 1\nlora-rank: 4\nlora-targets: query\n");
  put(folder / "own.yaml",
      "input: 4\nfrozen: dense-1\nlayers:\n  - {kind: dense, outputs: 3}\n  - {kind: dense, outputs: 2}\n  - kind: "
      "softmax-cross-entropy\n");
  CHECK(trained_parameters(load((folder / "tuned.yaml").string(), {})) == 4 * 2 * 768);
  CHECK(trained_parameters(load((folder / "tuned.yaml").string(), {{"lora-rank", "2"}})) == 2 * 2 * 768);
  CHECK(trained_parameters(load((folder / "own.yaml").string(), {})) == 8);
  CHECK(trained_parameters(load((folder / "own.yaml").string(), {{"frozen", "dense-2"}})) == 15);
}

TEST_CASE("names that no layer has are bad input", "[unit]") {
  const auto error = [](const std::vector<std::pair<std::string, std::string>>& settings) {
    return message_of([&] { load("gpt", settings); });
  };
  const std::string allowed = "allowed names as forerun show workload lists them)";
  CHECK(error({{"frozen", "qury,block-*"}}) ==
        "--set: workload.frozen: names no layer with parameters (got qury, " + allowed + ". Did you mean query?");
  CHECK(error({{"lora-rank", "4"}, {"lora-targets", "gelu"}}) ==
        "--set: workload.lora-targets: names no dense layer (got gelu, " + allowed);
  CHECK(error({{"lora-rank", "4"}}) == "--set: workload.lora-targets: is missing (allowed dense layers, such as query,value)");
  CHECK(error({{"lora-targets", "query"}}) == "--set: workload.lora-rank: is missing (allowed a whole number, such as 16)");
  CHECK(error({{"lora-rank", "0"}, {"lora-targets", "query"}}).find("is out of range (got 0") != std::string::npos);
}

}  // namespace forerun
