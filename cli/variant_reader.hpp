#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/scenario.hpp"
#include "cli/variants.hpp"

namespace forerun {

/// Reads scenarios whose strategy may be left open: as its text stands, with all devices (`data=all`), or the best there is (`best`).
class VariantReader {
 public:
  explicit VariantReader(const Environment& environment) : environment_(environment), reader_(environment) {}

  /// The scenario; its text has the strategy that was found. BadInput, MissingCapability: as ScenarioReader::read(); the latter also where
  /// no strategy fits, with the reason of most of them.
  ReadScenario read(ScenarioText text);

  [[nodiscard]] const Environment& environment() const { return environment_; }

 private:
  ReadScenario best(ScenarioText text, const std::string& pinned);

  const Environment& environment_;
  ScenarioReader reader_;
};

/// A variant of the baseline, or why it cannot be.
struct ReadVariant {
  std::optional<ReadScenario> read;
  std::string refused;
};

/// All variants, in their order. A change that is wrong in every variant that has it is a mistake, and no variant that cannot be: BadInput
/// with all of them. A machine that exists may still be one that the question does not fit.
std::vector<ReadVariant> read_all(const std::vector<Variant>& variants, const ScenarioText& baseline, VariantReader& reader);

}  // namespace forerun
