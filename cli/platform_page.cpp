#include "cli/platform_page.hpp"

#include <sstream>

#include "io/format.hpp"
#include "platforms/catalogue.hpp"
#include "platforms/load.hpp"
#include "platforms/processors.hpp"
#include "platforms/storage.hpp"
#include "platforms/stragglers.hpp"

namespace forerun {
namespace {

template <class T>
Json or_null(T quantity) {
  return quantity > T(0) ? Json(quantity.value()) : Json(nullptr);
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json link_json(const Link& link) {
  if (link.bandwidth == BytesPerSecond(0)) return nullptr;
  return {{"bandwidth_bytes_per_s", link.bandwidth.value()}, {"latency_s", link.latency.value()}};
}

Json topology_json(const Topology& topology) {
  Json json = {{"kind", to_string(topology.kind)}};
  for (int level = 0; level < topology.levels(); ++level) {
    json["shape"].push_back(topology.shape[level]);
    if (topology.kind == Topology::Kind::fat_tree) json["oversubscription"].push_back(topology.oversubscription[level]);
  }
  if (topology.local > BytesPerSecond(0)) json["local_bandwidth_bytes_per_s"] = topology.local.value();
  if (topology.global > BytesPerSecond(0)) json["global_bandwidth_bytes_per_s"] = topology.global.value();
  if (topology.network_nodes > 0) {
    json["network_nodes"] = topology.network_nodes;
    json["first_node"] = topology.first_node;
    json["node_stride"] = topology.node_stride;
  }
  return json;
}

Json storage_json(const std::optional<Storage>& storage) {
  if (!storage) return nullptr;
  const auto access = [](const Storage::Access& way) -> Json {
    return {{"bandwidth_bytes_per_s", or_null(way.bandwidth)},
            {"requests_per_s", way.requests_per_s > 0 ? Json(way.requests_per_s) : Json(nullptr)},
            {"connection_bandwidth_bytes_per_s", or_null(way.a_connection)},
            {"latency_s", way.latency.value()}};
  };
  return {{"name", storage->name},
          {"kind", to_string(storage->kind)},
          {"size_bytes", or_null(storage->size)},
          {"read", access(storage->read)},
          {"write", access(storage->write)},
          {"one_budget", storage->one_budget},
          {"request_bytes", or_null(storage->request)},
          {"source", or_null(storage_source(storage->name))}};
}

Json price_json(const Price& price) {
  return {{"region", or_null(price.region)},
          {"usd_per_node_hour", price.on_demand.value()},
          {"spot_usd_per_node_hour", price.spot ? Json(price.spot->value()) : Json(nullptr)},
          {"date", or_null(price.date)},
          {"source", or_null(price.source)}};
}

std::string processor_source(const std::string& name) {
  const auto processor = find_processor(name);
  return processor ? processor->source : std::string();
}

Json document_of(const Platform& platform) {
  return {{"schema_version", 1},
          {"name", platform.name},
          {"device", platform.device},
          {"calibration", or_null(platform.calibration)},
          {"nodes", platform.nodes},
          {"devices_per_node", platform.devices_per_node},
          {"devices", platform.devices()},
          {"memory_per_node_bytes", or_null(platform.memory_per_node)},
          {"link", link_json(platform.inter_node)},
          {"intra_node_link", link_json(platform.intra_node)},
          {"device_rate_flop_per_s", or_null(platform.device_rate)},
          {"device_bandwidth_bytes_per_s", or_null(platform.device_bandwidth)},
          {"compute_jitter", platform.compute_jitter},
          {"memory_per_device_bytes", or_null(platform.memory_of_device())},
          {"compute_capability", platform.compute_capability > 0 ? Json(platform.compute_capability / 10.0) : Json(nullptr)},
          {"nics", platform.nics},
          {"ring_nics", platform.ring_nics > 0 ? platform.ring_nics : platform.nics},
          {"ingress_bandwidth_bytes_per_s", or_null(platform.ingress)},
          {"link_share", platform.inter_node_share},
          {"intra_node_share", platform.intra_node_share},
          {"fabric", to_string(platform.fabric)},
          {"collective_library", to_string(platform.library)},
          {"collective_overhead_s", platform.collective_overhead.value()},
          {"loader_rate_samples_per_s", platform.loader_rate > 0 ? Json(platform.loader_rate) : Json(nullptr)},
          {"price", platform.price ? price_json(*platform.price) : Json(nullptr)},
          {"host_link_bandwidth_bytes_per_s", or_null(platform.host_link)},
          {"node_power_w", to_json_value(platform.node_power)},
          {"startup_s", to_json_value(platform.startup)},
          {"topology", topology_json(platform.topology)},
          {"source", or_null(platform.source)},
          {"device_source", or_null(data_sheet_source(platform.device))},
          {"data_storage", storage_json(platform.data)},
          {"checkpoint_storage", storage_json(platform.checkpoints)},
          {"device_spread", platform.device_spread},
          {"slow_devices", or_null(slow_devices_text(platform.slow_devices))},
          {"slow_links", or_null(slow_links_text(platform.slow_links))},
          {"processor", or_null(platform.processor)},
          {"cores", platform.cores > 0 ? Json(platform.cores) : Json(nullptr)},
          {"processor_source", or_null(processor_source(platform.processor))}};
}

/// The lines of a text as comments of YAML.
std::string commented(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out += "# " + line + "\n";
  return out;
}

/// What a storage comes to, and where that is from.
std::string storage_text(const Storage& storage) {
  const auto way = [](const Storage::Access& access) {
    std::string out = access.bandwidth > BytesPerSecond(0) ? human(access.bandwidth) : "as fast as its ways";
    if (access.requests_per_s > 0) out += forerun::format(", {:.6g} requests/s", access.requests_per_s);
    if (access.a_connection > BytesPerSecond(0)) out += ", a connection " + human(access.a_connection);
    return access.latency > Seconds(0) ? out + ", " + human(access.latency) + " to the first byte" : out;
  };
  std::string out =
      forerun::format("# {} ({}): reads {}; writes {}\n", storage.name, to_string(storage.kind), way(storage.read), way(storage.write));
  return out + "#   " + storage_source(storage.name) + "\n";
}

std::string price_table(const std::vector<Price>& known) {
  Table table{.header = {"region", "USD a node-hour", "spot", "date", "source"}, .rows = {}};
  for (const Price& price : known)
    table.rows.push_back({price.region, forerun::format("{:.3f}", price.on_demand.value()),
                          price.spot ? forerun::format("{:.3f}", price.spot->value()) : "", price.date, price.source});
  return text_table(table);
}

}  // namespace

Page platform_page(const Platform& platform) {
  const std::vector<Price> known = known_prices(platform.name);
  Page page;
  page.document = document_of(platform);
  page.rows = one_row(page.document);
  page.document["prices"] = Json::array();
  for (const Price& price : known) page.document["prices"].push_back(price_json(price));
  page.text = platform_yaml(platform);
  if (const std::string source = data_sheet_source(platform.device); !source.empty())
    page.text += "\n# " + platform.device + ": " + source + "\n";
  if (const std::string source = processor_source(platform.processor); !source.empty())
    page.text += "\n# " + platform.processor + ": " + source + "\n";
  for (const auto* storage : {&platform.data, &platform.checkpoints})
    if (*storage && (storage == &platform.data || platform.checkpoints != platform.data)) page.text += "\n" + storage_text(**storage);
  if (!known.empty()) page.text += "\n# Known prices; --set platform.region=... takes another one.\n" + commented(price_table(known));
  return page;
}

}  // namespace forerun
