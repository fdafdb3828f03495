#include "platforms/description.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "platforms/processors.hpp"
#include "platforms/storage.hpp"
#include "platforms/stragglers.hpp"
#include "platforms/topology.hpp"

namespace forerun {
namespace {

constexpr std::int64_t kMostNodes = 1 << 20;
constexpr std::int64_t kMostDevices = 1 << 12;
constexpr std::int64_t kMostInAll = 1 << 30;  // of devices: they are counted in an int
constexpr std::int64_t kMostCards = 1 << 12;
constexpr std::int64_t kMostCores = 1 << 16;
constexpr double kMostJitter = 1;
constexpr double kMostSpread = 1;
constexpr double kLeastShare = 1e-3;
constexpr double kLeastLoaderRate = 1e-6;
constexpr double kMostLoaderRate = 1e12;
constexpr double kMostCapability = 99;

constexpr std::string_view kLink = "link-bandwidth";
constexpr std::string_view kCards = "nic-bandwidth";  // the same, as the sum over a node's cards

constexpr std::array<std::string_view, 5> kPriceKeys = {"price", "spot-price", "region", "price-date", "price-source"};

const Text* find(const PlatformTexts& texts, std::string_view key) {
  const auto found = texts.find(key);
  return found == texts.end() ? nullptr : &found->second;
}

/// The two halves of a link come together, and several nodes or devices cannot do without.
void check_link(const PlatformTexts& texts, const std::string& prefix, const Text* reason, const std::string& why, Problems& problems) {
  const std::array keys = {prefix + "-bandwidth", prefix + "-latency"};
  const std::array<const Text*, 2> halves = {find(texts, keys[0]), find(texts, keys[1])};
  for (std::size_t i = 0; i < 2; ++i) {
    if (halves[i] != nullptr) continue;
    const Text* other = halves[1 - i];
    if (reason != nullptr)
      problems.add(problem(missing_beside(*reason, keys[i]), "is missing: " + why));
    else if (other != nullptr)
      problems.add(problem(missing_beside(*other, keys[i]), "is missing: " + keys[1 - i] + " is given without it"));
  }
}

template <class Value, std::size_t N>
Value choose(const Text& text, const std::array<Value, N>& values) {
  std::array<std::string_view, N> names;
  for (std::size_t i = 0; i < N; ++i) {
    names[i] = to_string(values[i]);
    if (names[i] == text.value) return values[i];
  }
  throw BadInput(problem(text, "unknown value", listed(names), suggest(text.value, names)));
}

std::string word(const Text& text) {
  if (text.value.empty()) throw BadInput(problem(text, "is empty"));
  return text.value;
}

int whole_number(const Text& text, std::int64_t most) { return static_cast<int>(parse_integer(text, 1, most)); }

/// Reads the texts one by one and collects what is wrong with each.
class Reader {
 public:
  Reader(const PlatformTexts& texts, Problems& problems) : texts_(texts), problems_(problems) {}

  template <class Value, class Parse>
  void operator()(std::string_view key, Value& into, Parse parse) {
    if (const Text* text = find(texts_, key)) problems_.collect([&] { into = parse(*text); });
  }

 private:
  const PlatformTexts& texts_;
  Problems& problems_;
};

void read_node(Reader& read, Platform& platform) {
  read("name", platform.name, word);
  read("device", platform.device, word);
  read("calibration", platform.calibration, word);
  read("source", platform.source, word);
  read("nodes", platform.nodes, [](const Text& text) { return whole_number(text, kMostNodes); });
  read("devices-per-node", platform.devices_per_node, [](const Text& text) { return whole_number(text, kMostDevices); });
  read("memory-per-node", platform.memory_per_node, [](const Text& text) { return parse_bytes(text); });
  read("device-memory", platform.device_memory, [](const Text& text) { return parse_bytes(text); });
  read("device-rate", platform.device_rate, parse_flop_rate);
  read("device-bandwidth", platform.device_bandwidth, parse_bandwidth);
  read("node-power", platform.node_power, parse_power);
  read("startup", platform.startup, [](const Text& text) { return parse_seconds(text, Zero::allowed); });
  read("compute-capability", platform.compute_capability,
       [](const Text& text) { return static_cast<int>(std::lround(10 * parse_number(text, 1, kMostCapability))); });
  read("compute-jitter", platform.compute_jitter, [](const Text& text) { return parse_fraction(text, 0, kMostJitter); });
  read("device-spread", platform.device_spread, [](const Text& text) { return parse_fraction(text, 0, kMostSpread); });
}

/// Both are known, or neither; of a node whose devices are cores one by one they say nothing.
void read_processor(Reader& read, const PlatformTexts& texts, Platform& platform, Problems& problems) {
  read("processor", platform.processor, [](const Text& text) {
    if (!find_processor(text.value))
      throw BadInput(problem(text, "unknown processor", listed(known_processors()), suggest(text.value, known_processors())));
    return text.value;
  });
  read("cores", platform.cores, [](const Text& text) { return whole_number(text, kMostCores); });
  const Text* processor = find(texts, "processor");
  const Text* cores = find(texts, "cores");
  if (processor != nullptr && cores == nullptr)
    problems.add(problem(missing_beside(*processor, "cores"), "is missing: processor is given without it"));
  if (cores != nullptr && processor == nullptr)
    problems.add(problem(missing_beside(*cores, "processor"), "is missing: cores is given without it"));
  if (processor != nullptr && platform.devices_per_node > 1)
    problems.add(problem(*processor, "is of a node that is one device, and devices-per-node are more", "devices-per-node 1"));
}

void read_links(Reader& read, Platform& platform) {
  const auto latency = [](const Text& text) { return parse_seconds(text, Zero::allowed); };
  const auto share = [](const Text& text) { return parse_fraction(text, kLeastShare, 1); };
  const auto cards = [](const Text& text) { return whole_number(text, kMostCards); };
  read(kLink, platform.inter_node.bandwidth, parse_bandwidth);
  read("ingress-bandwidth", platform.ingress, parse_bandwidth);
  read("link-latency", platform.inter_node.latency, latency);
  read("link-share", platform.inter_node_share, share);
  read("nics", platform.nics, cards);
  read("ring-nics", platform.ring_nics, cards);
  read("intra-node-bandwidth", platform.intra_node.bandwidth, parse_bandwidth);
  read("intra-node-latency", platform.intra_node.latency, latency);
  read("intra-node-share", platform.intra_node_share, share);
  read("host-link-bandwidth", platform.host_link, parse_bandwidth);
  read("fabric", platform.fabric, [](const Text& text) {
    return choose(text, std::array{NodeFabric::pcie, NodeFabric::nvlink, NodeFabric::nvlink_reducing});
  });
  read("collective-library", platform.library, [](const Text& text) {
    return choose(text, std::array{CollectiveLibrary::none, CollectiveLibrary::nccl, CollectiveLibrary::gloo, CollectiveLibrary::mpi});
  });
  read("collective-overhead", platform.collective_overhead, latency);
  read("loader-rate", platform.loader_rate, [](const Text& text) { return parse_number(text, kLeastLoaderRate, kMostLoaderRate); });
}

void read_price(Reader& read, const PlatformTexts& texts, Platform& platform, Problems& problems) {
  if (find(texts, "price") == nullptr) {
    for (const std::string_view key : {"spot-price", "price-date", "price-source"})
      if (const Text* text = find(texts, key))
        problems.add(problem(missing_beside(*text, "price"), "is missing: " + std::string(key) + " is given without it"));
    return;
  }
  Price price;
  read("price", price.on_demand, parse_price_per_hour);
  read("spot-price", price.spot, parse_price_per_hour);
  read("region", price.region, word);
  read("price-date", price.date, word);
  read("price-source", price.source, word);
  platform.price = price;
}

}  // namespace

PlatformTexts read_texts(const YamlNode& document, Problems& problems) {
  PlatformTexts texts;
  Mapping mapping(document, problems);
  const auto keep = [&](std::string_view key) { mapping.optional(key, [&](const Text& text) { texts.emplace(key, text); }); };
  keep("name");
  for (const std::string_view key : platform_keys()) keep(key);
  mapping.finish();
  if (const auto cards = texts.find(kCards); cards != texts.end()) {
    if (texts.contains(kLink)) problems.add(problem(cards->second, "is the same as " + std::string(kLink) + ", which is given too"));
    texts[std::string(kLink)] = cards->second;
    texts.erase(cards);
  }
  return texts;
}

Text missing_beside(const Text& place, std::string_view key) {
  Text where = place;
  where.value.clear();
  where.key = place.key.substr(0, place.key.rfind('.') + 1) + std::string(key);
  return where;
}

void override_texts(PlatformTexts& texts, std::span<const Text> settings, Problems& problems) {
  if (std::ranges::any_of(settings, [](const Text& setting) { return setting.key == "price" || setting.key == "region"; }))
    for (const std::string_view key : kPriceKeys)
      if (const auto stale = texts.find(key); stale != texts.end()) texts.erase(stale);
  for (const Text& setting : settings) {
    if (setting.key == "topology") keep_topology(texts, setting.value);
    std::erase_if(texts, [&](const auto& text) { return is_figure_of(text.first, setting.key); });
    if (setting.key == "network-file") texts.erase(std::string(kLink)), texts.erase("link-latency"), texts.erase("ingress-bandwidth");
  }
  for (const Text& setting : settings) {
    Text shown = setting;
    shown.key = "platform." + setting.key;
    if (std::ranges::find(platform_keys(), setting.key) != platform_keys().end()) {
      texts[setting.key == kCards ? std::string(kLink) : setting.key] = shown;
    } else {
      shown.value.clear();
      problems.add(problem(shown, "unknown setting", listed(platform_keys()), suggest(setting.key, platform_keys())));
    }
  }
}

Platform understand(const PlatformTexts& texts, const Text& whole, Problems& problems) {
  Platform platform;
  platform.device = "cpu";
  Reader read(texts, problems);
  read_node(read, platform);
  read_processor(read, texts, platform, problems);
  read_links(read, platform);
  const std::int64_t devices = std::int64_t{platform.nodes} * platform.devices_per_node;
  read("slow-devices", platform.slow_devices, [devices](const Text& text) { return parse_slow_devices(text, devices); });
  read("slow-links", platform.slow_links, [&](const Text& text) { return parse_slow_links(text, platform.nodes); });
  platform.topology = read_topology(texts, platform.nodes, problems);
  if (platform.topology.kind == Topology::Kind::routes && !platform.slow_links.empty())
    problems.add(problem(*find(texts, "slow-links"), "says nothing of a network-file, whose links belong to no node"));
  if (platform.topology.kind == Topology::Kind::routes && platform.ingress > BytesPerSecond(0))
    problems.add(problem(*find(texts, "ingress-bandwidth"), "says nothing of a network-file, whose links belong to no node"));
  read_storages(texts, platform, problems);
  read_price(read, texts, platform, problems);

  const bool several_nodes = platform.nodes > 1;
  const bool several_devices = several_nodes && platform.devices_per_node > 1;
  check_link(texts, "link", several_nodes ? find(texts, "nodes") : nullptr, "more than one node needs it", problems);
  check_link(texts, "intra-node", several_devices ? find(texts, "devices-per-node") : nullptr, "several nodes of several devices need it",
             problems);
  const Text* ingress = find(texts, "ingress-bandwidth");
  if (ingress != nullptr && find(texts, kLink) == nullptr && platform.topology.kind != Topology::Kind::routes)
    problems.add(problem(missing_beside(*ingress, kLink), "is missing: ingress-bandwidth is given without it"));
  if (platform.ingress > BytesPerSecond(0) && platform.ingress < platform.inter_node.bandwidth)
    problems.add(problem(*ingress, "is less than a node sends", "link-bandwidth or more"));
  if (devices > kMostInAll)
    problems.add(problem(*find(texts, "nodes"), "makes " + std::to_string(devices) + " devices with devices-per-node",
                         "at most " + std::to_string(kMostInAll)));
  if (platform.ring_nics > platform.nics)
    problems.add(problem(*find(texts, "ring-nics"), "is more than the node has", "1 to nics, " + std::to_string(platform.nics)));
  if (find(texts, "memory-per-node") == nullptr && find(texts, "device-memory") == nullptr)
    problems.add(problem(missing_beside(whole, "memory-per-node"), "is missing"));
  return platform;
}

}  // namespace forerun
