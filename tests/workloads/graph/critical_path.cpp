#include "workloads/graph/critical_path.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "tests/workloads/graph/networks.hpp"

namespace forerun {
namespace {

std::vector<Seconds> seconds(const std::vector<double>& values) {
  std::vector<Seconds> times;
  for (const double value : values) times.emplace_back(value);
  return times;
}

/// The longest way that ends at a layer, by trying all.
double longest_to(const Workload& workload, const std::vector<Seconds>& times, int layer) {
  double before = 0;
  for (const int input : workload.layers[layer].inputs)
    if (input != kData) before = std::max(before, longest_to(workload, times, input));
  return before + times[layer].value();
}

}  // namespace

TEST_CASE("a chain's critical path is all of it", "[limit]") {
  const Workload chain{.layers = {node({kData}), node({0}), node({1})}};
  const CriticalPath path = critical_path(chain, seconds({1, 2, 4}));
  CHECK(path.time.value() == 7);
  CHECK(path.layers == std::vector{0, 1, 2});
}

TEST_CASE("of two branches the longer one is critical", "[unit]") {
  const Workload fork{.layers = {node({kData}), node({0}), node({0}), node({1, 2}), node({kData})}};
  CHECK(critical_path(fork, seconds({1, 2, 3, 1, 0})).layers == std::vector{0, 2, 3});
  CHECK(critical_path(fork, seconds({1, 4, 3, 1, 0})).layers == std::vector{0, 1, 3});
  const CriticalPath alone = critical_path(fork, seconds({1, 2, 3, 1, 9}));
  CHECK(alone.layers == std::vector{4});
  CHECK(alone.time.value() == 9);
}

TEST_CASE("nothing takes no time", "[limit]") {
  CHECK(critical_path({}, {}).time.value() == 0);
  CHECK(critical_path({}, {}).layers.empty());
}

TEST_CASE("the critical path is the longest of all paths and one that can be walked", "[unit]") {
  std::mt19937 random(11);
  for (int trial = 0; trial < 50; ++trial) {
    const Workload workload = random_network(10, random);
    std::vector<Seconds> times;
    for (int i = 0; i < 10; ++i) times.emplace_back(static_cast<double>(random() % 20));
    double longest = 0;
    for (int i = 0; i < 10; ++i) longest = std::max(longest, longest_to(workload, times, i));
    const CriticalPath path = critical_path(workload, times);
    REQUIRE(path.time.value() == longest);
    double walked = 0;
    for (std::size_t i = 0; i < path.layers.size(); ++i) {
      walked += times[path.layers[i]].value();
      const std::vector<int>& inputs = workload.layers[path.layers[i]].inputs;
      if (i > 0) REQUIRE(std::ranges::count(inputs, path.layers[i - 1]) > 0);
    }
    REQUIRE(walked == longest);
  }
}

}  // namespace forerun
