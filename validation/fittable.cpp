#include "validation/fittable.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "costs/calibration_gpu.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "io/yaml.hpp"
#include "validation/data.hpp"

namespace forerun {
namespace {

constexpr std::string_view kFile = "fittable.yaml";
constexpr std::array<std::string_view, 3> kOwners{"gpu", "calibration", "platform"};

/// A property of a platform by its key in a platform's file.
struct PlatformKey {
  std::string_view key;
  double (*get)(const Platform&);
  void (*set)(Platform&, double);
  std::string_view unit;
};

constexpr std::array<PlatformKey, 7> kPlatformKeys{{
    {"link-share", [](const Platform& p) { return p.inter_node.bandwidth.value() > 0 && p.nodes > 1 ? p.inter_node_share : 0; },
     [](Platform& p, double value) { p.inter_node_share = value; }, ""},
    {"intra-node-share",
     [](const Platform& p) { return p.intra_node.bandwidth.value() > 0 && p.devices_per_node > 1 ? p.intra_node_share : 0; },
     [](Platform& p, double value) { p.intra_node_share = value; }, ""},
    {"link-bandwidth", [](const Platform& p) { return p.nodes > 1 ? p.inter_node.bandwidth.value() : 0; },
     [](Platform& p, double value) { p.inter_node.bandwidth = BytesPerSecond(value); }, " B/s"},
    {"intra-node-bandwidth", [](const Platform& p) { return p.devices_per_node > 1 ? p.intra_node.bandwidth.value() : 0; },
     [](Platform& p, double value) { p.intra_node.bandwidth = BytesPerSecond(value); }, " B/s"},
    {"link-latency", [](const Platform& p) { return p.nodes > 1 ? p.inter_node.latency.value() : 0; },
     [](Platform& p, double value) { p.inter_node.latency = Seconds(value); }, " s"},
    {"intra-node-latency", [](const Platform& p) { return p.devices_per_node > 1 ? p.intra_node.latency.value() : 0; },
     [](Platform& p, double value) { p.intra_node.latency = Seconds(value); }, " s"},
    {"collective-overhead", [](const Platform& p) { return p.collective_overhead.value(); },
     [](Platform& p, double value) { p.collective_overhead = Seconds(value); }, " s"},
}};

const PlatformKey& platform_key(const Fittable& property) {
  return *std::ranges::find(kPlatformKeys, std::string_view(property.figures.front()), &PlatformKey::key);
}

Owner parse_owner(const Text& text) {
  const auto at = std::ranges::find(kOwners, std::string_view(text.value));
  if (at == kOwners.end()) throw BadInput(problem(text, "owns nothing", listed(kOwners)));
  return static_cast<Owner>(at - kOwners.begin());
}

Fittable read_property(const YamlNode& node, Problems& problems) {
  constexpr double kMost = 1e30;
  Fittable property;
  Mapping mapping(node, problems);
  mapping.required("name", [&](const Text& text) { property.name = text.value; });
  mapping.required("of", [&](const Text& text) { property.owner = parse_owner(text); });
  mapping.required("figures", [&](const YamlNode& list) {
    for (const YamlNode& figure : items(list)) property.figures.push_back(scalar(figure).value);
  });
  const auto number = [&](std::string_view key, double& to) {
    mapping.required(key, [&](const Text& text) { to = parse_number(text, std::numeric_limits<double>::min(), kMost); });
  };
  number("low", property.low), number("high", property.high), number("spread", property.spread);
  mapping.optional("start", [&](const Text& text) { property.start = parse_number(text, property.low, property.high); });
  mapping.required("default", [&](const Text& text) { property.by_default = text.value == "true"; });
  mapping.required("meaning", [&](const Text& text) { property.meaning = text.value; });
  mapping.required("source", [&](const Text& text) { property.source = text.value; });
  mapping.finish();
  return property;
}

std::vector<Fittable> read_properties() {
  std::vector<Fittable> properties;
  Problems problems;
  for (const auto& file : validation_data()) {
    if (file.name != kFile) continue;
    const YamlNode document = read_yaml_text(file.text, "validation/" + std::string(kFile));
    for (const YamlNode& node : items(document)) properties.push_back(read_property(node, problems));
  }
  problems.throw_if_any();
  return properties;
}

}  // namespace

std::span<const Fittable> fittables() {
  static const std::vector<Fittable> properties = read_properties();
  return properties;
}

std::vector<const Fittable*> parse_fittables(const Text& text) {
  std::vector<std::string_view> names;
  for (const Fittable& property : fittables()) names.push_back(property.name);
  std::vector<const Fittable*> chosen;
  Problems problems;
  for (const std::string& name : between_commas(text.value)) {
    Text word = text;
    word.value = name;
    const auto found = std::ranges::find(fittables(), name, &Fittable::name);
    if (found == fittables().end())
      problems.add(problem(word, "is nothing that can be fitted", listed(names), suggest(name, names)));
    else if (std::ranges::find(chosen, &*found) != chosen.end())
      problems.add(problem(word, "is named twice"));
    else
      chosen.push_back(&*found);
  }
  if (chosen.empty() && problems.empty()) problems.add(problem(text, "names nothing to fit", listed(names)));
  problems.throw_if_any();
  return chosen;
}

std::optional<double> value_of(const Fittable& property, const Scenario& scenario) {
  const bool gpu = scenario.calibration->gpu.has_value();
  double value = 0;
  if (property.owner == Owner::platform)
    value = platform_key(property).get(scenario.platform);
  else if (property.owner == Owner::calibration)
    value = gpu ? 0 : scenario.calibration->compute_scale;
  else if (gpu)
    value = gpu_figure(*scenario.calibration->gpu, property.figures.front());
  if (gpu && value == 0) value = property.start;
  return value > 0 ? std::optional(value) : std::nullopt;
}

void set_value(const Fittable& property, double value, GpuModel& gpu) {
  const double before = gpu_figure(gpu, property.figures.front());
  for (const std::string& figure : property.figures)
    if (before > 0) set_gpu_figure(gpu, figure, value / before * gpu_figure(gpu, figure));
  set_gpu_figure(gpu, property.figures.front(), value);
}

void set_value(const Fittable& property, double value, Platform& platform) { platform_key(property).set(platform, value); }

std::string setting_text(const Fittable& property, double value) {
  return property.figures.front() + "=" + exact(value) + std::string(platform_key(property).unit);
}

}  // namespace forerun
