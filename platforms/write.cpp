#include "io/format.hpp"
#include "io/json.hpp"
#include "platforms/load.hpp"

namespace forerun {
namespace {

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
  void quantity(std::string_view key, double value, std::string_view unit) {
    if (value > 0) text_ += format("{}: {} {}\n", key, exact(value), unit);
  }
  void share(std::string_view key, double value) {
    if (value < 1) text_ += format("{}: {}\n", key, exact(value));
  }
  void link(std::string_view prefix, const Link& ends) {
    if (ends.bandwidth.value() <= 0) return;
    text_ += format("{}-bandwidth: {} B/s\n{}-latency: {} s\n", prefix, exact(ends.bandwidth.value()), prefix, exact(ends.latency.value()));
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void write_network(Writer& out, const Platform& platform) {
  out.link("link", platform.inter_node);
  out.share("link-share", platform.inter_node_share);
  if (platform.nics > 1) out.plain("nics", platform.nics);
  if (platform.ring_nics > 0) out.plain("ring-nics", platform.ring_nics);
  out.link("intra-node", platform.intra_node);
  out.share("intra-node-share", platform.intra_node_share);
  if (platform.fabric != NodeFabric::pcie) out.plain("fabric", to_string(platform.fabric));
  if (platform.library != CollectiveLibrary::none) out.plain("collective-library", to_string(platform.library));
  out.quantity("collective-overhead", platform.collective_overhead.value(), "s");
}

void write_price(Writer& out, const Price& price) {
  out.quantity("price", price.on_demand.value(), "USD/h");
  if (price.spot) out.quantity("spot-price", price.spot->value(), "USD/h");
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
  out.quantity("memory-per-node", platform.memory_per_node.value(), "B");
  out.quantity("device-memory", platform.device_memory.value(), "B");
  out.quantity("device-rate", platform.device_rate.value(), "flop/s");
  out.quantity("device-bandwidth", platform.device_bandwidth.value(), "B/s");
  if (platform.compute_capability > 0) out.plain("compute-capability", exact(platform.compute_capability / 10.0));
  write_network(out, platform);
  if (platform.compute_jitter > 0) out.plain("compute-jitter", exact(platform.compute_jitter));
  out.word("calibration", platform.calibration);
  if (platform.price) write_price(out, *platform.price);
  out.word("source", platform.source);
  return out.text();
}

}  // namespace forerun
