#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "tests/support/message.hpp"
#include "tests/workloads/expected_table.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

/// Elements that the layers write for one sample, without the loss: a view writes nothing.
std::int64_t written_elements(const Workload& workload) {
  std::int64_t total = 0;
  for (const Layer& layer : workload.layers)
    if (!is_loss(layer.shape.kind) && !is_view(layer.shape)) total += layer.shape.output.elements();
  return total;
}

const Layer& named(const Workload& workload, const std::string& name) {
  for (const Layer& layer : workload.layers)
    if (layer.name == name) return layer;
  FAIL("no layer is called " + name);
  return workload.layers.front();
}

std::string error_of(const std::string& name, const std::string& settings) {
  return message_of([&] { load_with(name, settings); });
}

}  // namespace

TEST_CASE("convolutional networks count what PyTorch counts, as published and with other sizes", "[cross]") {
  const CsvTable table = expected_table("torch_convolutional.csv");
  REQUIRE(table.rows.size() > 50);
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::string name = table.at(row, "workload").value;
    const std::string settings = table.at(row, "settings").value;
    CAPTURE(name, settings);
    const Workload workload = load_with(name, settings);
    CHECK(std::to_string(parameters(workload)) == table.at(row, "parameters").value);
    CHECK(std::to_string(static_cast<std::int64_t>(matrix_flops_per_sample(workload).value())) == table.at(row, "matrix_flops").value);
    CHECK(std::to_string(written_elements(workload)) == table.at(row, "activation_elements").value);
  }
}

TEST_CASE("resnet-50 narrows as table 1 of its paper", "[paper]") {
  const Workload resnet = load_with("resnet50", "");
  CHECK(named(resnet, "conv1").shape.output == TensorShape{64, 112, 112});
  CHECK(named(resnet, "stage1-block-3.residual").shape.output == TensorShape{256, 56, 56});
  CHECK(named(resnet, "stage2-block-1.conv1").shape.output == TensorShape{128, 56, 56});
  CHECK(named(resnet, "stage2-block-1.conv2").shape.output == TensorShape{128, 28, 28});
  CHECK(named(resnet, "stage4-block-3.relu").shape.output == TensorShape{2048, 7, 7});
  CHECK(named(load_with("resnet50", "stride-at=1x1"), "stage2-block-1.conv1").shape.output == TensorShape{128, 28, 28});
}

TEST_CASE("a shortcut of option A has no parameters", "[paper]") {
  CHECK(named(load_with("resnet32-cifar10", ""), "stage2-block-1.shortcut").shape.kind == LayerKind::reshape);
  CHECK(named(load_with("resnet32-cifar10", "shortcut=projection"), "stage2-block-1.shortcut").shape.kind == LayerKind::conv2d);
}

TEST_CASE("the u-net gives 388 x 388 positions for 572 x 572, and all where it is padded", "[paper]") {
  CHECK(load_with("unet", "").layers.back().shape.input == TensorShape{2, 388, 388});
  CHECK(load_with("unet", "padded=true image=250").layers.back().shape.input == TensorShape{2, 250, 250});
  CHECK(load_with("unet", "classes=1").layers.back().shape.kind == LayerKind::binary_cross_entropy);
}

TEST_CASE("the u-net has 23 convolutions in total", "[paper]") {
  const Workload unet = load_with("unet", "");
  CHECK(std::ranges::count_if(unet.layers, [](const Layer& layer) {
          return layer.shape.kind == LayerKind::conv2d || layer.shape.kind == LayerKind::transposed_conv2d;
        }) == 23);
}

TEST_CASE("inception's auxiliary head learns by a loss of its own", "[unit]") {
  const Workload both = load_with("inception-v3", "");
  CHECK(named(both, "auxiliary-loss").shape.output.channels == 1000);
  CHECK(both.layers.back().name == "loss");
  const Workload alone = load_with("inception-v3", "auxiliary=false");
  CHECK(alone.layers.size() + 11 == both.layers.size());
}

TEST_CASE("the flatten before a classifier costs nothing", "[unit]") {
  const Workload vgg = load_with("vgg16", "");
  const Layer& flatten = named(vgg, "flatten");
  REQUIRE(flatten.shape.output == TensorShape{25'088});
  REQUIRE(is_view(flatten.shape));
  for (const Pass pass : {Pass::forward, Pass::backward_weights, Pass::backward_data, Pass::update}) {
    const Kernel kernel{.shape = flatten.shape, .pass = pass, .batch = 8, .footprint = Bytes()};
    CHECK(flops(kernel) == Flops());
    CHECK(bytes_moved(kernel) == Bytes());
  }
  CHECK(kept_bytes(flatten.shape) == Bytes());
}

TEST_CASE("a flatten adds no memory to a step", "[unit]") {
  const LayerShape dense{.kind = LayerKind::dense, .input = {.channels = 24}, .output = {.channels = 5}};
  LayerShape convolution{.kind = LayerKind::conv2d, .input = {1, 4, 5}, .output = {2, 3, 4}, .window = 2};
  const LayerShape view{.kind = LayerKind::reshape, .input = {2, 3, 4}, .output = {24}};
  const Workload with{.input = {1, 4, 5}, .layers = {{"c", convolution, {kData}}, {"f", view, {0}}, {"d", dense, {1}}}};
  const Workload without{.input = {1, 4, 5}, .layers = {{"c", convolution, {kData}}, {"d", dense, {0}}}};
  CHECK(step_memory(with, 3).total() == step_memory(without, 3).total());
}

TEST_CASE("sizes of convolutional networks that do not fit are refused", "[unit]") {
  CHECK(error_of("vgg16", "image=31").find("--set: workload.image: is out of range (got 31") == 0);
  CHECK(error_of("vgg16", "layers=12").find("--set: workload.layers: unknown value (got 12, allowed 11, 13, 16, 19)") == 0);
  CHECK(error_of("resnet50", "blocks=3,4,,3").find("--set: workload.blocks: is not a whole number") == 0);
  CHECK(error_of("resnet50", "blocks=1,1,1,1,1,1,1,1,1") ==
        "--set: workload.blocks: are of too many stages (got 1,1,1,1,1,1,1,1,1, allowed at most 8)");
  CHECK(error_of("mobilenet-v2", "width=0").find("--set: workload.width: is out of range (got 0") == 0);
  CHECK(error_of("cosmoflow", "windows=2,2") ==
        "--set: workload.windows: are not as many as the filters (got 2,2, allowed 5 numbers, one for each of the filters)");
  CHECK(error_of("cosmoflow", "strides=1,1,2,1,1").find("--set: workload.strides: are of padded convolutions") == 0);
  CHECK(error_of("inception-v3", "image=100") ==
        "--workload: auxiliary-pool: the window is larger than the layer's input (got 5, allowed at most the height of 4)");
  CHECK(error_of("unet", "image=100").find("down-5.conv1: the window is larger than the layer's input") != std::string::npos);
  for (const char* common : {"batch, ", "frozen, ", "optimizer, ", "precision, "})
    CHECK(error_of("resnet50", "imag=3").find(common) != std::string::npos);
  CHECK(error_of("resnet50", "imag=3").find("--set: workload.imag: unknown setting") == 0);
}

}  // namespace forerun
