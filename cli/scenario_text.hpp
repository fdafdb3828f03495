#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "io/json.hpp"
#include "io/text.hpp"
#include "io/yaml.hpp"

namespace CLI {
class App;
}

namespace forerun {

/// A scenario as it was asked for. An empty text was not given.
struct ScenarioText {
  Text workload;
  Text platform;
  Text strategy;
  Text calibration;
  std::vector<Text> settings;        ///< each `key=value`; of two with one key the later holds
  Text engine;                       ///< of a prediction's document
  std::vector<ScenarioText> beside;  ///< other jobs on its network, of a prediction's document
  std::vector<Problem> wrong;        ///< with a scenario file that could be read otherwise: to be said with all else that is wrong
};

/// The options that say what is predicted, trained or shown.
struct ScenarioOptions {
  std::string file;
  std::string workload;
  std::string platform;
  std::string strategy;
  std::string calibration;
  std::string seeds;  ///< `run.seeds`; empty: as the settings have it
  std::vector<std::string> settings;
};

/// Which of them a verb has.
void add_workload_option(CLI::App& verb, ScenarioOptions& options);
void add_platform_option(CLI::App& verb, ScenarioOptions& options);
void add_strategy_option(CLI::App& verb, ScenarioOptions& options);
void add_calibration_option(CLI::App& verb, ScenarioOptions& options);
void add_setting_option(CLI::App& verb, ScenarioOptions& options);
void add_scenario_file(CLI::App& verb, ScenarioOptions& options);

/// Whether a verb predicts a job beside others.
enum class Others { welcome, unexpected };

/// The options' texts over those of the scenario file, if there is one. BadInput for a file that cannot be read, or one with other jobs
/// where they are unexpected.
ScenarioText scenario_text(const ScenarioOptions& options, Others others = Others::unexpected);

/// A scenario file: a mapping with the keys workload, platform, strategy, calibration and set (`key=value` items, or a mapping), or a
/// prediction's document, that holds one under `scenario`. Files that it names stand relative to its own folder.
/// BadInput names the option of a workload, a platform or a calibration that was given in its place.
ScenarioText read_scenario_file(const std::filesystem::path& file);

/// The scenario as the object of a document that read_scenario_file() reads. Files it names become absolute.
Json scenario_json(const ScenarioText& text);

}  // namespace forerun
