#pragma once

#include <string>
#include <vector>

namespace forerun::cherrypick {

/// A configuration as price lists describe it.
struct Description {
  double nodes = 1;
  double units_per_node = 1;         ///< cores, or GPUs
  double memory_gib_per_node = 0;    ///< 0: unknown
  std::vector<double> numbers{};     ///< what else a number says: speed of a unit, bandwidth of disks; as many of each configuration
  std::vector<std::string> words{};  ///< what has no order, such as the kind of a disk; as many of each configuration

  friend bool operator==(const Description&, const Description&) = default;
};

/// Which numbers stand for a configuration's size, by their binary logarithms.
enum class Encoding {
  totals,  ///< units a node, units in all, memory in all: what a job runs out of
  counts   ///< units a node, memory a unit, nodes: what a price list has, and what CherryPick was published with
};

/// The weight of a category beside features in [0, 1]: two values of a word that has only two are as far apart as
/// one feature at 0.7 of its range, two of more values sqrt(2) times as far.
inline constexpr double kCategoryWeight = 0.7;

/// Features of configurations, each configuration's in one row: numbers scaled to [0, 1] over all of them, each value of a word a feature
/// of 0 or kCategoryWeight (of a word with two values one feature is enough). What does not vary is left out; where nothing does, each row
/// is one zero.
std::vector<std::vector<double>> encode(const std::vector<Description>& descriptions, Encoding encoding);

/// The same features by name, for people; `numbers` and `words` are what those of a description are called.
std::vector<std::string> feature_names(const std::vector<Description>& descriptions, Encoding encoding,
                                       const std::vector<std::string>& numbers, const std::vector<std::string>& words);

}  // namespace forerun::cherrypick
