#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "core/calibration.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"

/// The words and numbers of a calibration file, read alike in all its parts.
namespace forerun::calibration_file {

inline constexpr std::array<std::string_view, 5> kOptimizers{"sgd", "sgd-momentum", "adam", "adamw", "l-bfgs"};
inline constexpr std::array<std::string_view, 4> kPasses{"forward", "backward-weights", "backward-data", "update"};
inline constexpr std::array<std::string_view, 3> kOrigins{"measured", "fitted", "published"};
inline constexpr std::int64_t kMost = std::int64_t{1} << 53;

/// The word's place among the names, which stand in the order of the enumeration.
template <class Enum, std::size_t N>
Enum parse_name(const Text& text, const std::array<std::string_view, N>& names, std::string_view what) {
  for (std::size_t i = 0; i < N; ++i)
    if (text.value == names[i]) return static_cast<Enum>(i);
  throw BadInput(problem(text, "unknown " + std::string(what), listed(names), suggest(text.value, names)));
}

/// Every kind: which of them have samples is a matter of what was measured.
inline LayerKind parse_layer(const Text& text) {
  static const auto names = [] {
    std::array<std::string_view, kLayerKinds> all;
    for (int kind = 0; kind < kLayerKinds; ++kind) all[static_cast<std::size_t>(kind)] = to_string(static_cast<LayerKind>(kind));
    return all;
  }();
  return parse_name<LayerKind>(text, names, "layer");
}
inline Precision parse_precision(const Text& text) {
  static const auto names = [] {
    std::array<std::string_view, kPrecisions> all;
    for (int i = 0; i < kPrecisions; ++i) all[static_cast<std::size_t>(i)] = to_string(static_cast<Precision>(i));
    return all;
  }();
  return parse_name<Precision>(text, names, "precision");
}
inline Optimizer parse_optimizer(const Text& text) { return parse_name<Optimizer>(text, kOptimizers, "optimizer"); }
inline Pass parse_pass(const Text& text) { return parse_name<Pass>(text, kPasses, "pass"); }

inline Seconds parse_time(const Text& text) { return Seconds(parse_number(text, std::numeric_limits<double>::min(), 1e9)); }

}  // namespace forerun::calibration_file
