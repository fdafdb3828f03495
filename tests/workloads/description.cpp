#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tests/support/folder.hpp"
#include "tests/support/message.hpp"
#include "workloads/formulas.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

/// The network of an input and its layers, one a line.
Workload network(const std::string& input, const std::string& layers) {
  const Folder folder;
  put(folder / "n.yaml", "input: " + input + "\nlayers:\n" + layers);
  return load_workload({.value = (folder / "n.yaml").string(), .file = "--workload"}, {});
}

/// The message without the folder: the input stands in line 1, the layers from line 3.
std::string error(const std::string& input, const std::string& layers) {
  std::string message = message_of([&] { network(input, layers); });
  const std::size_t at = message.find("n.yaml");
  return at == std::string::npos ? message : message.substr(at);
}

const std::string kImage = "{channels: 3, height: 9, width: 20}";
const std::string kEnd = "  - {kind: dense, outputs: 4}\n  - {kind: softmax-cross-entropy}\n";

LayerShape first_layer(const std::string& input, const std::string& layer) {
  return network(input, "  - " + layer + "\n" + kEnd).layers.front().shape;
}

}  // namespace

TEST_CASE("branches meet in joins, which read the layers that they name", "[unit]") {
  const Workload net = network(kImage,
                               "  - {kind: conv2d, name: left, channels: 6, window: [1, 7], padding: same}\n"
                               "  - {kind: conv2d, name: right, channels: 6, window: [7, 1], padding: same, from: input}\n"
                               "  - {kind: add, name: sum, from: [left, right]}\n"
                               "  - {kind: concat, from: [sum, left]}\n" +
                                   kEnd);
  CHECK(net.layers[1].inputs == std::vector{kData});
  CHECK(net.layers[2].inputs == std::vector{0, 1});
  CHECK(net.layers[3].shape.output == TensorShape{12, 9, 20});
  CHECK(net.layers[3].shape.operands == 2);
  CHECK(net.layers[4].inputs == std::vector{3});
  CHECK(net.layers[4].shape.input == TensorShape{12 * 180});
}

TEST_CASE("windows are rectangular, in three dimensions, apart in groups and without biases", "[unit]") {
  const LayerShape wide =
      first_layer(kImage, "{kind: conv2d, channels: 6, window: [3, 5], stride: [1, 2], padding: [1, 0], groups: 3, bias: false}");
  CHECK(wide.output == TensorShape{6, 9, 8});
  CHECK(parameters(wide) == 6 * 1 * 15);
  const LayerShape cube = first_layer("{channels: 2, depth: 4, height: 6, width: 8}", "{kind: conv3d, channels: 5, window: 3, padding: 1}");
  CHECK(cube.output == TensorShape{5, 6, 8, 4});
  CHECK(parameters(cube) == 5 * (2 * 27 + 1));
  const LayerShape flat = first_layer("{channels: 2, depth: 4, height: 6, width: 8}", "{kind: max-pool, window: [1, 2, 2]}");
  CHECK(flat.output == TensorShape{2, 3, 4, 4});
  CHECK(first_layer(kImage, "{kind: transposed-conv2d, channels: 2, window: 2, stride: 2}").output == TensorShape{2, 18, 40});
  CHECK(first_layer(kImage, "{kind: conv2d, channels: 2, window: 3, dilation: [2, 4]}").output == TensorShape{2, 5, 12});
  CHECK(first_layer(kImage, "{kind: average-pool, window: all}").output == TensorShape{3});
  CHECK(first_layer(kImage, "{kind: max-pool, window: 2, round-up: true}").output == TensorShape{3, 5, 10});
}

TEST_CASE("padding that keeps the edges adds its odd zero at the end", "[unit]") {
  CHECK(first_layer(kImage, "{kind: conv2d, channels: 2, window: 4, padding: same}").output == TensorShape{2, 9, 20});
  CHECK(first_layer(kImage, "{kind: conv2d, channels: 2, window: 3, stride: 2, padding: same}").output == TensorShape{2, 5, 10});
  CHECK(first_layer(kImage, "{kind: max-pool, window: 3, stride: 4, padding: same}").output == TensorShape{3, 3, 5});
}

TEST_CASE("a dense layer reads a vector, or the channels of each position", "[unit]") {
  CHECK(first_layer(kImage, "{kind: dense, outputs: 7}").output == TensorShape{7});
  CHECK(first_layer(kImage, "{kind: dense, outputs: 7, per-position: true}").output == TensorShape{7, 9, 20});
  CHECK(parameters(first_layer(kImage, "{kind: dense, outputs: 7, per-position: true, experts: 2, bias: false}")) == 42);
}

TEST_CASE("sequences have embeddings, recurrent layers and attention", "[unit]") {
  const Workload net = network("{tokens: 12}",
                               "  - {kind: embedding, name: words, rows: 50, outputs: 8}\n"
                               "  - {kind: lstm, outputs: 10, bias: false}\n"
                               "  - {kind: dense, name: query, outputs: 12, per-position: true}\n"
                               "  - {kind: dense, name: key, outputs: 4, per-position: true, from: words}\n"
                               "  - {kind: attention, heads: 6, key-heads: 2, method: unfused, dropout: true, from: [query, key, key]}\n"
                               "  - {kind: dense, name: back, outputs: 8, per-position: true}\n"
                               "  - {kind: dense, outputs: 50, per-position: true, tied-to: words}\n"
                               "  - {kind: softmax-cross-entropy}\n");
  CHECK(net.tokens_per_sample == 12);
  CHECK(net.layers[0].shape.output == TensorShape{.channels = 8, .width = 12});
  CHECK(parameters(net.layers[1].shape) == 4 * 10 * 18);
  CHECK(net.layers[4].shape.attention == Attention{.heads = 6,
                                                   .key_heads = 2,
                                                   .key_channels = 2,
                                                   .value_channels = 2,
                                                   .keys = 12,
                                                   .method = AttentionMethod::unfused,
                                                   .dropout = true});
  CHECK(net.layers[6].tied_to == 0);
  CHECK(own_parameters(net.layers[6]) == 50);
}

TEST_CASE("a block repeats its layers, each time from the output of the last", "[unit]") {
  const Workload net = network("16",
                               "  - {kind: dense, name: start, outputs: 8}\n"
                               "  - repeat: 3\n    name: stage\n    layers:\n"
                               "      - {kind: dense, name: a, outputs: 8}\n      - {kind: relu}\n"
                               "      - {kind: add, from: [block-input, relu-1]}\n"
                               "  - {kind: concat, from: [start, stage-2.add-1, stage-3.add-1]}\n" +
                                   kEnd);
  REQUIRE(net.layers.size() == 1 + 9 + 3);
  CHECK(net.layers[4].name == "stage-2.a");
  CHECK(net.layers[4].inputs == std::vector{3});
  CHECK(net.layers[6].inputs == std::vector{3, 5});
  CHECK(net.layers[6].block == 1);
  CHECK(net.layers[10].inputs == std::vector{0, 6, 9});
  CHECK(net.layers[11].block == -1);
}

TEST_CASE("products, pairs, weighted sums, slices and solvers are layers too", "[unit]") {
  CHECK(first_layer("{channels: 4, width: 6}", "{kind: interaction}").output == TensorShape{15});
  CHECK(first_layer(kImage, "{kind: reshape}").output == TensorShape{540});
  CHECK(first_layer(kImage, "{kind: reshape, to: {channels: 3}}").output == TensorShape{3});
  CHECK(first_layer("{channels: 4, width: 6}", "{kind: product, from: [input, input]}").output == TensorShape{.channels = 6, .width = 6});
  CHECK(first_layer("{channels: 4, width: 6}", "{kind: combine, experts: 2, from: [input, input]}").output ==
        TensorShape{.channels = 4, .width = 3});
  const Workload centers = network("20", "  - {kind: nearest-center, centers: 5}\n");
  CHECK(parameters(centers) == 100);
  const Workload factors = network("{channels: 2, width: 30}", "  - {kind: least-squares, rows: 40, outputs: 3, blocks: 4}\n");
  CHECK(factors.layers[0].shape.output == TensorShape{.channels = 3, .width = 10});
}

TEST_CASE("layers say themselves that they are frozen", "[unit]") {
  CHECK(trained_parameters(network("3", "  - {kind: dense, outputs: 5, frozen: true}\n" + kEnd)) == 5 * 4 + 4);
}

TEST_CASE("a name that stands nowhere before is bad input, so nothing can read what comes after it", "[unit]") {
  CHECK(error("8", "  - {kind: dense, name: first, outputs: 5}\n  - {kind: relu, from: frist}\n" + kEnd) ==
        "n.yaml:4:24: from: names no layer before this one (got frist). Did you mean first?");
  CHECK(error("8", "  - {kind: relu, from: dense-1}\n" + kEnd).find("names no layer before this one (got dense-1)") != std::string::npos);
  CHECK(error("8", "  - {kind: relu, from: block-input}\n" + kEnd).find("names no layer before") != std::string::npos);
  CHECK(error("8", "  - {kind: add, from: []}\n" + kEnd) == "n.yaml:3:23: from: names no layer (allowed a name, or several in brackets)");
}

TEST_CASE("inputs that do not fit together are reported with both shapes", "[unit]") {
  const std::string halves = "  - {kind: conv2d, name: half, channels: 3, window: 1, stride: 2}\n";
  CHECK(error(kImage, halves + "  - {kind: add, from: [input, half]}\n" + kEnd) ==
        "n.yaml:4:5: add-1: its inputs differ in shape: 9x20x3 and 5x10x3");
  CHECK(error(kImage, halves + "  - {kind: concat, name: both, from: [input, half]}\n" + kEnd) ==
        "n.yaml:4:5: both: its inputs differ in their positions: 9x20x3 and 5x10x3");
  CHECK(error("{channels: 6, width: 4}", "  - {kind: attention, heads: 3, key-heads: 1, from: [input, input, input]}\n" + kEnd) ==
        "n.yaml:3:5: attention-1: 3 heads of queries and 1 of keys do not fit: 4x6 and 4x6");
  CHECK(error(kImage, "  - {kind: reshape, to: {channels: 700}}\n" + kEnd).find("9x20x3 and 700") != std::string::npos);
  CHECK(error(kImage, halves + "  - {kind: product, from: [input, half]}\n" + kEnd).find("9x20x3 and 5x10x3") == std::string::npos);
  CHECK(error("{channels: 7, width: 5}",
              "  - {kind: dense, name: d, outputs: 4, per-position: true}\n  - {kind: product, from: [input, d]}\n" + kEnd) ==
        "n.yaml:4:5: product-1: the channels of the first input are neither the second's channels nor its positions: 5x7 and 5x4");
}

TEST_CASE("a layer takes as many inputs as its kind needs", "[unit]") {
  CHECK(error("8", "  - {kind: dense, outputs: 5}\n  - {kind: add}\n" + kEnd) ==
        "n.yaml:4:5: from: add reads another number of layers (got 1, allowed at least 2)");
  CHECK(error("8", "  - {kind: attention, heads: 2, from: [input, input]}\n" + kEnd) ==
        "n.yaml:3:40: from: attention reads another number of layers (got 2, allowed 3: queries, keys and values)");
}

TEST_CASE("what nobody reads, and a loss that somebody reads, are mistakes", "[unit]") {
  CHECK(error("8", "  - {kind: dense, name: lost, outputs: 5}\n  - {kind: relu, from: input}\n" + kEnd) ==
        "n.yaml:3:5: lost: nobody reads its output");
  CHECK(error("8", "  - {kind: dense, outputs: 5}\n  - {kind: softmax-cross-entropy, name: aside}\n  - {kind: relu, from: aside}\n" +
                       kEnd) == "n.yaml:5:24: from: is a loss, whose output no layer reads (got aside)");
  const Workload two =
      network("8", "  - {kind: dense, name: d, outputs: 5}\n  - {kind: softmax-cross-entropy}\n  - {kind: relu, from: d}\n" + kEnd);
  CHECK(two.layers.size() == 5);
}

TEST_CASE("a block says what is wrong with it", "[unit]") {
  CHECK(error("8", "  - {repeat: 2, layers: []}\n" + kEnd) == "n.yaml:3:25: layers: the block has no layers");
  CHECK(error("8", "  - {repeat: 0, layers: [{kind: relu}]}\n" + kEnd).find("repeat: is out of range (got 0") != std::string::npos);
  CHECK(error("8", "  - {repeat: 2, layers: [{repeat: 2, layers: [{kind: relu}]}]}\n" + kEnd).find("a block stands inside a block") !=
        std::string::npos);
  CHECK(error("8", "  - {repeat: 2, layers: [{kind: relu, name: a}, {kind: relu, name: a}]}\n" + kEnd) ==
        "n.yaml:3:49: layers: two layers have this name (got a)");
  CHECK(error("8", "  - {kind: relu, name: input}\n" + kEnd).find("is a name that from: has for itself") != std::string::npos);
}

TEST_CASE("values that a layer cannot have are reported where they stand", "[unit]") {
  CHECK(error(kImage, "  - {kind: conv2d, channels: 2, window: [1, 2, 3, 4]}\n" + kEnd) ==
        "n.yaml:3:41: window: has 4 numbers (allowed a number, [height, width] or [depth, height, width])");
  CHECK(error(kImage, "  - {kind: conv2d, channels: 2, window: 3, bias: maybe}\n" + kEnd) ==
        "n.yaml:3:50: bias: is neither true nor false (got maybe, allowed true, false)");
  CHECK(error(kImage, "  - {kind: relu, window: 3}\n" + kEnd) == "n.yaml:3:18: window: unknown key (allowed from, kind, name)");
  CHECK(error("{tokens: 5}",
              "  - {kind: embedding, name: e, rows: 9, outputs: 3}\n  - {kind: dense, outputs: 8, per-position: true, tied-to: e}\n  - "
              "kind: softmax-cross-entropy\n") == "n.yaml:4:5: dense-1: its 3 inputs and 8 outputs are not the table's 3 and 9");
  CHECK(error("{tokens: 5}", "  - {kind: dense, outputs: 8, tied-to: input}\n" + kEnd) ==
        "n.yaml:3:40: tied-to: is no embedding (got input)");
}

TEST_CASE("a file cannot ask for more layers than a network may have", "[limit]") {
  std::string blocks;
  for (int i = 0; i < 2; ++i) blocks += "  - {repeat: 65536, layers: [{kind: relu}]}\n";
  CHECK(error("8", blocks + kEnd) == "n.yaml:4:30: layers: the network has too many layers (allowed at most 100000)");
}

TEST_CASE("the example of a network of one's own loads", "[unit]") {
  const std::filesystem::path example = std::filesystem::path(FORERUN_TEST_DATA) / "../../examples/networks/small-transformer.yaml";
  const Workload net = load_workload({.value = example.string(), .file = "--workload"}, {});
  const std::int64_t block = 2 * 2 * 128 + 128 * 128 + 128 + 2 * (128 * 32 + 32) + 128 * 128 + 128 + 2 * 128 * 512 + 512 + 128;
  CHECK(parameters(net) == 96 * 128 + 256 * 128 + 4 * block + 2 * 128);
  CHECK(net.tokens_per_sample == 256);
  CHECK(net.layers.size() == 3 + 4 * 12 + 3);
}

}  // namespace forerun
