#pragma once

#include <string>
#include <vector>

#include "cherrypick/features.hpp"
#include "cli/variants.hpp"
#include "core/scenario.hpp"

namespace forerun {

/// A variant as a search's surrogate is to see it.
struct DescribedVariant {
  const Scenario* scenario = nullptr;
  const Variant* variant = nullptr;
  double usd_per_unit_hour = 0;  ///< of one GPU or core; above zero
};

/// How descriptions of variants are read.
struct Descriptions {
  std::vector<cherrypick::Description> all;  ///< in the order of the variants
  std::vector<std::string> numbers;          ///< what each description's numbers are called
  std::vector<std::string> words;
};

/// `pytorch-ddp`, `megatron tensor pipeline`, `tf-parameter-server asynchronous`: who executes the strategy, which axes beside `data` it
/// has, and whether servers wait. Degrees are no part of it.
std::string strategy_family(const Strategy& strategy);

/// What tells variants apart: nodes, units (GPUs, or the cores of a CPU node) and memory a node; as numbers the binary logarithms of the
/// network's bandwidth a node, of the ranks that share a model, of the batch and, where the same hardware stands there at several prices,
/// of the price of a unit; as words the kind of device and the strategy's family. Any other setting that variants change is a number
/// (its logarithm where all are above zero) or a word. Variants that would be alike are told apart by their whole strategy.
/// A node whose network nobody gave counts as having the least bandwidth of all.
Descriptions describe(const std::vector<DescribedVariant>& variants);

}  // namespace forerun
