#include "io/suggest.hpp"

#include <array>
#include <catch2/catch.hpp>

namespace forerun {
namespace {

constexpr std::array<std::string_view, 6> kKnown = {"alexnet", "logistic-regression", "mlp", "mlp-wide", "mnist-cnn", "vgg11-cifar10"};

}  // namespace

TEST_CASE("a mistyped name finds its neighbour", "[unit]") {
  CHECK(suggest("alexnt", kKnown) == "alexnet");
  CHECK(suggest("alexxnet", kKnown) == "alexnet");
  CHECK(suggest("alexmet", kKnown) == "alexnet");
  CHECK(suggest("AlexNet", kKnown) == "alexnet");
  CHECK(suggest("logistic_regresion", kKnown) == "logistic-regression");
  CHECK(suggest("mlp-wode", kKnown) == "mlp-wide");
}

TEST_CASE("neighbours that swapped places are one edit", "[unit]") {
  CHECK(suggest("mpl", kKnown) == "mlp");
  CHECK(suggest("plm", kKnown).empty());
}

TEST_CASE("a name that was not finished is completed", "[unit]") {
  CHECK(suggest("vgg11", kKnown) == "vgg11-cifar10");
  CHECK(suggest("vg", kKnown).empty());
}

TEST_CASE("nothing near suggests nothing", "[unit]") {
  CHECK(suggest("resnet50", kKnown).empty());
  CHECK(suggest("", kKnown).empty());
  CHECK(suggest(std::string(100'000, 'a'), kKnown).empty());
  CHECK(suggest("mlp", {}).empty());
}

TEST_CASE("known names are listed with commas", "[unit]") {
  CHECK(listed(std::array<std::string_view, 3>{"a", "b", "c"}) == "a, b, c");
  CHECK(listed({}).empty());
}

}  // namespace forerun
