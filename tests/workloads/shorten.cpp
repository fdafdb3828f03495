#include "workloads/shorten.hpp"

#include <catch2/catch.hpp>

#include "tests/workloads/layers.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace {

Workload network(const std::string& name, const std::string& layers = "") {
  std::vector<Text> settings;
  if (!layers.empty()) settings.push_back({layers, "--set", 0, 0, "layers"});
  return load_workload({name, "--workload", 0, 0, ""}, settings);
}

}  // namespace

TEST_CASE("a network with fewer of its blocks is the one that was built with so many", "[unit]") {
  for (const std::string family : {"gpt", "llama", "bert"}) {
    const Workload long_one = network(family, "9");
    const auto blocks = alike_blocks(long_one);
    INFO(family);
    REQUIRE(blocks);
    CHECK(blocks->times == 9);
    CHECK(with_blocks(long_one, *blocks, 4).layers == network(family, "4").layers);
    CHECK(with_blocks(long_one, *blocks, 9) == long_one);
  }
}

TEST_CASE("networks without blocks, with blocks of two kinds, or whose blocks are read from afar, are not shortened", "[unit]") {
  CHECK_FALSE(alike_blocks(network("vgg11-cifar10")));
  CHECK_FALSE(alike_blocks(network("deepseek-v3")));
  Workload gpt = network("gpt", "4");
  const auto blocks = alike_blocks(gpt);
  REQUIRE(blocks);
  gpt.layers.back().inputs.push_back(blocks->first);
  CHECK_FALSE(alike_blocks(gpt));
}

}  // namespace forerun
