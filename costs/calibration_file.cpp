#include "costs/calibration_file.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "costs/calibration_rows.hpp"
#include "costs/data.hpp"
#include "io/file.hpp"
#include "io/json.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "io/yaml.hpp"

namespace forerun {

namespace {

constexpr int kVersion = 2;
constexpr std::string_view kEnding = ".calibration.json";

void read_header(Mapping& mapping, Calibration& calibration) {
  const auto word = [&](std::string_view key, std::string& to) { mapping.required(key, [&to](const Text& text) { to = text.value; }); };
  mapping.required("schema_version", [](const Text& text) {
    if (parse_integer(text, 1, kVersion) != kVersion) throw BadInput(problem(text, "is of an older format; run forerun calibrate again"));
  });
  word("name", calibration.name);
  word("device", calibration.device);
  word("host", calibration.host);
  word("cpu", calibration.cpu);
  word("compiler", calibration.compiler);
  word("date", calibration.date);
  word("mode", calibration.mode);
  mapping.required("origin", [&](const Text& text) { calibration.origin = parse_origin(text); });
}

std::string_view shipped(std::string_view name) {
  const std::string file = "calibrations/" + std::string(name) + std::string(kEnding);
  for (const auto& data : costs_data())
    if (data.name == file) return data.text;
  return {};
}

std::vector<std::string_view> shipped_names() {
  std::vector<std::string_view> names;
  for (const auto& data : costs_data()) {
    std::string_view name = data.name;
    name.remove_prefix(std::string_view("calibrations/").size());
    name.remove_suffix(kEnding.size());
    names.push_back(name);
  }
  return names;
}

Calibration read_calibration(const std::filesystem::path& path) { return read_calibration_text(read_file(path), path.string()); }

}  // namespace

std::string calibration_json(const Calibration& calibration) {
  Json document;
  document["schema_version"] = kVersion;
  document["name"] = calibration.name;
  document["device"] = calibration.device;
  document["host"] = calibration.host;
  document["cpu"] = calibration.cpu;
  document["compiler"] = calibration.compiler;
  document["date"] = calibration.date;
  document["mode"] = calibration.mode;
  document["origin"] = std::string(to_string(calibration.origin));
  write_rows(document, calibration);
  return compact_rows(document);
}

Calibration read_calibration_text(std::string_view text, std::string_view name) {
  const YamlNode document = read_yaml_text(text, name);
  Calibration calibration;
  Problems problems;
  Mapping mapping(document, problems);
  read_header(mapping, calibration);
  read_rows(mapping, calibration);
  mapping.finish();
  problems.throw_if_any();
  return calibration;
}

std::shared_ptr<const Calibration> load_calibration(const Text& name_or_file, std::span<const std::filesystem::path> search) {
  const std::string& name = name_or_file.value;
  if (names_a_file(name)) return std::make_shared<Calibration>(read_calibration(name));
  for (const std::filesystem::path& folder : search) {
    const std::filesystem::path path = folder / (name + std::string(kEnding));
    if (std::filesystem::exists(path)) return std::make_shared<Calibration>(read_calibration(path));
  }
  if (const std::string_view text = shipped(name); !text.empty())
    return std::make_shared<Calibration>(read_calibration_text(text, "costs/calibrations/" + name + std::string(kEnding)));
  if (name == "this-machine") throw BadInput(problem(name_or_file, "this machine has no calibration yet; run forerun calibrate"));
  const std::vector<std::string_view> names = shipped_names();
  throw BadInput(problem(name_or_file, "unknown calibration", listed(names), suggest(name, names)));
}

}  // namespace forerun
