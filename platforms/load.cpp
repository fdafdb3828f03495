#include "platforms/load.hpp"

#include <algorithm>
#include <vector>

#include "io/file.hpp"
#include "io/format.hpp"
#include "io/json.hpp"
#include "io/suggest.hpp"
#include "io/yaml.hpp"
#include "platforms/data.hpp"
#include "platforms/description.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kFolder = "data/";
constexpr std::string_view kEnding = ".yaml";
constexpr std::string_view kThisMachine = "this-machine";

std::string_view stem(std::string_view file) {
  file.remove_prefix(kFolder.size());
  file.remove_suffix(kEnding.size());
  return file;
}

struct Document {
  YamlNode root;
  std::string name;
};

Document read_document(const fs::path& file) { return {read_yaml(file), file.stem().string()}; }

Document find_document(const Text& name_or_file, std::span<const fs::path> search, const Platform* machine) {
  const std::string& name = name_or_file.value;
  if (names_a_file(name)) return read_document(name);
  std::error_code none;
  if (!name.empty()) {
    for (const fs::path& folder : search)
      if (const fs::path file = folder / (name + ".yaml"); fs::exists(file, none)) return read_document(file);
  }
  for (const platforms_file& file : platforms_data())
    if (stem(file.name) == name) return {read_yaml_text(file.text, "platforms/" + std::string(file.name)), name};
  if (fs::exists(name, none)) return read_document(name);
  if (name == kThisMachine && machine != nullptr) return {read_yaml_text(platform_yaml(*machine), name), name};
  if (name == kThisMachine) throw BadInput(problem(name_or_file, "this machine has not been measured yet: run `forerun calibrate`"));
  throw BadInput(
      problem(name_or_file, "unknown platform", listed(known_platforms()) + ", or a YAML file", suggest(name, known_platforms())));
}

}  // namespace

std::span<const std::string_view> known_platforms() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> found = {kThisMachine};
    for (const platforms_file& file : platforms_data()) found.push_back(stem(file.name));
    std::sort(found.begin(), found.end());
    return found;
  }();
  return names;
}

Platform load_platform(const Text& name_or_file, std::span<const Text> settings, std::span<const fs::path> search,
                       const Platform* machine) {
  Problems problems;
  PlatformTexts texts;
  Text whole;
  std::string name;
  const bool found = problems.collect([&] {
    const Document document = find_document(name_or_file, search, machine);
    whole = document.root.text;
    name = document.name;
    texts = read_texts(document.root, problems);
  });
  for (const Text& setting : settings) problems.collect([&] { override_text(texts, setting); });
  // Without its file, what the settings leave open is not the user's mistake.
  if (!found) problems.throw_if_any();
  Platform platform = understand(texts, whole, problems);
  problems.throw_if_any();
  if (platform.name.empty()) platform.name = name;
  return platform;
}

std::string platform_yaml(const Platform& platform) {
  std::string out;
  // JSON's quotes are YAML's double quotes.
  const auto word = [&](std::string_view key, const std::string& value) { out += format("{}: {}", key, json_line(Json(value))); };
  const auto link = [&](std::string_view prefix, const Link& ends) {
    if (ends.bandwidth.value() <= 0) return;
    out += format("{}-bandwidth: {} B/s\n{}-latency: {} s\n", prefix, exact(ends.bandwidth.value()), prefix, exact(ends.latency.value()));
  };
  word("name", platform.name);
  out += format("nodes: {}\ndevices-per-node: {}\n", platform.nodes, platform.devices_per_node);
  word("device", platform.device);
  out += format("memory-per-node: {} B\n", exact(platform.memory_per_node.value()));
  if (platform.device_rate > FlopsPerSecond(0)) out += format("device-rate: {} flop/s\n", exact(platform.device_rate.value()));
  if (platform.device_bandwidth > BytesPerSecond(0)) out += format("device-bandwidth: {} B/s\n", exact(platform.device_bandwidth.value()));
  link("link", platform.inter_node);
  link("intra-node", platform.intra_node);
  if (platform.compute_jitter > 0) out += format("compute-jitter: {}\n", exact(platform.compute_jitter));
  if (!platform.calibration.empty()) word("calibration", platform.calibration);
  return out;
}

}  // namespace forerun
