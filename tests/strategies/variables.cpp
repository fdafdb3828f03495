#include "strategies/variables.hpp"

#include <catch2/catch.hpp>

#include "workloads/formulas.hpp"
#include "workloads/load.hpp"

using namespace forerun;

namespace {

Workload workload(const char* name) { return load_workload({name, "test", 0, 0, ""}, {}); }

std::vector<double> held(const std::vector<ServedVariable>& variables, int servers) {
  std::vector<double> sums(static_cast<std::size_t>(servers), 0);
  for (const ServedVariable& variable : variables) sums[static_cast<std::size_t>(variable.server)] += variable.elements;
  return sums;
}

constexpr Bytes kLeast(256 * 1024);

}  // namespace

TEST_CASE("round robin over two servers leaves one with all matrices and the other with all biases") {
  const auto variables = place_variables(workload("mlp"), 32, 2, VariablePlacement::round_robin, kLeast);
  REQUIRE(variables.size() == 4);
  CHECK(held(variables, 2) == std::vector<double>{784 * 128 + 128 * 10, 128 + 10});
}

TEST_CASE("a variable goes to the server that holds least") {
  const auto variables = place_variables(workload("mlp"), 32, 2, VariablePlacement::by_size, kLeast);
  CHECK(held(variables, 2) == std::vector<double>{784 * 128, 128 + 128 * 10 + 10});
}

TEST_CASE("variables are parted into shards of at least 256 KiB, one a server at most") {
  const auto variables = place_variables(workload("mlp"), 32, 8, VariablePlacement::partitioned, Bytes(100 * 1024));
  // 784 x 128 elements of 4 bytes hold three times 100 KiB; the rest stays whole.
  REQUIRE(variables.size() == 6);
  CHECK(variables[0].elements == Approx(784 * 128 / 3.0));
  CHECK(variables[2].server == 2);
  CHECK(place_variables(workload("mlp"), 32, 2, VariablePlacement::partitioned, Bytes(4))[1].elements == Approx(784 * 64));
}

TEST_CASE("moving averages of a batch norm take their turns") {
  // conv, then scale, shift, mean and variance: the next matrix is the sixth variable.
  const auto variables = place_variables(workload("resnet50"), 32, 5, VariablePlacement::round_robin, kLeast);
  CHECK(variables[0].server == 0);
  CHECK(variables[1].server == 1);
  CHECK(variables[2].server == 2);
  CHECK(variables[3].server == 0);
}

TEST_CASE("every parameter is on one server") {
  for (const char* name : {"mlp", "resnet50", "vgg16", "gpt2", "lstm-ptb-small"})
    for (const VariablePlacement placement : {VariablePlacement::round_robin, VariablePlacement::by_size, VariablePlacement::partitioned})
      for (const int servers : {1, 3, 8}) {
        INFO(name << " " << to_string(placement) << " " << servers);
        const Workload network = workload(name);
        double sum = 0;
        for (const double elements : held(place_variables(network, 32, servers, placement, kLeast), servers)) sum += elements;
        CHECK(sum == Approx(static_cast<double>(parameters(network))));
      }
}

TEST_CASE("of a sparse table the rows move that a batch picks") {
  Workload table;
  LayerShape shape{LayerKind::embedding, {1, 1, 1}, {16, 1, 1}};
  shape.rows = 1000;
  shape.sparse = true;
  table.layers = {{"table", shape, {kData}}};
  const auto variables = place_variables(table, 8, 1, VariablePlacement::round_robin, kLeast);
  REQUIRE(variables.size() == 1);
  CHECK(variables[0].elements == 16000);
  CHECK(variables[0].moved == 8 * 16);
}
