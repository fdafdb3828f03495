#include <algorithm>
#include <span>
#include <string_view>

#include "io/format.hpp"
#include "io/json.hpp"
#include "platforms/load.hpp"
#include "platforms/storage.hpp"
#include "platforms/stragglers.hpp"
#include "platforms/topology.hpp"

namespace forerun {
namespace {

/// A unit as io/quantity reads it: number * factor / divisor.
struct Unit {
  std::string_view name;
  double factor;
  double divisor = 1;
};

// The greatest that suits first, the basic one last.
constexpr Unit kSizes[] = {{"TiB", kGiB * 1024}, {"GiB", kGiB}, {"MiB", kMiB}, {"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"B", 1}};
constexpr Unit kBits[] = {{"Gbit/s", 1e9 / 8}, {"Mbit/s", 1e6 / 8}, {"B/s", 1}};
constexpr Unit kBytes[] = {{"TB/s", 1e12}, {"GB/s", 1e9}, {"MB/s", 1e6}, {"B/s", 1}};
constexpr Unit kTimes[] = {{"ms", 1, 1e3}, {"us", 1, 1e6}, {"ns", 1, 1e9}, {"s", 1}};
constexpr Unit kRates[] = {{"Pflop/s", 1e15}, {"Tflop/s", 1e12}, {"Gflop/s", 1e9}, {"flop/s", 1}};
constexpr Unit kPrices[] = {{"USD/h", 1}};
constexpr Unit kPowers[] = {{"W", 1}};

/// The value in the greatest unit in which it is short and reads back exactly; in the basic one otherwise.
std::string in_units(double value, std::span<const Unit> units) {
  constexpr std::size_t kShort = 6;
  for (const Unit& unit : units) {
    const double number = value * unit.divisor / unit.factor;
    const std::string text = exact(number);
    if (number >= 1 && text.size() <= kShort && number * unit.factor / unit.divisor == value) return format("{} {}", text, unit.name);
  }
  return format("{} {}", exact(value), units.back().name);
}

/// Lines of a platform's file; what is not given is left out.
class Writer {
 public:
  /// JSON's quotes are YAML's double quotes.
  void word(std::string_view key, const std::string& value) {
    if (!value.empty()) text_ += format("{}: {}", key, json_line(Json(value)));
  }
  template <class Value>
  void plain(std::string_view key, const Value& value) {
    text_ += format("{}: {}\n", key, value);
  }
  void quantity(std::string_view key, double value, std::span<const Unit> units) {
    if (value > 0) text_ += format("{}: {}\n", key, in_units(value, units));
  }
  void share(std::string_view key, double value) {
    if (value < 1) text_ += format("{}: {}\n", key, exact(value));
  }
  void link(std::string_view prefix, const Link& ends, std::span<const Unit> units) {
    if (ends.bandwidth.value() <= 0) return;
    text_ += format("{}-bandwidth: {}\n{}-latency: {}\n", prefix, in_units(ends.bandwidth.value(), units), prefix,
                    in_units(ends.latency.value(), kTimes));
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void write_topology(Writer& out, const Topology& topology) {
  if (topology.network_nodes > 0) {
    if (!topology.routes) out.plain("network-nodes", topology.network_nodes);
    out.plain("first-node", topology.first_node);
    out.plain("node-stride", topology.node_stride);
  }
  if (topology.kind == Topology::Kind::star) return;
  out.plain("topology", to_string(topology.kind));
  if (topology.routes) return out.word("network-file", topology.routes->file);
  out.plain(to_string(topology.kind), shape_text(topology));
  if (const std::string oversubscribed = oversubscription_text(topology); !oversubscribed.empty())
    out.plain("oversubscription", oversubscribed);
  out.quantity("local-bandwidth", topology.local.value(), kBits);
  out.quantity("global-bandwidth", topology.global.value(), kBits);
}

void write_network(Writer& out, const Platform& platform) {
  if (platform.topology.routes)
    out.quantity("link-latency", platform.inter_node.latency.value(), kTimes);
  else
    out.link("link", platform.inter_node, kBits);
  out.quantity("ingress-bandwidth", platform.ingress.value(), kBits);
  write_topology(out, platform.topology);
  out.share("link-share", platform.inter_node_share);
  if (platform.nics > 1) out.plain("nics", platform.nics);
  if (platform.ring_nics > 0) out.plain("ring-nics", platform.ring_nics);
  out.link("intra-node", platform.intra_node, kBytes);
  out.share("intra-node-share", platform.intra_node_share);
  out.quantity("host-link-bandwidth", platform.host_link.value(), kBytes);
  if (platform.fabric != NodeFabric::pcie) out.plain("fabric", to_string(platform.fabric));
  if (platform.library != CollectiveLibrary::none) out.plain("collective-library", to_string(platform.library));
  out.quantity("collective-overhead", platform.collective_overhead.value(), kTimes);
}

/// What is said of one direction beside the storage's name and size.
void write_figures(Writer& out, std::string_view use, const Storage::Access& access, const Storage::Access& known) {
  if (access.bandwidth != known.bandwidth) out.quantity(storage_key(use, "bandwidth"), access.bandwidth.value(), kBytes);
  if (access.requests_per_s != known.requests_per_s) out.plain(storage_key(use, "iops"), exact(access.requests_per_s));
  if (access.a_connection != known.a_connection)
    out.quantity(storage_key(use, "connection-bandwidth"), access.a_connection.value(), kBytes);
  if (access.latency != known.latency) out.plain(storage_key(use, "latency"), in_units(access.latency.value(), kTimes));
}

void write_storages(Writer& out, const Platform& platform) {
  const bool apart = platform.checkpoints && (!platform.data || platform.checkpoints->name != platform.data->name);
  Bytes size;
  for (const auto* storage : {&platform.data, &platform.checkpoints})
    if (*storage) size = std::max(size, (*storage)->size);
  const auto known = [](const Storage& storage) { return known_storage(storage.name, storage.size).value_or(Storage{}); };
  if (platform.data) {
    out.word("data-storage", platform.data->name);
    write_figures(out, "data", platform.data->read, known(*platform.data).read);
  }
  if (apart) out.word("checkpoint-storage", platform.checkpoints->name);
  if (platform.checkpoints) write_figures(out, "checkpoint", platform.checkpoints->write, known(*platform.checkpoints).write);
  out.quantity("disk-size", size.value(), kSizes);
}

void write_price(Writer& out, const Price& price) {
  out.quantity("price", price.on_demand.value(), kPrices);
  if (price.spot) out.quantity("spot-price", price.spot->value(), kPrices);
  out.word("region", price.region);
  out.word("price-date", price.date);
  out.word("price-source", price.source);
}

}  // namespace

std::string platform_yaml(const Platform& platform) {
  Writer out;
  out.word("name", platform.name);
  out.plain("nodes", platform.nodes);
  out.plain("devices-per-node", platform.devices_per_node);
  out.word("device", platform.device);
  out.word("processor", platform.processor);
  if (platform.cores > 0) out.plain("cores", platform.cores);
  out.quantity("memory-per-node", platform.memory_per_node.value(), kSizes);
  out.quantity("device-memory", platform.device_memory.value(), kSizes);
  out.quantity("device-rate", platform.device_rate.value(), kRates);
  out.quantity("device-bandwidth", platform.device_bandwidth.value(), kBytes);
  if (platform.compute_capability > 0) out.plain("compute-capability", exact(platform.compute_capability / 10.0));
  write_network(out, platform);
  if (platform.loader_rate > 0) out.plain("loader-rate", exact(platform.loader_rate));
  write_storages(out, platform);
  if (platform.compute_jitter > 0) out.plain("compute-jitter", exact(platform.compute_jitter));
  if (platform.device_spread > 0) out.plain("device-spread", exact(platform.device_spread));
  out.word("slow-devices", slow_devices_text(platform.slow_devices));
  out.word("slow-links", slow_links_text(platform.slow_links));
  out.word("calibration", platform.calibration);
  if (platform.price) write_price(out, *platform.price);
  if (platform.node_power) out.quantity("node-power", platform.node_power->value(), kPowers);
  if (platform.startup) out.plain("startup", exact(platform.startup->value()) + " s");
  out.word("source", platform.source);
  return out.text();
}

}  // namespace forerun
