#include "costs/calibration_rows.hpp"

#include "costs/calibration_models.hpp"
#include "costs/calibration_words.hpp"
#include "costs/communication_benchmark.hpp"
#include "costs/kernel_fit.hpp"

namespace forerun {

using namespace calibration_file;

namespace {

void read_spells(const YamlNode& node, Calibration& calibration, Problems& problems) {
  Mapping mapping(node, problems);
  SlowSpells& spells = calibration.spells;
  mapping.required("share", [&](const Text& text) { spells.share = parse_number(text, 0, 1); });
  mapping.required("factor", [&](const Text& text) { spells.factor = parse_number(text, 1, 1e9); });
  mapping.required("looks", [&](const Text& text) { spells.looks = parse_integer(text, 0, kMost); });
  mapping.optional("usual_s", [&](const Text& text) { spells.usual = parse_time(text); });
  mapping.finish();
}

void read_busy(const YamlNode& node, Calibration& calibration, Problems& problems) {
  BusyFactor busy;
  Mapping mapping(node, problems);
  mapping.required("layer", [&](const Text& text) { busy.kind = parse_layer(text); });
  mapping.required("pass", [&](const Text& text) { busy.pass = parse_pass(text); });
  mapping.required("busy", [&](const Text& text) { busy.busy = static_cast<int>(parse_integer(text, 2, 1 << 20)); });
  mapping.required("factor", [&](const Text& text) { busy.factor = parse_number(text, 0.01, 1000); });
  mapping.required("working_set_bytes",
                   [&](const Text& text) { busy.working_set = Bytes(parse_number(text, 1, static_cast<double>(kMost))); });
  mapping.finish();
  calibration.busy.push_back(busy);
}

void read_collective(const YamlNode& node, Calibration& calibration, Problems& problems) {
  CollectiveSample sample;
  Mapping mapping(node, problems);
  const auto time = [&](std::string_view key, Seconds& to) { mapping.required(key, [&to](const Text& text) { to = parse_time(text); }); };
  mapping.required("operation", [&](const Text& text) { sample.operation = to_string(parse_benchmark(text)); });
  mapping.required("ranks", [&](const Text& text) { sample.ranks = static_cast<int>(parse_integer(text, 2, 1 << 20)); });
  mapping.required("bytes", [&](const Text& text) { sample.bytes = Bytes(parse_number(text, 1, static_cast<double>(kMost))); });
  time("median_s", sample.median);
  time("p10_s", sample.p10);
  time("p90_s", sample.p90);
  mapping.finish();
  calibration.collectives.push_back(sample);
}

void fit_all_reduce(Calibration& calibration) {
  Calibration network;
  network.collectives = calibration.collectives;
  fit(network);
  calibration.all_reduce_models = std::move(network.all_reduce_models);
}

}  // namespace

Origin parse_origin(const Text& text) { return parse_name<Origin>(text, kOrigins, "origin"); }

void write_rows(Json& document, const Calibration& calibration) {
  write_models(document, calibration);
  const SlowSpells& spells = calibration.spells;
  document["slow_spells"] = {{"share", spells.share}, {"factor", spells.factor}, {"looks", spells.looks}};
  if (spells.usual > Seconds(0)) document["slow_spells"]["usual_s"] = spells.usual.value();
  if (calibration.cache_life) document["cache_life_s"] = calibration.cache_life->value();
  document["busy"] = Json::array();
  for (const BusyFactor& busy : calibration.busy)
    document["busy"].push_back({{"layer", to_string(busy.kind)},
                                {"pass", to_string(busy.pass)},
                                {"busy", busy.busy},
                                {"working_set_bytes", busy.working_set.value()},
                                {"factor", busy.factor}});
  document["collectives"] = Json::array();
  for (const CollectiveSample& sample : calibration.collectives)
    document["collectives"].push_back({{"operation", sample.operation},
                                       {"ranks", sample.ranks},
                                       {"bytes", sample.bytes.value()},
                                       {"median_s", sample.median.value()},
                                       {"p10_s", sample.p10.value()},
                                       {"p90_s", sample.p90.value()}});
}

void read_rows(Mapping& mapping, Calibration& calibration) {
  Problems problems;
  const auto each = [&](std::string_view key, auto read) {
    mapping.required(key, [&](const YamlNode& list) {
      for (const YamlNode& node : items(list)) read(node, calibration, problems);
    });
  };
  mapping.required("slow_spells", [&](const YamlNode& node) { read_spells(node, calibration, problems); });
  mapping.optional("cache_life_s", [&](const Text& text) { calibration.cache_life = parse_time(text); });
  read_models(mapping, calibration, problems);
  each("busy", read_busy);
  each("collectives", read_collective);
  problems.throw_if_any();
  fit_all_reduce(calibration);
}

std::string compact_rows(const Json& document) {
  std::string out = "{\n";
  bool first = true;
  for (const auto& [key, value] : document.items()) {
    out += first ? "" : ",\n";
    first = false;
    out += " \"" + key + "\": ";
    if (key != "kernels" && !(value.is_array() && !value.empty() && value.front().is_object())) {
      out += value.dump();
      continue;
    }
    out += "[";
    for (std::size_t i = 0; i < value.size(); ++i) {
      out += i == 0 ? "\n  " : ",\n  ";
      if (!value[i].contains("samples")) {
        out += value[i].dump();
        continue;
      }
      Json head = value[i];
      head.erase("samples");
      std::string text = head.dump();
      text.pop_back();
      out += text + ",\"samples\":[";
      for (std::size_t s = 0; s < value[i]["samples"].size(); ++s) out += (s == 0 ? "\n   " : ",\n   ") + value[i]["samples"][s].dump();
      out += "]}";
    }
    out += "]";
  }
  return out + "\n}\n";
}

}  // namespace forerun
