#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>

#include "io/format.hpp"
#include "tests/workloads/expected_table.hpp"
#include "workloads/formulas.hpp"

/// The zoo against what was published: expected/published.csv. Each row is a workload with settings and one quantity:
///   quantity   parameters; active_parameters: those that one token meets; forward_flop: of matrix products and convolutions on one
///              sample; causal_training_flop: of matrix products on one token, forward and backward, attention under its causal mask
///   counts     of forward_flop: what a multiply-add counts in the value, 1 or 2; ours counts 2
///   tolerance  the relative deviation that is allowed; none where sources disagree, and the note says which one holds
namespace forerun {
namespace {

struct Comparison {
  double ours = 0;
  double published = 0;
  [[nodiscard]] double deviation() const { return ours / published - 1; }
};

double active_parameters(const Workload& workload) {
  double total = 0;
  for (const Layer& layer : workload.layers) {
    const auto tokens = static_cast<double>(workload.tokens_per_sample);
    const double share = layer.shape.experts > 1 ? static_cast<double>(layer.shape.output.positions()) / tokens : 1;
    total += static_cast<double>(own_parameters(layer)) * share / static_cast<double>(layer.shape.experts);
  }
  return total;
}

/// Every product once forward and twice backward, as model flops are counted; half of the scores are masked.
double causal_training_flop(const Workload& workload) {
  Flops total;
  for (const Layer& layer : workload.layers)
    total += (layer.shape.kind == LayerKind::attention ? 0.5 : 1.0) * matrix_flops_per_sample(layer.shape);
  return 3 * total.value() / static_cast<double>(workload.tokens_per_sample);
}

Comparison compare(const CsvTable& table, std::size_t row) {
  const Workload workload = load_with(table.at(row, "workload").value, table.at(row, "settings").value);
  const double value = std::stod(table.at(row, "value").value);
  const std::string& quantity = table.at(row, "quantity").value;
  if (quantity == "parameters") return {static_cast<double>(parameters(workload)), value};
  if (quantity == "active_parameters") return {active_parameters(workload), value};
  if (quantity == "causal_training_flop") return {causal_training_flop(workload), value};
  REQUIRE(quantity == "forward_flop");
  const double counts = std::stod(table.at(row, "counts").value);
  REQUIRE((counts == 1 || counts == 2));
  return {matrix_flops_per_sample(workload).value(), value * 2 / counts};
}

void print(const CsvTable& table, std::size_t row, const Comparison& comparison) {
  const auto cell = [&](std::string_view column) { return table.at(row, column).value; };
  const std::string settings = cell("settings").empty() ? "" : " " + cell("settings");
  const std::string limit = cell("tolerance").empty() ? "" : forerun::format("{:.0f} %", 100 * std::stod(cell("tolerance")));
  std::cout << forerun::format("{:<84} {:<20} {:>12.5g} {:>12.5g} {:>+7.2f} % {:>4}  {}{}\n", cell("workload") + settings, cell("quantity"),
                               comparison.ours, comparison.published, 100 * comparison.deviation(), limit, cell("source"),
                               cell("note").empty() ? "" : " (" + cell("note") + ")");
}

}  // namespace

TEST_CASE("the zoo's parameters and arithmetic are the published ones", "[paper]") {
  const CsvTable table = expected_table("published.csv");
  REQUIRE(table.rows.size() > 60);
  std::cout << forerun::format("{:<84} {:<20} {:>12} {:>12} {:>9} {:>4}  {}\n", "workload", "quantity", "ours", "published", "deviation",
                               "max", "source");
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const Comparison comparison = compare(table, row);
    print(table, row, comparison);
    CAPTURE(table.at(row, "workload").value, table.at(row, "settings").value, table.at(row, "source").value);
    const std::string& tolerance = table.at(row, "tolerance").value;
    if (tolerance.empty())
      CHECK(!table.at(row, "note").value.empty());
    else
      CHECK(std::abs(comparison.deviation()) <= std::stod(tolerance));
  }
}

TEST_CASE("every published row names its source, and a tolerance of at most 1 or 3 percent", "[unit]") {
  const CsvTable table = expected_table("published.csv");
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    CHECK(!table.at(row, "source").value.empty());
    const std::string& tolerance = table.at(row, "tolerance").value;
    const double most = table.at(row, "quantity").value.ends_with("parameters") ? 0.01 : 0.03;
    if (!tolerance.empty()) CHECK(std::stod(tolerance) <= most);
  }
}

}  // namespace forerun
