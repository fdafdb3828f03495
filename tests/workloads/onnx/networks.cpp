#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "workloads/formulas.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

const std::string kFolder = std::string(FORERUN_TEST_DATA) + "/expected/onnx/";

Text setting(const std::string& key, const std::string& value) { return {.value = value, .file = "--set", .key = key}; }

Workload load(const std::string& name, std::vector<Text> settings = {}) {
  return load_workload({.value = name, .file = "--workload"}, settings);
}

Workload import(const std::string& file, std::vector<Text> settings = {}) { return load(kFolder + file, std::move(settings)); }

struct Row {
  std::string file;
  std::vector<Text> settings;
  std::int64_t parameters = 0;
  double flops = 0;  ///< 0 where the exporter counts none
};

std::vector<Row> rows_of(const std::string& table) {
  std::ifstream in(kFolder + table);
  std::vector<Row> rows;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    std::vector<std::string> row;
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
    Row each{.file = row.at(0), .parameters = std::stoll(row.at(2)), .flops = row.size() > 3 ? std::stod(row[3]) : 0};
    if (const std::size_t equals = row[1].find('='); equals != std::string::npos)
      each.settings.push_back(setting(row[1].substr(0, equals), row[1].substr(equals + 1)));
    rows.push_back(std::move(each));
  }
  return rows;
}

/// Of one sample, without the loss, which a file does not have.
double activations(const Workload& workload) {
  return step_memory(workload, 1).activations.value() - kept_bytes(workload.layers.back().shape).value();
}

void check_equal(const Workload& imported, const Workload& zoo) {
  CHECK(parameters(imported) == parameters(zoo));
  CHECK(matrix_flops_per_sample(imported).value() == matrix_flops_per_sample(zoo).value());
  CHECK(forward_flops_per_sample(imported).value() == forward_flops_per_sample(zoo).value());
  CHECK(backward_flops_per_sample(imported).value() == backward_flops_per_sample(zoo).value());
  CHECK(activations(imported) == activations(zoo));
  CHECK(imported.input.elements() == zoo.input.elements());
  CHECK(imported.tokens_per_sample == zoo.tokens_per_sample);
}

}  // namespace

TEST_CASE("a file that PyTorch exports has exactly the parameters and products of the model", "[paper]") {
  const std::vector<Row> rows = rows_of("pytorch.csv");
  REQUIRE(rows.size() == 12);
  for (const Row& row : rows) {
    CAPTURE(row.file);
    const Workload workload = import(row.file, row.settings);
    CHECK(parameters(workload) == row.parameters);
    CHECK(matrix_flops_per_sample(workload).value() == row.flops);
    CHECK(workload.layers.back().name == "loss");
  }
}

TEST_CASE("convolutional networks that PyTorch exports equal the zoo's", "[cross]") {
  for (const std::string name : {"resnet50", "vgg16", "mobilenet-v2"}) {
    CAPTURE(name);
    check_equal(import(name + "-scripted.onnx"), load(name));
    // The exporter of torch.export writes the network as it infers: without dropout.
    const std::vector<Text> inferring = name == "resnet50" ? std::vector<Text>{} : std::vector{setting("dropout", "false")};
    check_equal(import(name + "-dynamo.onnx"), load(name, inferring));
  }
}

TEST_CASE("GPT-2 as PyTorch exports it equals the zoo's", "[cross]") {
  check_equal(import("gpt2-scripted.onnx"), load("gpt2"));
  check_equal(import("gpt2-dynamo.onnx"), load("gpt2", {setting("dropout", "false")}));
  const std::vector<Text> small = {setting("layers", "2"), setting("sequence", "128"), setting("positions", "1024")};
  check_equal(import("gpt2-2-blocks-scripted.onnx", {setting("sequence", "128")}), load("gpt2", small));
}

TEST_CASE("BERT as PyTorch exports it equals the zoo's, without the heads that were not exported", "[cross]") {
  const std::vector<Text> words = {setting("head", "masked-words"), setting("sequence", "128"), setting("positions", "512")};
  check_equal(import("bert-base-scripted.onnx", {setting("sequence", "128")}), load("bert-base", words));
  std::vector<Text> inferring = words;
  inferring.push_back(setting("dropout", "false"));
  check_equal(import("bert-base-dynamo.onnx", {setting("sequence", "128")}), load("bert-base", inferring));
}

TEST_CASE("a file that tf2onnx writes has exactly the trainable parameters of Keras's model", "[paper]") {
  const std::vector<Row> rows = rows_of("keras.csv");
  REQUIRE(rows.size() == 5);
  for (const Row& row : rows) {
    CAPTURE(row.file);
    CHECK(parameters(import(row.file)) == row.parameters);
  }
}

TEST_CASE("networks that tf2onnx writes equal the zoo's where Keras defines them alike", "[cross]") {
  const Text inferring = setting("dropout", "false");
  const Text untied = setting("tied-embeddings", "false");
  check_equal(import("vgg16-keras.onnx"), load("vgg16", {inferring}));
  check_equal(import("mobilenet-v2-keras.onnx"), load("mobilenet-v2", {inferring}));
  check_equal(import("gpt2-keras.onnx"), load("gpt2", {inferring, untied}));
}

TEST_CASE("Keras's ResNet-50 has biases in its convolutions, and strides at the first of a block", "[cross]") {
  const Workload keras = import("resnet50-keras.onnx");
  Workload zoo = load("resnet50", {setting("stride-at", "1x1")});
  // Keras's definition: use_bias is true, although a norm follows. A bias of each output channel of 53 convolutions.
  CHECK(parameters(keras) - parameters(zoo) == 26'560);
  for (Layer& layer : zoo.layers) layer.shape.bias = layer.shape.bias || layer.shape.kind == LayerKind::conv2d;
  check_equal(keras, zoo);
}

TEST_CASE("BERT from Keras's layers reads its segments beside its tokens", "[cross]") {
  const Workload keras = import("bert-base-keras.onnx");
  Workload zoo = load("bert-base", {setting("head", "masked-words"), setting("sequence", "128"), setting("dropout", "false"),
                                    setting("tied-embeddings", "false")});
  // Both are inputs of the file; the zoo counts the tokens.
  CHECK(keras.input.elements() == 2 * zoo.input.elements());
  zoo.input.width *= 2;
  check_equal(keras, zoo);
}

}  // namespace forerun
