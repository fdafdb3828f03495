#include "cherrypick/features.hpp"

#include <catch2/catch.hpp>

using namespace forerun::cherrypick;

TEST_CASE("totals are units a node, units and memory in all, each from zero to one") {
  const auto features = encode({{.nodes = 1, .units_per_node = 2, .memory_gib_per_node = 4},
                                {.nodes = 4, .units_per_node = 4, .memory_gib_per_node = 4},
                                {.nodes = 2, .units_per_node = 8, .memory_gib_per_node = 32}},
                               Encoding::totals);
  REQUIRE(features.size() == 3);
  CHECK(features[0] == std::vector<double>{0, 0, 0});
  for (const std::size_t k : {0U, 2U}) CHECK(features[1][k] == Approx(0.5));
  CHECK(features[1][1] == 1);
  CHECK(features[2] == std::vector<double>{1, 1, 1});
}

TEST_CASE("counts are units a node, memory a unit, and nodes") {
  const auto features =
      encode({{.nodes = 1, .units_per_node = 2, .memory_gib_per_node = 4}, {.nodes = 4, .units_per_node = 4, .memory_gib_per_node = 4}},
             Encoding::counts);
  CHECK(features[0] == std::vector<double>{0, 1, 0});
  CHECK(features[1] == std::vector<double>{1, 0, 1});
}

TEST_CASE("what does not vary is no feature, and unknown memory is none either") {
  const auto features = encode({{.nodes = 1, .numbers = {3}}, {.nodes = 2, .memory_gib_per_node = 4, .numbers = {3}}}, Encoding::totals);
  CHECK(features[0] == std::vector<double>{0});
  CHECK(features[1] == std::vector<double>{1});
  CHECK(encode({{}, {}}, Encoding::totals) == std::vector<std::vector<double>>{{0}, {0}});
  CHECK(encode({}, Encoding::totals).empty());
}

TEST_CASE("numbers that only rounding tells apart are no feature") {
  const auto features = encode({{.nodes = 3, .units_per_node = 0.1}, {.nodes = 1, .units_per_node = 0.1 * 3}}, Encoding::totals);
  CHECK(features[0] == std::vector<double>{0});
  CHECK(features[1] == std::vector<double>{1});
}

TEST_CASE("a word of two values is one feature of 0.7, of three values three") {
  const auto of = [](std::string word) { return Description{.words = {std::move(word)}}; };
  CHECK(encode({of("ssd"), of("disk")}, Encoding::totals) == std::vector<std::vector<double>>{{0.7}, {0}});
  CHECK(encode({of("a"), of("b"), of("c")}, Encoding::totals) == std::vector<std::vector<double>>{{0.7, 0, 0}, {0, 0.7, 0}, {0, 0, 0.7}});
}

TEST_CASE("features have names, of what varies alone") {
  const std::vector<Description> rows{{.nodes = 1, .numbers = {3, 1}, .words = {"ssd"}},
                                      {.nodes = 2, .numbers = {3, 2}, .words = {"disk"}}};
  CHECK(feature_names(rows, Encoding::totals, {"ghz", "gbit"}, {"disk"}) == std::vector<std::string>{"log2 units", "gbit", "disk=ssd"});
  CHECK(feature_names(rows, Encoding::counts, {"ghz", "gbit"}, {"disk"}).front() == "log2 nodes");
  CHECK(feature_names({{}, {}}, Encoding::totals, {}, {}).size() == 1);
}
