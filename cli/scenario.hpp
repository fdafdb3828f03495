#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/environment.hpp"
#include "cli/scenario_text.hpp"
#include "core/scenario.hpp"

namespace forerun {

/// Whether a scenario needs times: a plan can be shown without.
enum class Times { needed, not_needed };

/// A scenario that was read, the texts that read it again (defaults filled in), and what a reader should be warned of.
struct ReadScenario {
  Scenario scenario;
  ScenarioText text;
  std::vector<std::string> warnings;
};

/// Settings by what they set. Keys have lost their prefix; values know where they stand.
struct Settings {
  std::vector<Text> workload;
  std::vector<Text> platform;
  std::vector<Text> run;
  std::vector<Text> input;
  std::vector<Text> calibration;
};

/// Divides `workload.`, `platform.`, `run.`, `input.` and `calibration.` settings; of two with one key the later stays.
/// Adds to `problems`: no `=`, an empty value, another prefix (with a suggestion).
Settings divide_settings(const std::vector<Text>& settings, Problems& problems);

/// Reads scenarios; a calibration that several of them name is read once.
class ScenarioReader {
 public:
  explicit ScenarioReader(const Environment& environment) : environment_(environment) {}

  /// BadInput with everything that is wrong with the texts and the files that they name; MissingCapability where the strategy is not
  /// modelled yet. No engine has started. Where a calibration is given, `this-machine` need not have been measured.
  ReadScenario read(const ScenarioText& text, Times times = Times::needed);

 private:
  std::shared_ptr<const Calibration> calibration(const Text& name, const std::vector<Text>& settings, Problems& problems);
  /// The calibration, or where the platform names its processor, scaled to it.
  std::shared_ptr<const Calibration> as_on(const Platform& platform, std::shared_ptr<const Calibration> calibration);
  [[nodiscard]] std::vector<std::string> warnings(const Scenario& scenario, const Text& platform) const;

  const Environment& environment_;
  std::map<std::string, std::shared_ptr<const Calibration>> calibrations_;
};

}  // namespace forerun
