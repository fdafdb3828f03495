#include "workloads/load.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/support/folder.hpp"
#include "tests/support/message.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

Text option(const std::string& name) { return {.value = name, .file = "--workload"}; }
Text setting(const std::string& key, const std::string& value) { return {.value = value, .file = "--set", .key = key}; }

Workload load(const std::string& name, const std::vector<Text>& settings = {}) { return load_workload(option(name), settings); }

std::string error_of(const std::string& name, const std::vector<Text>& settings = {}) {
  return message_of([&] { load(name, settings); });
}

/// The message for a file of this text, its path taken out.
std::string file_error(const std::string& text) {
  const Folder folder;
  put(folder / "n.yaml", text);
  std::string message = error_of((folder / "n.yaml").string());
  const std::string prefix = folder.path().string() + "/";
  for (std::size_t at = message.find(prefix); at != std::string::npos; at = message.find(prefix)) message.erase(at, prefix.size());
  return message;
}

const std::string kKnown{kAllowedWorkloads};

}  // namespace

TEST_CASE("a file describes a network of one's own", "[unit]") {
  const Folder folder;
  put(folder / "deep.yaml",
      "input: {channels: 2, height: 8, width: 10}\nbatch: 77\nsamples: 1000\nprecision: fp32\ngradients: fp32\noptimizer: sgd-momentum\n"
      "layers:\n  - {kind: conv2d, name: edges, channels: 4, window: 3, stride: 2, padding: 1}\n  - kind: relu\n"
      "  - {kind: max-pool, window: 2, stride: 1, padding: 0}\n  - {kind: dense, outputs: 300}\n  - {kind: relu}\n"
      "  - {kind: dense, outputs: 10}\n  - {kind: softmax-cross-entropy}\n");
  const Workload workload = load((folder / "deep.yaml").string());
  CHECK(workload.name == "deep");
  CHECK(workload.batch == 77);
  CHECK(workload.samples == 1000);
  CHECK(workload.gradients == GradientPrecision::fp32);
  CHECK(workload.input == TensorShape{2, 8, 10});
  REQUIRE(workload.layers.size() == 7);
  CHECK(workload.layers[0].name == "edges");
  CHECK(workload.layers[0].shape ==
        LayerShape{.kind = LayerKind::conv2d, .input = {2, 8, 10}, .output = {4, 4, 5}, .window = 3, .stride = 2, .padding = 1});
  CHECK(workload.layers[2].shape.output == TensorShape{4, 3, 4});
  CHECK(workload.layers[3].name == "dense-1");
  CHECK(workload.layers[4].name == "relu-2");
  CHECK(workload.layers[5].name == "dense-2");
  CHECK(workload.layers[5].shape.output == TensorShape{10, 1, 1});
}

TEST_CASE("a pool's stride is its window unless given", "[unit]") {
  const Workload cnn = load("mnist-cnn");
  CHECK(cnn.layers[2].shape.stride == 2);
  CHECK(cnn.layers[0].shape.stride == 1);
}

TEST_CASE("settings override the model", "[unit]") {
  const Workload workload = load("alexnet", {setting("batch", "96"), setting("samples", "500"), setting("precision", "fp32"),
                                             setting("optimizer", "sgd-momentum"), setting("batch", "97")});
  CHECK(workload.batch == 97);
  CHECK(workload.samples == 500);
}

TEST_CASE("an unknown workload is answered with the nearest and all known ones", "[unit]") {
  CHECK(error_of("alexnt") == "--workload: unknown workload (got alexnt, allowed " + kKnown + "). Did you mean alexnet?");
  CHECK(error_of("vgg11-cifar") == "--workload: unknown workload (got vgg11-cifar, allowed " + kKnown + "). Did you mean vgg11-cifar10?");
  CHECK(error_of("transformer") == "--workload: unknown workload (got transformer, allowed " + kKnown + ")");
  CHECK(error_of("").find("unknown workload") != std::string::npos);
  CHECK(error_of("all-reduc") == "--workload: unknown workload (got all-reduc, allowed " + kKnown + "). Did you mean all-reduce?");
}

TEST_CASE("a batch of zero, a negative one and one that is no number are bad input", "[unit]") {
  CHECK(error_of("mlp", {setting("batch", "0")}) ==
        "--set: workload.batch: is out of range (got 0, allowed a whole number from 1 to 1099511627776)");
  CHECK(error_of("mlp", {setting("batch", "-8")}).find("--set: workload.batch: is out of range (got -8") == 0);
  CHECK(error_of("mlp", {setting("batch", "many")}).find("--set: workload.batch: is not a whole number (got many") == 0);
  CHECK(error_of("mlp", {setting("samples", "0")}).find("--set: workload.samples: is out of range") == 0);
}

TEST_CASE("a file holds no more samples than the data set", "[unit]") {
  CHECK(load("mlp", {setting("samples", "500"), setting("samples-per-file", "500")}).files.per_file == 500);
  CHECK(error_of("mlp", {setting("samples", "500"), setting("samples-per-file", "501")}) ==
        "--set: workload.samples-per-file: is more than the data set has (got 501, allowed at most 500)");
  CHECK(file_error("input: 4\nsamples: 9\nsamples-per-file: 10\nlayers:\n  - {kind: dense, outputs: 2}\n  - {kind: squared-error}\n") ==
        "n.yaml:3:19: samples-per-file: is more than the data set has (got 10, allowed at most 9)");
}

TEST_CASE("an unknown setting is answered with the nearest known one", "[unit]") {
  CHECK(error_of("mlp", {setting("bach", "8")}) ==
        "--set: workload.bach: unknown setting (allowed batch, decode-time, frozen, gradients, lora-rank, lora-targets, optimizer, "
        "precision, sample-bytes, samples, samples-per-file). "
        "Did you "
        "mean batch?");
  CHECK(error_of("mlp", {setting("precision", "fp128")}) ==
        "--set: workload.precision: unknown precision (got fp128, allowed fp32, tf32, fp16, bf16, fp8, fp64)");
  CHECK(error_of("mlp", {setting("optimizer", "adamax")}) ==
        "--set: workload.optimizer: unknown optimizer (got adamax, allowed sgd, sgd-momentum, adam, adamw, l-bfgs). Did you mean adam?");
}

TEST_CASE("what is wrong with the name and with the settings is said at once", "[unit]") {
  CHECK(error_of("alexnt", {setting("batch", "0"), setting("x", "1")}) ==
        "--workload: unknown workload (got alexnt, allowed " + kKnown +
            "). Did you mean alexnet?\n"
            "--set: workload.batch: is out of range (got 0, allowed a whole number from 1 to 1099511627776)\n"
            "--set: workload.x: unknown setting (allowed batch, decode-time, frozen, gradients, lora-rank, lora-targets, optimizer, "
            "precision, sample-bytes, samples, samples-per-file)");
}

TEST_CASE("a missing batch is an error only where one is needed", "[unit]") {
  const Workload mlp = load("mlp");
  CHECK(mlp.batch == 0);
  CHECK(message_of([&] { require_batch(mlp, option("mlp")); }) ==
        "--workload: workload.batch: is missing: mlp has no batch of its own (allowed --set workload.batch=N, N at least 1)");
  CHECK_NOTHROW(require_batch(load("mlp", {setting("batch", "1")}), option("mlp")));
}

TEST_CASE("a file that cannot be read is bad input", "[unit]") {
  const Folder folder;
  CHECK(error_of((folder / "none.yaml").string()) == (folder / "none.yaml").string() + ": no such file");
  CHECK(error_of(folder.path().string()) == folder.path().string() + ": is a directory, not a file");
  CHECK(file_error("input: [1, 2\nlayers: x\n").find("n.yaml:2:7: YAML syntax: ") == 0);
  CHECK(file_error("") == "n.yaml: is empty");
}

TEST_CASE("everything wrong in a file is said at once, with line and column", "[unit]") {
  CHECK(file_error("inputs: 784\nbatch: 0\nlayers:\n  - {kind: dens, outputs: 10}\n  - {kind: dense, output: 10}\n"
                   "  - {kind: conv2d, channels: 0, window: 3}\n") ==
        "n.yaml:1:1: input: is missing\n"
        "n.yaml:1:1: inputs: unknown key (allowed batch, decode-time, frozen, gradients, input, layers, lora-rank, lora-targets, name, "
        "optimizer, "
        "precision, sample-bytes, samples, samples-per-file). Did you mean input?\n"
        "n.yaml:2:8: batch: is out of range (got 0, allowed a whole number from 1 to 1099511627776)\n"
        "n.yaml:4:12: kind: unknown kind of layer (got dens, allowed dense, conv2d, max-pool, relu, softmax-cross-entropy, conv3d, "
        "transposed-conv2d, average-pool, embedding, lstm, attention, product, interaction, batch-norm, layer-norm, rms-norm, gelu, silu, "
        "sigmoid, tanh, softmax, dropout, rotary, add, multiply, concat, reshape, combine, squared-error, binary-cross-entropy, "
        "nearest-center, least-squares). Did you mean dense?\n"
        "n.yaml:5:5: outputs: is missing\n"
        "n.yaml:5:19: output: unknown key (allowed bias, experts, from, frozen, kind, name, outputs, "
        "per-position, tied-to). Did you mean outputs?\n"
        "n.yaml:6:30: channels: is out of range (got 0, allowed a whole number from 1 to 2147483647)");
}

TEST_CASE("a document that describes no network is refused as a whole", "[unit]") {
  CHECK(file_error("hidden_size: 768\na: 1\n") ==
        "n.yaml:1:1: is neither a description of a network (family, or input and layers) nor a config.json with model_type");
}

TEST_CASE("an input that is missing says nothing about the layers' windows", "[unit]") {
  CHECK(file_error("layers:\n  - {kind: conv2d, channels: 2, window: 3}\n  - {kind: softmax-cross-entropy}\n") ==
        "n.yaml:1:1: input: is missing");
}

TEST_CASE("a chain that cannot train is bad input", "[unit]") {
  const std::string head = "input: 784\nlayers:\n";
  CHECK(file_error(head + "  - {kind: dense, outputs: 10}\n") ==
        "n.yaml:3:5: layers: the last layer is not a loss (allowed softmax-cross-entropy, squared-error, binary-cross-entropy)");
  CHECK(file_error(head + "  - {kind: softmax-cross-entropy}\n") ==
        "n.yaml:3:3: layers: no layer has parameters to train (allowed at least one dense or conv2d layer)");
  CHECK(file_error("input: 784\nlayers: []\n").find("no layer has parameters to train") != std::string::npos);
  CHECK(file_error(head + "  - {kind: softmax-cross-entropy}\n  - {kind: dense, outputs: 10}\n  - {kind: softmax-cross-entropy}\n") ==
        "n.yaml:3:5: layers: the loss is not the last layer");
  CHECK(file_error(head + "  - {kind: dense, name: a, outputs: 10}\n  - {kind: relu, name: a}\n  - {kind: softmax-cross-entropy}\n") ==
        "n.yaml:4:5: layers: two layers have this name (got a)");
}

TEST_CASE("a window larger than its input is reported with the layer's line", "[unit]") {
  CHECK(file_error("input: {channels: 1, height: 4, width: 4}\nlayers:\n  - {kind: conv2d, channels: 2, window: 3}\n"
                   "  - {kind: conv2d, channels: 2, window: 3}\n  - {kind: softmax-cross-entropy}\n") ==
        "n.yaml:4:5: conv2d-2: the window is larger than the layer's input (got 3, allowed at most the height of 2)");
}

TEST_CASE("sizes that overflow are reported, not wrapped", "[limit]") {
  CHECK(file_error("input: {channels: 2147483647, height: 2147483647, width: 2147483647}\nlayers:\n"
                   "  - {kind: dense, outputs: 10}\n  - {kind: softmax-cross-entropy}\n") ==
        "n.yaml:1:8: input: the tensor is too large (allowed at most 2^53 elements)");
  std::string tower = "input: 67108864\nlayers:\n";
  for (int i = 0; i < 3; ++i) tower += "  - {kind: dense, outputs: 67108864}\n";
  CHECK(file_error(tower + "  - {kind: softmax-cross-entropy}\n") ==
        "n.yaml:4:5: dense-2: the network is too large (allowed at most 2^53 parameters)");
}

TEST_CASE("a name of the zoo wins over a folder of that name", "[unit]") {
  const Folder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::create_directory(folder / "mlp");
  put(folder / "own", "input: 4\nlayers:\n  - {kind: dense, outputs: 2}\n  - {kind: softmax-cross-entropy}\n");
  std::filesystem::current_path(folder.path());
  CHECK(parameters(load("mlp")) == 101'770);
  CHECK(parameters(load("own")) == 10);
  std::filesystem::current_path(before);
}

}  // namespace forerun
