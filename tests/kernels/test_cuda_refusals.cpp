#include <catch2/catch.hpp>

#include "cuda_compare.hpp"
#include "kernels/cuda/operator.hpp"
#include "refusals.hpp"
#include "workloads/shapes.hpp"

// What operators leave to libraries, and do where these have less than they might: on the host alone, whose libraries can be told so.

using namespace forerun;

namespace {

/// While it lives.
struct Refuse {
  explicit Refuse(bool cuda_on_host::Refusals::*what) { cuda_on_host::refusals.*what = true; }
  ~Refuse() { cuda_on_host::refusals = {}; }
  Refuse(const Refuse&) = delete;
  Refuse& operator=(const Refuse&) = delete;
};

}  // namespace

TEST_CASE("biases of dense operators, and their gradients, go with the product where they are aligned") {
  const LayerShape aligned = layer(LayerKind::dense, {16, 1, 1}, 8), odd = layer(LayerKind::dense, {3, 1, 1}, 5);
  for (const Precision precision : {Precision::fp32, Precision::bf16})
    for (const Pass pass : {Pass::forward, Pass::backward_weights}) {
      cuda_on_host::calls.clear();
      compare(aligned, 4, pass, kCudaOptions, precision);
      CHECK(cuda_on_host::calls.products_with_epilogues == 1);
      compare(odd, 4, pass, kCudaOptions, precision);
      CHECK(cuda_on_host::calls.products_with_epilogues == 1);
    }
}

TEST_CASE("dense operators add biases themselves where no product does, or one that should have refuses") {
  const Refuse no_epilogues(GENERATE(&cuda_on_host::Refusals::epilogues, &cuda_on_host::Refusals::running_epilogues));
  compare_all({layer(LayerKind::dense, {16, 1, 1}, 8), infer_shape({.channels = 24, .width = 9}, {.outputs = 31})}, {1, 40});
}

namespace {

const std::vector<LayerShape>& convolutions() {
  static const std::vector<LayerShape> shapes = {
      infer_shape({8, 6, 6}, {.kind = LayerKind::conv2d, .outputs = 12, .window = 3, .padding = 1}),
      infer_shape({6, 7, 9}, {.kind = LayerKind::conv2d, .outputs = 4, .window = {3, 2}, .stride = {1, 2}, .padding = {1, 0}, .groups = 2}),
      infer_shape({9, 6, 5}, {.kind = LayerKind::conv2d, .outputs = 9, .window = 3, .padding = 1, .groups = 9, .bias = false})};
  return shapes;
}

}  // namespace

TEST_CASE("convolutions are cuDNN's, forward with their biases") {
  for (const LayerShape& shape : convolutions())
    for (const Precision precision : {Precision::fp32, Precision::bf16})
      for (const Pass pass : {Pass::forward, Pass::backward_weights, Pass::backward_data}) {
        cuda_on_host::calls.clear();
        compare(shape, 2, pass, kCudaOptions, precision);
        CHECK(cuda_on_host::calls.convolutions == 1);
        CHECK(cuda_on_host::calls.convolutions_with_biases == (shape.bias && pass == Pass::forward ? 1 : 0));
      }
}

TEST_CASE("convolutions add biases themselves where cuDNN does not") {
  const Refuse no_biases(&cuda_on_host::Refusals::fused_biases);
  compare_all(convolutions(), {1, 4});
}

TEST_CASE("a convolution takes the next algorithm where the first proves to be unsupported") {
  const Refuse no_first(&cuda_on_host::Refusals::first_algorithms);
  compare_all(convolutions(), {1, 4});
}

TEST_CASE("convolutions do without cuDNN where it has no algorithm") {
  const Refuse no_convolutions(&cuda_on_host::Refusals::convolutions);
  compare_all(convolutions(), {1, 4});
}

TEST_CASE("a GPU older than Ampere is asked for nothing in bf16") {
  const Refuse no_bf16(&cuda_on_host::Refusals::bf16);
  for (const Pass pass : {Pass::forward, Pass::update}) {
    Kernel kernel{layer(LayerKind::dense, {16, 1, 1}, 8), pass, 4, {}};
    CHECK(cuda::offers(kernel));
    kernel.precision = Precision::bf16;
    CHECK_FALSE(cuda::offers(kernel));
    CHECK_THROWS_WITH(cuda::make_operator(kernel, std::make_shared<cuda::Context>()),
                      "there is no " + std::string(to_string(pass)) + " of dense in bf16 below compute capability 8.0 for CUDA");
  }
}
