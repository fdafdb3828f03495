#include "platforms/load.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "io/file.hpp"
#include "io/suggest.hpp"
#include "io/yaml.hpp"
#include "platforms/catalogue.hpp"
#include "platforms/data.hpp"
#include "platforms/description.hpp"
#include "platforms/offers.hpp"
#include "platforms/routes.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kFolder = "data/";
constexpr std::string_view kEnding = ".yaml";
constexpr std::string_view kThisMachine = "this-machine";

/// The name of a shipped platform from that of its file; empty for other files.
std::string_view stem(std::string_view file) {
  if (!file.ends_with(kEnding)) return "";
  file.remove_prefix(kFolder.size());
  file.remove_suffix(kEnding.size());
  return file;
}

/// What was found under a name, before settings.
struct Found {
  PlatformTexts texts;
  Text whole;
  std::string name;
};

Found from_document(const YamlNode& root, std::string name, Problems& problems) {
  return {read_texts(root, problems), root.text, std::move(name)};
}

Found from_file(const fs::path& file, Problems& problems) { return from_document(read_yaml(file), file.stem().string(), problems); }

std::string allowed_platforms() {
  std::vector<std::string_view> written;
  for (const std::string_view name : known_platforms())
    if (name.find(':') == std::string_view::npos) written.push_back(name);
  return listed(written) + ", a cloud machine such as aws:p3.2xlarge (`forerun show platform` lists all), or a YAML file";
}

/// A network alone, which leaves its devices to settings.
Found from_network(const Text& file) {
  Found found{.whole = file, .name = fs::path(file.value).stem().string()};
  for (const auto& [key, value] :
       {std::pair{"topology", to_string(Topology::Kind::routes)}, std::pair{"network-file", std::string_view(file.value)}})
    found.texts[key] = {std::string(value), "--platform", 0, 0, "platform." + std::string(key)};
  return found;
}

Found find_platform(const Text& name_or_file, std::span<const fs::path> search, const Platform* machine, Problems& problems) {
  const std::string& name = name_or_file.value;
  if (name.ends_with(".xml")) return from_network(name_or_file);
  if (names_a_file(name)) return from_file(name, problems);
  std::error_code none;
  if (!name.empty()) {
    for (const fs::path& folder : search)
      if (const fs::path file = folder / (name + ".yaml"); fs::exists(file, none)) return from_file(file, problems);
  }
  for (const platforms_file& file : platforms_data())
    if (!name.empty() && stem(file.name) == name)
      return from_document(read_yaml_text(file.text, "platforms/" + std::string(file.name)), name, problems);
  if (const auto cloud = find_cloud_machine(name)) return {*cloud, {}, name};
  if (fs::exists(name, none)) return from_file(name, problems);
  if (name == kThisMachine && machine != nullptr) return from_document(read_yaml_text(platform_yaml(*machine), name), name, problems);
  if (name == kThisMachine) throw BadInput(problem(name_or_file, "this machine has not been measured yet: run `forerun calibrate`"));
  throw BadInput(problem(name_or_file, "unknown platform", allowed_platforms(), suggest(name, known_platforms())));
}

/// A cloud machine's name may end in its region: `aws:p3.2xlarge@eu-west-1`. Takes it off, and into `region`.
Text without_region(const Text& name, std::optional<Text>& region) {
  const std::size_t at = name.value.rfind('@');
  if (at == std::string::npos || name.value.find(':') > at || names_a_file(name.value)) return name;
  region = name;
  region->key = "region";
  region->value = name.value.substr(at + 1);
  if (region->value.empty()) throw BadInput(problem(name, "has no region behind @"));
  Text machine = name;
  machine.value.resize(at);
  return machine;
}

const Text* catalogue_of(std::span<const Text> settings) {
  const auto found = std::ranges::find(settings, "catalogue", &Text::key);
  return found == settings.end() ? nullptr : &*found;
}

/// A machine that is only in the catalogue that the settings name.
bool only_offered(const std::string& name, const Text* catalogue) {
  return catalogue != nullptr && name.find(':') != std::string::npos && !names_a_file(name) && !find_cloud_machine(name);
}

Found find_machine(const Text& name_or_file, std::span<const fs::path> search, const Platform* machine, const Text* catalogue,
                   Problems& problems) {
  std::optional<Text> region;
  const Text name = without_region(name_or_file, region);
  Found found = only_offered(name.value, catalogue) ? Found{offered_machine(*catalogue, name.value), name, name.value}
                                                    : find_platform(name, search, machine, problems);
  if (region) found.texts.insert_or_assign("region", *region);
  return found;
}

}  // namespace

std::span<const std::string_view> known_platforms() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> found = {kThisMachine};
    for (const platforms_file& file : platforms_data())
      if (const std::string_view name = stem(file.name); !name.empty()) found.push_back(name);
    found.insert(found.end(), cloud_machines().begin(), cloud_machines().end());
    std::sort(found.begin(), found.end());
    return found;
  }();
  return names;
}

Platform load_platform(const Text& name_or_file, std::span<const Text> settings, std::span<const fs::path> search, const Platform* machine,
                       const RouteReader& routes) {
  Problems problems;
  Found found;
  const bool there = problems.collect([&] { found = find_machine(name_or_file, search, machine, catalogue_of(settings), problems); });
  override_texts(found.texts, settings, problems);
  // Without its file, what the settings leave open is not the user's mistake.
  if (!there) problems.throw_if_any();
  add_data_sheet(found.texts);
  const Text name{.value = std::move(found.name)};
  found.texts.try_emplace("name", name);
  problems.collect([&] {
    const std::string& machine_name = found.texts.at("name").value;
    const auto catalogue = found.texts.find("catalogue");
    if (catalogue == found.texts.end()) return add_price(found.texts, machine_name);
    add_offered_price(found.texts, catalogue->second, machine_name);
  });
  SharedRoutes table = read_routes(found.texts, routes, problems);
  Platform platform = understand(found.texts, found.whole, problems);
  platform.topology.routes = std::move(table);
  problems.throw_if_any();
  return platform;
}

}  // namespace forerun
