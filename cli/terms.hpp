#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/json.hpp"
#include "io/table.hpp"

namespace forerun {

/// One quantity of two predictions side by side; empty where a prediction has it not.
struct Term {
  std::string name;  ///< a key of a prediction's document, its unit at its end
  std::optional<double> before;
  std::optional<double> after;
};

/// The terms of two predictions, in the order in which they add up: the step with its parts, the run with its parts, throughput, memory,
/// bytes sent, energy, cost. `Figure` reads a key of a document. What neither has, or has above zero, is left out.
using Figure = std::function<std::optional<double>(std::string_view key)>;
std::vector<Term> terms_of(const Figure& before, const Figure& after);

/// Of a document that is in memory.
Figure figures_in(const Json& prediction);

/// Quantity, both values in readable units, their difference, and by how much of the first.
Table terms_table(const std::vector<Term>& terms, const std::string& before, const std::string& after);

/// `{key: {before, after, difference, ratio}}`.
Json terms_json(const std::vector<Term>& terms);

}  // namespace forerun
