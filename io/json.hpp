#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/units.hpp"

namespace forerun {

/// A JSON value whose keys keep the order in which they were set.
using Json = nlohmann::ordered_json;

/// A quantity in SI units; null where it is empty or not finite, never zero in its place.
template <int S, int B, int F, int D, int J>
Json to_json_value(const std::optional<Quantity<S, B, F, D, J>>& quantity) {
  return quantity ? Json(quantity->value()) : Json(nullptr);
}
template <class T>
Json to_json_value(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

/// The document as text: two spaces a level, numbers that read back exactly, a newline at the end.
std::string json_text(const Json& document);

/// One line of a journal: no spaces, a newline at the end.
std::string json_line(const Json& document);

}  // namespace forerun
