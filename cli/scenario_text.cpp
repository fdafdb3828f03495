#include "cli/scenario_text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <initializer_list>

#include "io/file.hpp"
#include "workloads/chakra/read.hpp"
#include "workloads/collective.hpp"
#include "workloads/load.hpp"
#include "workloads/onnx/import.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

Text relative_to(Text text, const fs::path& folder) {
  if (names_a_file(text.value)) text.value = (folder / text.value).lexically_normal().string();
  return text;
}

std::vector<Text> read_settings(const YamlNode& node) {
  std::vector<Text> settings;
  if (node.kind == YamlNode::Kind::mapping) {
    Problems problems;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      Text setting = node.children[i].text;
      if (node.children[i].kind != YamlNode::Kind::scalar) problems.add(problem(setting, "must be one value"));
      setting.value = node.keys[i].value + "=" + setting.value;
      settings.push_back(std::move(setting));
    }
    problems.throw_if_any();
    return settings;
  }
  for (const YamlNode& item : items(node)) {
    if (item.kind != YamlNode::Kind::scalar) throw BadInput(problem(item.text, "must be key=value"));
    settings.push_back(item.text);
  }
  return settings;
}

[[noreturn]] void mistaken(const std::string& file, const std::string& what) {
  throw BadInput(Problem{.file = file, .what = "is " + what + ", not a scenario", .suggestion = "--" + what.substr(2) + " " + file});
}

/// A scenario is the one file without an option: whoever leaves the option of another out should be told which.
void refuse_other_files(const std::string& file) {
  std::error_code none;
  if (fs::exists(file, none) ? chakra::names_a_trace(file) || names_an_onnx_file(file)
                             : std::ranges::find(known_workloads(), file) != known_workloads().end() || names_a_collective(file))
    mistaken(file, "a workload");
}

void refuse_other_documents(const YamlNode& root, const std::string& file) {
  const auto has = [&](std::initializer_list<std::string_view> keys) {
    return std::ranges::any_of(keys, [&](std::string_view key) { return root.find(key) != nullptr; });
  };
  if (has({"workload", "scenario"})) return;
  if (has({"layers", "family", "model_type", "architectures"})) mistaken(file, "a workload");
  if (has({"memory-per-node", "devices-per-node"})) mistaken(file, "a platform");
  if (has({"kernels"})) mistaken(file, "a calibration");
}

const YamlNode& scenario_node(const YamlNode& root) {
  if (root.find("schema_version") == nullptr) return root;
  const YamlNode* scenario = root.find("scenario");
  if (scenario == nullptr) throw BadInput(problem(root.text, "the document has no scenario to run again"));
  return *scenario;
}

void choose(Text& text, const std::string& option, const std::string& value) {
  if (!value.empty()) text = Text{value, option, 0, 0, ""};
}

Json name_or_null(const Text& text) {
  if (text.value.empty()) return nullptr;
  return names_a_file(text.value) ? fs::absolute(text.value).lexically_normal().string() : text.value;
}

ScenarioText read_scenario(const YamlNode& node, const fs::path& folder) {
  ScenarioText text;
  Problems problems;
  Mapping mapping(node, problems);
  const auto name = [&](const char* key, Text& to) {
    // A document writes null for what was not given.
    const YamlNode* value = node.find(key);
    if (value != nullptr && value->kind == YamlNode::Kind::null)
      mapping.skip(key);
    else
      mapping.optional(key, [&](const Text& value_text) { to = relative_to(value_text, folder); });
  };
  name("workload", text.workload);
  name("platform", text.platform);
  name("strategy", text.strategy);
  name("calibration", text.calibration);
  mapping.optional("set", [&](const YamlNode& set) { text.settings = read_settings(set); });
  mapping.optional("beside", [&](const YamlNode& others) {
    for (const YamlNode& other : items(others)) text.beside.push_back(read_scenario(other, folder));
  });
  mapping.finish();
  text.wrong = problems.all();
  return text;
}

}  // namespace

void add_workload_option(CLI::App& verb, ScenarioOptions& options) {
  verb.add_option(
      "-w,--workload", options.workload,
      "a model by name (forerun show workload lists them), or a file: YAML, ONNX, a Hugging Face config.json, or for predict and "
      "show plan an execution trace NAME.0.et, or a collective alone such as all-reduce");
}

void add_platform_option(CLI::App& verb, ScenarioOptions& options) {
  verb.add_option("-p,--platform", options.platform, "a platform by name, or a YAML file; this-machine where none is given");
}

void add_strategy_option(CLI::App& verb, ScenarioOptions& options) {
  verb.add_option("-s,--strategy", options.strategy, "such as data=2,runtime=pytorch-ddp; one device where none is given");
}

void add_calibration_option(CLI::App& verb, ScenarioOptions& options) {
  verb.add_option("-c,--calibration", options.calibration, "a calibration by name, or a file; the platform's own where none is given");
}

void add_setting_option(CLI::App& verb, ScenarioOptions& options) {
  verb.add_option(
          "--set", options.settings,
          "key=value, again and again: workload.batch=64, platform.nodes=8, run.steps=1000, run.seed=1, calibration.compute-scale=2")
      ->allow_extra_args(false);
}

void add_scenario_file(CLI::App& verb, ScenarioOptions& options) {
  verb.add_option("scenario", options.file, "a scenario as a YAML file, or a prediction written before; options override it");
}

ScenarioText scenario_text(const ScenarioOptions& options, Others others) {
  ScenarioText text;
  if (!options.file.empty()) text = read_scenario_file(options.file);
  if (others == Others::unexpected && !text.beside.empty())
    throw BadInput(Problem{.file = options.file, .what = "holds jobs side by side, which only predict takes"});
  choose(text.workload, "--workload", options.workload);
  choose(text.platform, "--platform", options.platform);
  choose(text.strategy, "--strategy", options.strategy);
  choose(text.calibration, "--calibration", options.calibration);
  for (const std::string& setting : options.settings) text.settings.push_back({setting, "--set", 0, 0, ""});
  if (!options.seeds.empty())
    for (const std::string& setting : options.settings)
      if (setting.starts_with("run.seeds="))
        throw BadInput(Problem{.file = "--seeds", .what = "cannot be given together with --set run.seeds", .got = options.seeds});
  if (!options.seeds.empty()) text.settings.push_back({"run.seeds=" + options.seeds, "--seeds", 0, 0, ""});
  return text;
}

ScenarioText read_scenario_file(const fs::path& file) {
  refuse_other_files(file.string());
  const YamlNode root = read_yaml(file);
  refuse_other_documents(root, file.string());
  const YamlNode& node = scenario_node(root);
  ScenarioText text = read_scenario(node, file.parent_path());
  if (const YamlNode* engine = root.find("engine"); engine != nullptr && &node != &root) text.engine = engine->text;
  return text;
}

Json scenario_json(const ScenarioText& text) {
  Json document = Json::object();
  document["workload"] = name_or_null(text.workload);
  document["platform"] = name_or_null(text.platform);
  document["strategy"] = text.strategy.value.empty() ? Json(nullptr) : Json(text.strategy.value);
  document["calibration"] = name_or_null(text.calibration);
  Json settings = Json::array();
  for (const Text& setting : text.settings) settings.push_back(setting.value);
  document["set"] = settings;
  return document;
}

}  // namespace forerun
