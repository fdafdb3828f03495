#include <catch2/catch.hpp>

#include "workloads/formulas.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

Workload model(const std::string& name) { return load_workload({.value = name, .file = "--workload"}, {}); }

/// Multiply-adds of dense and convolutional layers alone, which is what publications count.
double multiply_adds(const Workload& workload) {
  double total = 0;
  for (const Layer& layer : workload.layers)
    if (has_parameters(layer.shape.kind)) total += forward_flops_per_sample(layer.shape).value() / 2;
  return total;
}

}  // namespace

TEST_CASE("alexnet has torchvision's parameters and operations", "[paper]") {
  // torchvision.models.AlexNet_Weights: num_params 61100840, _ops 0.714 (10^9 multiply-adds).
  const Workload alexnet = model("alexnet");
  CHECK(parameters(alexnet) == 61'100'840);
  CHECK(multiply_adds(alexnet) == 714'188'480);
  CHECK(alexnet.samples == 1'281'167);
  CHECK(alexnet.batch == 128);
}

TEST_CASE("alexnet's tensors shrink as the paper's do", "[paper]") {
  const Workload alexnet = model("alexnet");
  CHECK(alexnet.layers[0].shape.output == TensorShape{64, 55, 55});
  CHECK(alexnet.layers[2].shape.output == TensorShape{64, 27, 27});
  CHECK(alexnet.layers[5].shape.output == TensorShape{192, 13, 13});
  CHECK(alexnet.layers[12].shape.output == TensorShape{256, 6, 6});
  CHECK(alexnet.layers[13].shape.input.elements() == 9216);
}

TEST_CASE("vgg11-cifar10 has configuration A's convolutions and a 512-10 head", "[paper]") {
  // Simonyan & Zisserman 2015, table 1: eight 3 x 3 convolutions, 9,220,480 weights and biases; the head adds 512 x 10 + 10.
  const Workload vgg = model("vgg11-cifar10");
  CHECK(parameters(vgg) == 9'220'480 + 5'130);
  const double by_hand = 1024.0 * 64 * 3 * 9 + 256.0 * 128 * 64 * 9 + 64.0 * 256 * 128 * 9 + 64.0 * 256 * 256 * 9 + 16.0 * 512 * 256 * 9 +
                         16.0 * 512 * 512 * 9 + 2 * 4.0 * 512 * 512 * 9 + 5120;
  CHECK(multiply_adds(vgg) == by_hand);
  CHECK(vgg.samples == 50'000);
}

TEST_CASE("mnist-cnn has the sizes of its layers worked out by hand", "[unit]") {
  const Workload cnn = model("mnist-cnn");
  CHECK(cnn.layers[0].shape.output == TensorShape{32, 26, 26});
  CHECK(cnn.layers[2].shape.output == TensorShape{32, 13, 13});
  CHECK(cnn.layers[3].shape.output == TensorShape{64, 11, 11});
  CHECK(cnn.layers[5].shape.output == TensorShape{64, 5, 5});
  CHECK(parameters(cnn) == 320 + 18'496 + (1600 * 128 + 128) + 1290);
  CHECK(multiply_adds(cnn) == 676.0 * 32 * 9 + 121.0 * 64 * 32 * 9 + 1600.0 * 128 + 1280);
}

TEST_CASE("the perceptrons have the sizes that their names say", "[unit]") {
  CHECK(parameters(model("logistic-regression")) == 7'850);
  CHECK(parameters(model("mlp")) == 101'770);
  CHECK(parameters(model("mlp-wide")) == 784 * 1024 + 1024 + 1024 * 1024 + 1024 + 10'240 + 10);
  CHECK(multiply_adds(model("mlp-wide")) == 784 * 1024 + 1024 * 1024 + 10'240);
}

TEST_CASE("every network of the zoo reads only layers before it, whose outputs it takes", "[unit]") {
  REQUIRE(known_workloads().size() > 6);
  for (const std::string_view name : known_workloads()) {
    CAPTURE(name);
    const Workload workload = model(std::string(name));
    CHECK(workload.name == name);
    for (int i = 0; i < static_cast<int>(workload.layers.size()); ++i) {
      const Layer& layer = workload.layers[i];
      CAPTURE(layer.name);
      REQUIRE(!layer.inputs.empty());
      for (const int input : layer.inputs) REQUIRE((input >= kData && input < i));
      if (const int input = layer.inputs.front(); input != kData && layer.shape.kind != LayerKind::embedding)
        CHECK(layer.shape.input.elements() == workload.layers[input].shape.output.elements());
    }
  }
}

}  // namespace forerun
