#include "platforms/description.hpp"

#include <array>
#include <utility>

#include "io/quantity.hpp"
#include "io/suggest.hpp"

namespace forerun {
namespace {

constexpr std::int64_t kMostNodes = 1 << 20;
constexpr std::int64_t kMostDevices = 1 << 12;
constexpr double kMostJitter = 10;

constexpr std::array<std::string_view, 12> kKeys = {
    "calibration",          "compute-jitter",     "device",         "device-bandwidth", "device-rate",     "devices-per-node",
    "intra-node-bandwidth", "intra-node-latency", "link-bandwidth", "link-latency",     "memory-per-node", "nodes"};

const Text* find(const PlatformTexts& texts, std::string_view key) {
  const auto found = texts.find(key);
  return found == texts.end() ? nullptr : &found->second;
}

Text at(const Text& place, std::string_view key) {
  Text where = place;
  where.value.clear();
  where.key = key;
  return where;
}

/// The two halves of a link come together, and several nodes or devices cannot do without.
void check_link(const PlatformTexts& texts, const std::string& prefix, const Text* reason, const std::string& why, Problems& problems) {
  const std::array keys = {prefix + "-bandwidth", prefix + "-latency"};
  const std::array<const Text*, 2> halves = {find(texts, keys[0]), find(texts, keys[1])};
  for (std::size_t i = 0; i < 2; ++i) {
    if (halves[i] != nullptr) continue;
    const Text* other = halves[1 - i];
    if (reason != nullptr)
      problems.add(problem(at(*reason, keys[i]), "is missing: " + why));
    else if (other != nullptr)
      problems.add(problem(at(*other, keys[i]), "is missing: " + keys[1 - i] + " is given without it"));
  }
}

}  // namespace

PlatformTexts read_texts(const YamlNode& document, Problems& problems) {
  PlatformTexts texts;
  Mapping mapping(document, problems);
  const auto keep = [&](std::string_view key) { mapping.optional(key, [&](const Text& text) { texts.emplace(key, text); }); };
  keep("name");
  for (const std::string_view key : kKeys) keep(key);
  mapping.finish();
  return texts;
}

void override_text(PlatformTexts& texts, const Text& setting) {
  Text shown = setting;
  shown.key = "platform." + setting.key;
  for (const std::string_view key : kKeys) {
    if (setting.key != key) continue;
    texts[setting.key] = shown;
    return;
  }
  shown.value.clear();
  throw BadInput(problem(shown, "unknown setting", listed(kKeys), suggest(setting.key, kKeys)));
}

Platform understand(const PlatformTexts& texts, const Text& whole, Problems& problems) {
  Platform platform;
  platform.device = "cpu";
  const auto read = [&](std::string_view key, const auto& parse) {
    if (const Text* text = find(texts, key)) problems.collect([&] { parse(*text); });
  };
  const auto word = [&](std::string_view key, std::string& into) {
    read(key, [&](const Text& text) {
      if (text.value.empty()) throw BadInput(problem(text, "is empty"));
      into = text.value;
    });
  };
  word("name", platform.name);
  word("device", platform.device);
  word("calibration", platform.calibration);
  read("nodes", [&](const Text& text) { platform.nodes = static_cast<int>(parse_integer(text, 1, kMostNodes)); });
  read("devices-per-node", [&](const Text& text) { platform.devices_per_node = static_cast<int>(parse_integer(text, 1, kMostDevices)); });
  read("memory-per-node", [&](const Text& text) { platform.memory_per_node = parse_bytes(text); });
  read("device-rate", [&](const Text& text) { platform.device_rate = parse_flop_rate(text); });
  read("device-bandwidth", [&](const Text& text) { platform.device_bandwidth = parse_bandwidth(text); });
  read("link-bandwidth", [&](const Text& text) { platform.inter_node.bandwidth = parse_bandwidth(text); });
  read("link-latency", [&](const Text& text) { platform.inter_node.latency = parse_seconds(text, Zero::allowed); });
  read("intra-node-bandwidth", [&](const Text& text) { platform.intra_node.bandwidth = parse_bandwidth(text); });
  read("intra-node-latency", [&](const Text& text) { platform.intra_node.latency = parse_seconds(text, Zero::allowed); });
  read("compute-jitter", [&](const Text& text) { platform.compute_jitter = parse_fraction(text, 0, kMostJitter); });

  const bool several_nodes = platform.nodes > 1;
  const bool several_devices = several_nodes && platform.devices_per_node > 1;
  check_link(texts, "link", several_nodes ? find(texts, "nodes") : nullptr, "more than one node needs it", problems);
  check_link(texts, "intra-node", several_devices ? find(texts, "devices-per-node") : nullptr, "several nodes of several devices need it",
             problems);
  if (find(texts, "memory-per-node") == nullptr) problems.add(problem(at(whole, "memory-per-node"), "is missing"));
  return platform;
}

}  // namespace forerun
