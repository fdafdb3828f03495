#include "costs/spreads.hpp"

#include <string_view>

#include "costs/data.hpp"
#include "io/quantity.hpp"
#include "io/yaml.hpp"

namespace forerun {
namespace {

constexpr double kMostSpread = 3;

std::string_view file_text() {
  for (const auto& file : costs_data())
    if (file.name == "spreads.yaml") return file.text;
  return {};
}

Spreads read_spreads() {
  Spreads spreads;
  Problems problems;
  const YamlNode document = read_yaml_text(file_text(), "costs/spreads.yaml");
  Mapping mapping(document, problems);
  const auto entry = [&](std::string_view key, double& into) {
    mapping.required(key, [&](const YamlNode& node) {
      Mapping each(node, problems);
      each.required("spread", [&](const Text& text) { into = parse_number(text, 0, kMostSpread); });
      each.required("source", [](const Text&) {});
      each.finish();
    });
  };
  entry("device", spreads.device);
  entry("software", spreads.software);
  entry("scaled-machine", spreads.scaling);
  entry("intra-node-bandwidth", spreads.intra_bandwidth);
  entry("inter-node-bandwidth", spreads.inter_bandwidth);
  entry("messages", spreads.messages);
  entry("protocols", spreads.protocols);
  entry("published-model", spreads.published_model);
  entry("measured-model", spreads.measured_model);
  mapping.finish();
  problems.throw_if_any();
  return spreads;
}

}  // namespace

const Spreads& shipped_spreads() {
  static const Spreads spreads = read_spreads();
  return spreads;
}

}  // namespace forerun
