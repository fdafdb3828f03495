#include "costs/nccl.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "costs/data.hpp"
#include "io/quantity.hpp"
#include "io/yaml.hpp"

namespace forerun {

namespace {

constexpr double kMicrosecond_s = 1e-6;
constexpr double kGigabyte = 1e9;
constexpr double kMost = 1e6;
constexpr double kPlateauBytes = 64;  // of a channel and rank
constexpr int kFirstWithLowLatency128 = 70;
constexpr double kCorrectedFrom = 64;  // bytes

std::string_view file_text() {
  for (const auto& file : costs_data())
    if (file.name == "nccl.yaml") return file.text;
  return {};
}

template <std::size_t N>
void read_numbers(const YamlNode& node, std::array<double, N>& into, double unit) {
  const auto& list = items(node);
  if (list.size() != N) throw BadInput(problem(node.text, "holds another number of figures"));
  for (std::size_t i = 0; i < N; ++i) into[i] = unit * parse_number(scalar(list[i]), 0, kMost);
}

// The file's order, LL, LL128, Simple, into that of Protocol.
NcclTuning::ByProtocol read_protocols(const YamlNode& node, double unit) {
  NcclTuning::ByProtocol listed{};
  read_numbers(node, listed, unit);
  NcclTuning::ByProtocol ordered{};
  ordered[static_cast<int>(Protocol::low_latency)] = listed[0];
  ordered[static_cast<int>(Protocol::low_latency_128)] = listed[1];
  ordered[static_cast<int>(Protocol::simple)] = listed[2];
  return ordered;
}

NcclTuning::Hops read_hops(const YamlNode& node, Problems& problems) {
  NcclTuning::Hops hops;
  Mapping mapping(node, problems);
  mapping.required("tree", [&](const YamlNode& figures) { hops.tree_s = read_protocols(figures, kMicrosecond_s); });
  mapping.required("ring", [&](const YamlNode& figures) { hops.ring_s = read_protocols(figures, kMicrosecond_s); });
  mapping.finish();
  return hops;
}

NcclTuning::Generation read_generation(const YamlNode& node, Problems& problems) {
  NcclTuning::Generation generation;
  Mapping mapping(node, problems);
  const auto rates = [&](std::string_view key, NcclTuning::ByNodes& into) {
    mapping.required(key, [&](const YamlNode& figures) { read_numbers(figures, into, kGigabyte); });
  };
  mapping.required("capability", [&](const Text& text) { generation.capability = static_cast<int>(parse_integer(text, 0, 1000)); });
  rates("channel", generation.channel);
  rates("low-latency", generation.low_latency);
  rates("ring-128", generation.ring_128);
  rates("tree-128", generation.tree_128);
  rates("tree", generation.tree);
  mapping.required("plateau", [&](const Text& text) { generation.plateau = parse_number(text, 1, 10); });
  mapping.required("overhead", [&](const Text& text) { generation.overhead_s = kMicrosecond_s * parse_number(text, 0, kMost); });
  mapping.optional("switch", [&](const Text& text) { generation.switch_rate = kGigabyte * parse_number(text, 0, kMost); });
  mapping.finish();
  return generation;
}

NcclTuning read_tuning() {
  NcclTuning tuning;
  Problems problems;
  const YamlNode document = read_yaml_text(file_text(), "costs/nccl.yaml");
  Mapping mapping(document, problems);
  for (const std::string_view key : {"library", "date", "source"}) mapping.required(key, [](const Text&) {});
  mapping.required("version", [&](const Text& text) { tuning.version = text.value; });
  mapping.required("base-latency", [&](const YamlNode& node) { tuning.base = read_hops(node, problems); });
  mapping.required("hop-latency", [&](const YamlNode& node) {
    Mapping hops(node, problems);
    hops.required("nvlink", [&](const YamlNode& link) { tuning.nvlink = read_hops(link, problems); });
    hops.required("pcie", [&](const YamlNode& link) { tuning.pcie = read_hops(link, problems); });
    hops.required("network", [&](const YamlNode& link) { tuning.network = read_hops(link, problems); });
    hops.finish();
  });
  mapping.required("switch-latency", [&](const Text& text) { tuning.switch_s = kMicrosecond_s * parse_number(text, 0, kMost); });
  mapping.required("ring-share", [&](const YamlNode& node) { tuning.ring_share = read_protocols(node, 1); });
  mapping.required("tree-share", [&](const Text& text) { tuning.tree_share = parse_number(text, 0, 1); });
  mapping.required("tree-low-latency-share", [&](const Text& text) { tuning.tree_low_latency_share = parse_number(text, 0, 1); });
  mapping.required("tree-128-share", [&](const YamlNode& node) { read_numbers(node, tuning.tree_128_share, 1); });
  mapping.required("tree-correction", [&](const YamlNode& node) {
    Mapping correction(node, problems);
    const auto of = [&](std::string_view key, Protocol protocol) {
      correction.required(key, [&](const YamlNode& list) { read_numbers(list, tuning.tree_correction[static_cast<int>(protocol)], 1); });
    };
    of("low-latency", Protocol::low_latency);
    of("low-latency-128", Protocol::low_latency_128);
    of("simple", Protocol::simple);
    correction.finish();
  });
  mapping.required("generations", [&](const YamlNode& node) {
    for (const YamlNode& generation : items(node)) tuning.generations.push_back(read_generation(generation, problems));
  });
  mapping.finish();
  problems.throw_if_any();
  return tuning;
}

struct Situation {
  const NcclTuning& tuning;
  const NcclTuning::Generation& generation;
  int by_nodes;  ///< place in ByNodes
  int protocol;
  double bus;
  double channels;
  double speed;  ///< over the protocols' constants
};

/// Of the bus: what grows with its bandwidth.
double ring_rate(const Situation& at, Protocol protocol) {
  const double shared = at.tuning.ring_share[at.protocol] * at.bus;
  return protocol == Protocol::low_latency_128 ? std::min(at.channels * at.generation.ring_128[at.by_nodes], shared) : shared;
}

double tree_rate(const Situation& at, Protocol protocol) {
  const double rate = std::min(at.tuning.tree_share * at.bus, at.channels * at.generation.tree[at.by_nodes]);
  if (protocol == Protocol::low_latency) return at.tuning.tree_low_latency_share * rate;
  if (protocol == Protocol::low_latency_128)
    return std::min(at.tuning.tree_128_share[at.by_nodes == 0 ? 0 : 1] * rate, at.channels * at.generation.tree_128[at.by_nodes]);
  return rate;
}

double tree_correction(const Situation& at, Bytes bytes) {
  const auto& correction = at.tuning.tree_correction[at.protocol];
  const int size = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(bytes.value() / kCorrectedFrom))) - 1;
  return size >= 0 && size < static_cast<int>(correction.size()) ? correction[size] : 1;
}

}  // namespace

const NcclTuning::Generation& NcclTuning::generation(int compute_capability) const {
  std::size_t last = 0;
  while (last + 1 < generations.size() && generations[last + 1].capability <= compute_capability) ++last;
  return generations[last];
}

const NcclTuning& nccl_tuning() {
  static const NcclTuning tuning = read_tuning();
  return tuning;
}

NcclPrice nccl_price(const Collective& collective, const TransferChoice& choice, const Placement& placement, const Platform& platform,
                     const NcclUse& use) {
  const NcclTuning& tuning = nccl_tuning();
  const NcclTuning::Generation& generation = tuning.generation(platform.compute_capability);
  const int by_nodes = std::min(placement.nodes, 3) - 1;
  const int p = static_cast<int>(choice.protocol);
  const bool tree = choice.algorithm == CollectiveAlgorithm::double_binary_tree;
  const bool ring = choice.algorithm == CollectiveAlgorithm::ring;
  const bool all_reduce = collective.operation == Collective::Operation::all_reduce;
  const bool nvlink = platform.fabric != NodeFabric::pcie;
  const double bus = use.bus.value();
  const Situation at{tuning, generation, by_nodes, p, bus, bus / generation.channel[by_nodes], platform.library_speed.protocols};
  NcclPrice price;
  if (choice.algorithm == CollectiveAlgorithm::switch_reduction) {
    const double data = at.speed * generation.switch_rate * 5 / 6;
    price.offered = choice.protocol == Protocol::simple && data > 0;
    price.latency = Seconds(tuning.switch_s / platform.library_speed.messages);
    if (data > 0) price.expansion = std::max(1.0, bus / (data * (1.0 + 1.0 / placement.ranks)));
    return price;
  }
  if (choice.protocol == Protocol::low_latency_128)
    price.offered = (nvlink || placement.per_node == 1) && platform.compute_capability >= kFirstWithLowLatency128;
  if (!tree && !ring) price.offered = price.offered && choice.protocol == Protocol::simple;
  const NcclTuning::Hops& inside = nvlink ? tuning.nvlink : tuning.pcie;
  const bool alone = placement.per_node == 1;
  double inside_s = tree ? inside.tree_s[p] : inside.ring_s[p];
  const double between_s = tree || alone ? tuning.network.tree_s[p] : tuning.network.ring_s[p];
  if (!tree && placement.nodes > 1) inside_s = std::max(inside_s, generation.overhead_s * (choice.protocol == Protocol::simple ? 3 : 1));
  double latency_s = (tree ? tuning.base.tree_s[p] : tuning.base.ring_s[p]) + use.inside_hops * inside_s + use.between_hops * between_s;
  const bool plateau = ring && all_reduce && choice.protocol == Protocol::simple && placement.nodes > 1 &&
                       collective.bytes.value() / (std::max(1.0, at.channels) * placement.ranks) >= kPlateauBytes;
  if (plateau) latency_s *= generation.plateau;
  price.latency = Seconds(latency_s / platform.library_speed.messages);
  price.expansion = bus / (tree ? tree_rate(at, choice.protocol) : ring_rate(at, choice.protocol));
  if (choice.protocol == Protocol::low_latency)
    price.expansion = std::max(price.expansion, use.reached.value() / (at.speed * generation.low_latency[by_nodes]));
  if (tree) price.expansion /= tree_correction(at, collective.bytes);
  return price;
}

}  // namespace forerun
