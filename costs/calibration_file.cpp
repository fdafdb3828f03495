#include "costs/calibration_file.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "costs/calibration_gpu.hpp"
#include "costs/calibration_issue.hpp"
#include "costs/calibration_rows.hpp"
#include "costs/data.hpp"
#include "costs/fit_record_file.hpp"
#include "io/file.hpp"
#include "io/json.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "io/yaml.hpp"

namespace forerun {

namespace {

constexpr int kVersion = 4;     // of files that hold samples
constexpr int kGpuVersion = 3;  // of files that hold a GPU's figures in their place
constexpr std::string_view kEnding = ".calibration.json";

constexpr double kLeastScale = 1e-6;
constexpr double kMostScale = 1e6;
constexpr std::string_view kOverlap = "overlap_slowdown";

enum class Holds { samples, figures };

Holds read_header(Mapping& mapping, Calibration& calibration, Problems& problems) {
  std::int64_t version = kVersion;
  const auto word = [&](std::string_view key, std::string& to) { mapping.required(key, [&to](const Text& text) { to = text.value; }); };
  mapping.required("schema_version", [&](const Text& text) {
    version = parse_integer(text, 1, kVersion);
    if (version < kGpuVersion) throw BadInput(problem(text, "is of an older format; run forerun calibrate again"));
  });
  if (version < kGpuVersion) problems.throw_if_any();  // the rest is of that format, too
  word("name", calibration.name);
  word("device", calibration.device);
  if (version == kVersion) {
    word("host", calibration.host);
    word("cpu", calibration.cpu);
    word("compiler", calibration.compiler);
  }
  word("date", calibration.date);
  if (version == kVersion) word("mode", calibration.mode);
  mapping.required("origin", [&](const Text& text) { calibration.origin = parse_origin(text); });
  mapping.optional("compute_scale", [&](const Text& text) { calibration.compute_scale = parse_number(text, kLeastScale, kMostScale); });
  return version == kVersion ? Holds::samples : Holds::figures;
}

OverlapSlowdown read_overlap(const YamlNode& node) {
  OverlapSlowdown overlap;
  Problems problems;
  Mapping mapping(node, problems);
  mapping.required("factor", [&](const Text& text) { overlap.factor = parse_overlap_slowdown(text); });
  mapping.required("origin", [&](const Text& text) { overlap.origin = parse_origin(text); });
  mapping.required("source", [&](const Text& text) { overlap.source = text.value; });
  mapping.finish();
  problems.throw_if_any();
  return overlap;
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
    if (!name.ends_with(kEnding)) continue;
    name.remove_prefix(std::string_view("calibrations/").size());
    name.remove_suffix(kEnding.size());
    names.push_back(name);
  }
  return names;
}

Calibration read_calibration(const std::filesystem::path& path) { return read_calibration_text(read_file(path), path.string()); }

}  // namespace

double parse_overlap_slowdown(const Text& text) { return parse_number(text, 1, kMostOverlapSlowdown); }

std::string calibration_json(const Calibration& calibration) {
  Json document;
  const bool measured = !calibration.gpu;
  document["schema_version"] = measured ? kVersion : kGpuVersion;
  document["name"] = calibration.name;
  document["device"] = calibration.device;
  if (measured) {
    document["host"] = calibration.host;
    document["cpu"] = calibration.cpu;
    document["compiler"] = calibration.compiler;
  }
  document["date"] = calibration.date;
  if (measured) document["mode"] = calibration.mode;
  document["origin"] = std::string(to_string(calibration.origin));
  if (calibration.compute_scale != 1) document["compute_scale"] = calibration.compute_scale;
  if (calibration.overlap.factor != 1)
    document[std::string(kOverlap)] = {{"factor", calibration.overlap.factor},
                                       {"origin", std::string(to_string(calibration.overlap.origin))},
                                       {"source", calibration.overlap.source}};
  if (calibration.fit) document["fit"] = fit_record_json(*calibration.fit);
  if (calibration.measured_gpu) write_measured_gpu(document, calibration);
  if (measured)
    write_rows(document, calibration);
  else
    document["gpu"] = gpu_figures_json(calibration);
  return compact_rows(document);
}

Calibration read_calibration_text(std::string_view text, std::string_view name) {
  constexpr std::size_t kMostSigns = std::size_t{1} << 20U;  // of calibrate --full some 250,000
  const YamlNode document = read_yaml_text(text, name, kMostSigns);
  Calibration calibration;
  Problems problems;
  Mapping mapping(document, problems);
  if (read_header(mapping, calibration, problems) == Holds::samples)
    read_measured_gpu(mapping, calibration), read_rows(mapping, calibration);
  else
    read_gpu(mapping, calibration, problems);
  mapping.optional(kOverlap, [&](const YamlNode& node) { calibration.overlap = read_overlap(node); });
  mapping.optional("fit", [&](const YamlNode& node) { calibration.fit = read_fit_record(node); });
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
