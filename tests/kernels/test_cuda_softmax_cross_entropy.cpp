#include <catch2/catch.hpp>
#include <cmath>

#include "cuda_compare.hpp"
#include "kernels/reference/reference.hpp"
#include "workloads/shapes.hpp"

using namespace forerun;

namespace {

LayerShape loss_of(std::int64_t classes, std::int64_t positions = 1) {
  return infer_shape({.channels = classes, .width = positions}, {.kind = LayerKind::softmax_cross_entropy});
}

}  // namespace

TEST_CASE("softmax cross-entropy operators on a GPU agree with the reference", "[gpu]") {
  compare_all({loss_of(10), loss_of(2), loss_of(17, 12), loss_of(1000), loss_of(1024)}, {1, 9});
  compare_all({loss_of(10)}, {1077});
}

TEST_CASE("softmax cross-entropy on a GPU agrees with the reference over a vocabulary whose rows start anywhere", "[gpu]") {
  compare_all({loss_of(50257, 3)}, {1});
}

TEST_CASE("softmax cross-entropy on a GPU agrees with the reference over rows that no block can keep", "[gpu]") {
  compare_all({loss_of(130001, 2)}, {1});
}

TEST_CASE("a loss on a GPU is finite for large logits, for small ones and for labels far below the others", "[gpu]") {
  if (!has_device()) return;
  const LayerShape shape = loss_of(37, 4);
  std::mt19937 random(Catch::rngSeed());
  LayerData actual(shape, 2, random);
  for (std::size_t i = 0; i < actual.input.size(); ++i) actual.input[i] = i >= 37 && i % 3 == 0 ? 3e4F : -3e4F;
  LayerData expected = actual;
  const Kernel kernel{shape, Pass::forward, 2, {}};
  actual.poison(shape, Pass::forward);
  run_on_device(kernel, actual);
  run_reference(kernel, expected.buffers());
  CHECK(std::isfinite(actual.loss));
  CHECK(actual.loss == Approx(expected.loss).epsilon(1e-5));
  CHECK(relative_difference(actual.output, expected.output) < 1e-5);
}

TEST_CASE("a loss on a GPU has the same bits twice", "[gpu]") {
  if (!has_device()) return;
  const LayerShape shape = loss_of(301, 50);
  std::mt19937 random(Catch::rngSeed());
  LayerData once(shape, 3, random);
  LayerData twice = once;
  run_on_device({shape, Pass::forward, 3, {}}, once);
  run_on_device({shape, Pass::forward, 3, {}}, twice);
  CHECK(once.loss == twice.loss);
  CHECK(once.output == twice.output);
}
