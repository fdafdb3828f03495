#include "workloads/load.hpp"

#include <algorithm>
#include <filesystem>
#include <string>

#include "io/file.hpp"
#include "io/suggest.hpp"
#include "io/yaml.hpp"
#include "workloads/data.hpp"
#include "workloads/description.hpp"

namespace forerun {
namespace {

constexpr std::string_view kFolder = "models/";
constexpr std::string_view kEnding = ".yaml";

std::string_view stem(std::string_view file) {
  file.remove_prefix(kFolder.size());
  file.remove_suffix(kEnding.size());
  return file;
}

struct Document {
  YamlNode root;
  std::string name;
};

Document find_document(const Text& name_or_file) {
  const std::string& name = name_or_file.value;
  if (!names_a_file(name)) {
    for (const workloads_file& file : workloads_data())
      if (stem(file.name) == name) return {read_yaml_text(file.text, "workloads/" + std::string(file.name)), name};
    std::error_code none;
    if (!std::filesystem::exists(name, none))
      throw BadInput(
          problem(name_or_file, "unknown workload", listed(known_workloads()) + ", or a YAML file", suggest(name, known_workloads())));
  }
  return {read_yaml(name), std::filesystem::path(name).stem().string()};
}

}  // namespace

std::span<const std::string_view> known_workloads() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> found;
    for (const workloads_file& file : workloads_data()) found.push_back(stem(file.name));
    std::sort(found.begin(), found.end());
    return found;
  }();
  return names;
}

Workload load_workload(const Text& name_or_file, std::span<const Text> settings) {
  Problems problems;
  Workload workload;
  problems.collect([&] {
    const Document document = find_document(name_or_file);
    workload = read_description(document.root, document.name, problems);
  });
  for (const Text& setting : settings) {
    Text shown = setting;
    shown.key = "workload." + setting.key;
    problems.collect([&] { set_field(workload, setting.key, shown); });
  }
  problems.throw_if_any();
  return workload;
}

void require_batch(const Workload& workload, const Text& name_or_file) {
  if (workload.batch > 0) return;
  Text where = name_or_file;
  where.value.clear();
  where.key = "workload.batch";
  throw BadInput(problem(where, "is missing: " + workload.name + " has no batch of its own", "--set workload.batch=N, N at least 1"));
}

}  // namespace forerun
