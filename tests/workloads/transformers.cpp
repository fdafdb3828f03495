#include <catch2/catch.hpp>
#include <set>

#include "tests/workloads/expected_table.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

TEST_CASE("the zoo's transformers have as many parameters as the transformers library's", "[paper]") {
  const CsvTable table = expected_table("transformers.csv");
  const std::set<std::string, std::less<>> known(known_workloads().begin(), known_workloads().end());
  int compared = 0;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::string& name = table.at(row, "model").value;
    if (name.empty() || !known.contains(name)) continue;
    CAPTURE(name);
    CHECK(std::to_string(parameters(load_with(name, ""))) == table.at(row, "parameters").value);
    ++compared;
  }
  CHECK(compared >= 32);
}

TEST_CASE("transformers have the parameters and matrix flops that PyTorch counts, whatever their sizes", "[paper]") {
  const CsvTable table = expected_table("torch_transformers.csv");
  CHECK(table.rows.size() > 50);
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::string& name = table.at(row, "workload").value;
    CAPTURE(name, table.at(row, "settings").value, table.at(row, "head").value);
    const std::string where = name.ends_with(".json") ? std::string(FORERUN_TEST_DATA) + "/expected/" + name : name;
    const Workload workload = load_with(where, table.at(row, "settings").value);
    CHECK(parameters(workload) == std::stoll(table.at(row, "parameters").value));
    CHECK(matrix_flops_per_sample(workload).value() == std::stod(table.at(row, "forward_flops").value));
  }
}

TEST_CASE("heads, experts and positions follow from the parameters", "[unit]") {
  const Workload network = load_with("llama",
                                     "layers=2 hidden=96 heads=6 kv-heads=2 head-channels=20 feed-forward=200 vocabulary=300 sequence=10 "
                                     "experts=5 top-k=3 attention=unfused dropout=true");
  const auto layer = [&](std::string_view name) -> const LayerShape& {
    for (const Layer& each : network.layers)
      if (each.name == name) return each.shape;
    FAIL("no layer " << name);
    return network.layers.front().shape;
  };
  CHECK(layer("block-2.query").output.channels == 120);
  CHECK(layer("block-2.key").output.channels == 40);
  const Attention& attention = layer("block-2.attention").attention;
  CHECK(attention == Attention{6, 2, 20, 20, 10, AttentionMethod::unfused, true});
  CHECK(layer("block-1.expert-up").output == TensorShape{.channels = 200, .width = 30});
  CHECK(parameters(layer("block-1.expert-up")) == 5 * 96 * 200);
  CHECK(layer("block-1.combine").output == TensorShape{.channels = 96, .width = 10});
  CHECK(parameters(layer("block-1.router")) == 96 * 5);
  const std::int64_t block = 96 * 120 * 2 + 96 * 40 * 2 + 96 * 5 + 5 * 3 * 96 * 200 + 2 * 96;
  CHECK(parameters(network) == 2 * block + 2 * 300 * 96 + 96);
  // A token meets three of the experts, and no causal mask is counted.
  const double products = 96 * 120 * 2 + 96 * 40 * 2 + 96 * 5 + 3 * 3 * 96 * 200;
  CHECK(matrix_flops_per_sample(network).value() == 2.0 * 10 * (2 * (products + 10 * 6 * (20 + 20)) + 300 * 96));
}

TEST_CASE("a gated feed-forward of Llama is two thirds of four hidden, to the next 256", "[unit]") {
  for (const auto& [hidden, channels] : {std::pair{"4096", 11008}, {"5120", 13824}, {"768", 2048}, {"3072", 8192}}) {
    const Workload network = load_with("llama", std::string("layers=1 sequence=2 vocabulary=2 heads=8 hidden=") + hidden);
    for (const Layer& layer : network.layers)
      if (layer.name == "block-1.up") CHECK(layer.shape.output.channels == channels);
  }
}

}  // namespace forerun
