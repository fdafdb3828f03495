#include "workloads/load.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>

#include "io/file.hpp"
#include "io/suggest.hpp"
#include "io/yaml.hpp"
#include "workloads/adaptation.hpp"
#include "workloads/chakra/read.hpp"
#include "workloads/collective.hpp"
#include "workloads/data.hpp"
#include "workloads/description.hpp"
#include "workloads/families/family.hpp"
#include "workloads/huggingface/huggingface.hpp"
#include "workloads/onnx/import.hpp"

namespace forerun {
namespace {

constexpr std::string_view kFolder = "models/";
constexpr std::string_view kEnding = ".yaml";
constexpr std::string_view kConfiguration = "config.json";
// 10,000 layers take half as much.
constexpr std::size_t kDescriptionLimit = std::size_t{3} << 19;
// A configuration is a list of sizes, and the names of some thousand classes.
constexpr std::size_t kConfigurationSigns = std::size_t{1} << 17;

std::string_view stem(std::string_view file) {
  file.remove_prefix(kFolder.size());
  file.remove_suffix(kEnding.size());
  return file;
}

/// What was named: a document, or a family alone.
struct Source {
  YamlNode root;
  std::string name;
  const Family* family = nullptr;  ///< where the name is that of a family
};

/// What a name may have been meant for.
std::vector<std::string_view> workloads_and_collectives() {
  std::vector<std::string_view> names(known_workloads().begin(), known_workloads().end());
  names.insert(names.end(), known_collectives().begin(), known_collectives().end());
  return names;
}

Source find_source(const Text& name_or_file) {
  const std::string& name = name_or_file.value;
  if (chakra::names_a_trace(name))
    throw BadInput(problem(name_or_file, "is an execution trace: a plan, without layers", "forerun predict and forerun show plan read it"));
  if (names_a_collective(name))
    throw BadInput(problem(name_or_file, "is a collective alone: a plan, without layers", "forerun predict and forerun show plan take it"));
  if (!names_a_file(name)) {
    for (const workloads_file& file : workloads_data())
      if (stem(file.name) == name) return {read_yaml_text(file.text, "workloads/" + std::string(file.name)), name};
    if (const Family* family = find_family(name)) return {{}, name, family};
    std::error_code none;
    if (!std::filesystem::exists(name, none))
      throw BadInput(problem(name_or_file, "unknown workload", std::string(kAllowedWorkloads), suggest(name, workloads_and_collectives())));
  }
  const std::filesystem::path path(name);
  // Every model of a hub has its configuration under this name, in a folder of its own.
  const bool configures = path.filename() == kConfiguration && path.has_parent_path();
  return {read_yaml_text(read_file(path, kDescriptionLimit), name, path.extension() == ".json" ? kConfigurationSigns : kSignsLimit),
          configures ? path.parent_path().filename().string() : path.stem().string()};
}

bool is_common(std::string_view key) { return std::ranges::find(workload_settings(), key) != workload_settings().end(); }

bool is_adaptation(std::string_view key) { return std::ranges::find(adaptation_settings(), key) != adaptation_settings().end(); }

std::vector<Text> own_settings(std::span<const Text> settings) {
  std::vector<Text> own(settings.begin(), settings.end());
  std::erase_if(own, [](const Text& setting) { return is_common(setting.key); });
  return own;
}

/// The scalars of a model's file that say what its family is to be, and the family.
const Family* read_model(const YamlNode& root, std::vector<Text>& given, std::vector<Text>& common, Source& source) {
  if (is_huggingface(root)) {
    HuggingFaceModel model = read_huggingface(root);
    given = std::move(model.parameters);
    if (!model.name.empty()) source.name = model.name;
    if (model.precision) {
      common.push_back(*model.precision);
      common.back().key = "precision";
    }
    return find_family(model.family);
  }
  const Family* family = nullptr;
  for (std::size_t i = 0; i < root.keys.size(); ++i) {
    const std::string& key = root.keys[i].value;
    const Text& value = scalar(root.children[i]);
    if (key == "family") {
      family = find_family(value.value);
      if (family == nullptr)
        throw BadInput(problem(value, "unknown family", listed(known_families()), suggest(value.value, known_families())));
    } else if (key == "name") {
      source.name = value.value;
    } else {
      (is_common(key) ? common : given).push_back(value);
      (is_common(key) ? common : given).back().key = key;
    }
  }
  return family;
}

/// A family with the parameters of a model's file, and over them those of the settings.
Workload build_family(Source& source, std::span<const Text> settings, const Text& name_or_file, Problems& problems,
                      LoadedWorkload& loaded) {
  std::vector<Text> given;
  std::vector<Text> common;
  const Family* family = source.family != nullptr ? source.family : read_model(source.root, given, common, source);
  for (const Text& setting : settings)
    if (!is_common(setting.key)) {
      given.push_back(setting);
      given.back().key = "workload." + setting.key;
    }
  FamilyParameters parameters(given, name_or_file);
  Workload workload;
  problems.collect([&] { workload = family->build(source.name, parameters); });
  loaded.family = family->name;
  loaded.parameters = parameters.used();
  for (const Text& text : common)
    if (!is_adaptation(text.key)) problems.collect([&] { set_field(workload, text.key, text); });
  return workload;
}

/// Somebody else's document is refused as a whole: which of our keys it lacks would not help.
void require_description(const YamlNode& root) {
  if (root.kind != YamlNode::Kind::mapping || root.find("input") != nullptr || root.find("layers") != nullptr) return;
  Text where = root.text;
  where.value.clear();
  throw BadInput(problem(where, "is neither a description of a network (family, or input and layers) nor a config.json with model_type"));
}

/// A file holds no more samples than there are; `place` is where its number was given last, if it was.
void check_files(const Workload& workload, const std::optional<Text>& place, Problems& problems) {
  if (!place || workload.samples == 0 || workload.files.per_file <= static_cast<double>(workload.samples)) return;
  problems.add(problem(*place, "is more than the data set has", "at most " + std::to_string(workload.samples)));
}

}  // namespace

std::span<const std::string_view> known_families() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> found;
    for (const Family& family : families()) found.push_back(family.name);
    return found;
  }();
  return names;
}

std::span<const std::string_view> known_workloads() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> found(known_families().begin(), known_families().end());
    for (const workloads_file& file : workloads_data()) found.push_back(stem(file.name));
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }();
  return names;
}

LoadedWorkload load_described(const Text& name_or_file, std::span<const Text> settings) {
  Problems problems;
  LoadedWorkload loaded;
  Workload& workload = loaded.workload;
  std::vector<Text> adaptation;
  std::optional<Text> per_file;
  bool has_family = false;
  problems.collect([&] {
    if (names_an_onnx_file(name_or_file.value)) {
      has_family = true;
      workload = import_onnx(name_or_file, own_settings(settings));
      return;
    }
    Source source = find_source(name_or_file);
    has_family = source.family != nullptr || source.root.find("family") != nullptr || is_huggingface(source.root);
    if (!has_family) require_description(source.root);
    for (const std::string_view key : adaptation_settings())
      if (const YamlNode* node = source.root.find(key)) adaptation.push_back(scalar(*node));
    if (const YamlNode* node = source.root.find("samples-per-file")) {
      per_file = scalar(*node);
      per_file->key = "samples-per-file";
    }
    workload =
        has_family ? build_family(source, settings, name_or_file, problems, loaded) : read_description(source.root, source.name, problems);
  });
  for (const Text& setting : settings) {
    if (has_family && !is_common(setting.key)) continue;
    Text shown = setting;
    shown.key = "workload." + setting.key;
    if (setting.key == "samples-per-file") per_file = shown;
    if (is_adaptation(setting.key))
      adaptation.push_back(shown);
    else
      problems.collect([&] { set_field(workload, setting.key, shown); });
  }
  problems.throw_if_any();
  check_files(workload, per_file, problems);
  problems.throw_if_any();
  adapt(workload, adaptation);
  return loaded;
}

Workload load_workload(const Text& name_or_file, std::span<const Text> settings) { return load_described(name_or_file, settings).workload; }

void require_batch(const Workload& workload, const Text& name_or_file) {
  if (workload.batch > 0) return;
  Text where = name_or_file;
  where.value.clear();
  where.key = "workload.batch";
  throw BadInput(problem(where, "is missing: " + workload.name + " has no batch of its own", "--set workload.batch=N, N at least 1"));
}

}  // namespace forerun
