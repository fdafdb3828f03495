#include "costs/calibration_rows.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "costs/kernel_fit.hpp"
#include "costs/kernel_time.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"

namespace forerun {

namespace {

constexpr std::array<std::string_view, 5> kKinds{"dense", "conv2d", "max-pool", "relu", "softmax-cross-entropy"};
constexpr std::array<std::string_view, 4> kPasses{"forward", "backward-weights", "backward-data", "update"};
constexpr std::array<std::string_view, 3> kOrigins{"measured", "fitted", "published"};
constexpr std::array<std::string_view, 16> kColumns{"layer",      "batch",     "in_channels", "in_height", "in_width", "out_channels",
                                                    "out_height", "out_width", "window",      "stride",    "padding",  "footprint_bytes",
                                                    "median_s",   "p10_s",     "p90_s",       "weight"};
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t kMost = std::int64_t{1} << 53;

template <class Enum, std::size_t N>
Enum parse_name(const Text& text, const std::array<std::string_view, N>& names, std::string_view what) {
  for (std::size_t i = 0; i < N; ++i)
    if (text.value == names[i]) return static_cast<Enum>(i);
  throw BadInput(problem(text, "unknown " + std::string(what), listed(names), suggest(text.value, names)));
}

// JSON has no infinity: a term that the samples do not show is left out.
void write_rate(Json& entry, const char* key, double rate) {
  if (std::isfinite(rate)) entry[key] = rate;
}
double parse_rate(const Text& text) { return parse_number(text, std::numeric_limits<double>::min(), 1e30); }

Json sample_row(const KernelSample& sample, double weight) {
  const Kernel& kernel = sample.kernel;
  const LayerShape& shape = kernel.shape;
  return Json::array({std::string(to_string(shape.kind)), kernel.batch, shape.input.channels, shape.input.height, shape.input.width,
                      shape.output.channels, shape.output.height, shape.output.width, shape.window.edge(), shape.stride.edge(),
                      shape.padding.edge(), kernel.footprint.value(), sample.median.value(), sample.p10.value(), sample.p90.value(),
                      weight});
}

struct Row {
  KernelSample sample;
  double weight = 0;
};

Row parse_row(const YamlNode& node, Pass pass) {
  const std::vector<YamlNode>& cells = items(node);
  if (cells.size() != kColumns.size())
    throw BadInput(problem(node.text, "a sample has " + std::to_string(cells.size()) + " columns", std::to_string(kColumns.size())));
  std::size_t at = 0;
  const auto next = [&]() -> const Text& { return scalar(cells[at++]); };
  const auto whole = [&](std::int64_t least) { return parse_integer(next(), least, kMost); };
  const auto time = [&] { return Seconds(parse_number(next(), std::numeric_limits<double>::min(), 1e9)); };
  Row row;
  Kernel& kernel = row.sample.kernel;
  kernel.pass = pass;
  kernel.shape.kind = parse_name<LayerKind>(next(), kKinds, "layer");
  kernel.batch = whole(1);
  for (TensorShape* tensor : {&kernel.shape.input, &kernel.shape.output}) {
    tensor->channels = whole(1);
    tensor->height = whole(1);
    tensor->width = whole(1);
  }
  kernel.shape.window = static_cast<int>(parse_integer(next(), 1, 1 << 20));
  kernel.shape.stride = static_cast<int>(parse_integer(next(), 1, 1 << 20));
  kernel.shape.padding = static_cast<int>(parse_integer(next(), 0, 1 << 20));
  kernel.footprint = Bytes(parse_number(next(), 0, static_cast<double>(kMost)));
  row.sample.median = time();
  row.sample.p10 = time();
  row.sample.p90 = time();
  row.weight = parse_number(next(), -1e30, 1e30);
  return row;
}

void write_models(Json& document, const Calibration& calibration) {
  Json kernels = Json::array();
  for (const KernelTimeModel& model : calibration.kernel_models) {
    Json entry;
    if (model.pass != Pass::update) entry["layer"] = std::string(to_string(model.kind));
    entry["pass"] = std::string(to_string(model.pass));
    entry["overhead_s"] = model.overhead.value();
    write_rate(entry, "rate_flop_per_s", model.rate.value());
    write_rate(entry, "bandwidth_bytes_per_s", model.bandwidth.value());
    entry["inverse_scales"] = std::vector<double>(model.inverse_scales.begin(), model.inverse_scales.end());
    entry["leave_one_out_error"] = model.leave_one_out_error;
    entry["samples"] = Json::array();
    Eigen::Index row = 0;
    for (const KernelSample& sample : calibration.kernels)
      if (same_model(sample.kernel, model.kind, model.pass)) entry["samples"].push_back(sample_row(sample, model.weights[row++]));
    kernels.push_back(std::move(entry));
  }
  document["columns"] = std::vector<std::string>(kColumns.begin(), kColumns.end());
  document["kernels"] = std::move(kernels);
}

// The samples of one model, then their features, which follow from them.
void read_model(const YamlNode& node, Calibration& calibration, Problems& problems) {
  KernelTimeModel model;
  Mapping mapping(node, problems);
  model.rate = FlopsPerSecond(kInfinity);
  model.bandwidth = BytesPerSecond(kInfinity);
  mapping.optional("layer", [&](const Text& text) { model.kind = parse_name<LayerKind>(text, kKinds, "layer"); });
  const bool has_pass = mapping.required("pass", [&](const Text& text) { model.pass = parse_name<Pass>(text, kPasses, "pass"); });
  mapping.required("overhead_s", [&](const Text& text) { model.overhead = Seconds(parse_number(text, 0, 1e9)); });
  mapping.optional("rate_flop_per_s", [&](const Text& text) { model.rate = FlopsPerSecond(parse_rate(text)); });
  mapping.optional("bandwidth_bytes_per_s", [&](const Text& text) { model.bandwidth = BytesPerSecond(parse_rate(text)); });
  mapping.required("leave_one_out_error", [&](const Text& text) { model.leave_one_out_error = parse_number(text, 0, 1e30); });
  mapping.required("inverse_scales", [&](const YamlNode& list) {
    model.inverse_scales.resize(static_cast<Eigen::Index>(items(list).size()));
    for (Eigen::Index i = 0; i < model.inverse_scales.size(); ++i) model.inverse_scales[i] = parse_number(scalar(items(list)[i]), 0, 1e30);
  });
  mapping.required("samples", [&](const YamlNode& list) {
    if (!has_pass) return;
    const auto count = static_cast<Eigen::Index>(items(list).size());
    if (count == 0) throw BadInput(problem(list.text, "a model without samples"));
    model.weights.resize(count);
    model.features.resize(count, model.inverse_scales.size());
    for (Eigen::Index i = 0; i < count; ++i) {
      const Row row = parse_row(items(list)[i], model.pass);
      const KernelFeatures features = kernel_features(row.sample.kernel);
      if (features.count != model.inverse_scales.size()) throw BadInput(problem(list.text, "inverse_scales has the wrong length"));
      for (int f = 0; f < features.count; ++f) model.features(i, f) = static_cast<float>(features.values[f] * model.inverse_scales[f]);
      model.weights[i] = static_cast<float>(row.weight);
      if (i == 0 && model.pass == Pass::update) model.kind = row.sample.kernel.shape.kind;
      calibration.kernels.push_back(row.sample);
    }
  });
  mapping.finish();
  calibration.kernel_models.push_back(std::move(model));
}

void read_spells(const YamlNode& node, Calibration& calibration, Problems& problems) {
  Mapping mapping(node, problems);
  mapping.required("share", [&](const Text& text) { calibration.spells.share = parse_number(text, 0, 0.999); });
  mapping.required("factor", [&](const Text& text) { calibration.spells.factor = parse_number(text, 1, 1000); });
  mapping.finish();
}

void read_busy(const YamlNode& node, Calibration& calibration, Problems& problems) {
  BusyFactor busy;
  Mapping mapping(node, problems);
  mapping.required("layer", [&](const Text& text) { busy.kind = parse_name<LayerKind>(text, kKinds, "layer"); });
  mapping.required("pass", [&](const Text& text) { busy.pass = parse_name<Pass>(text, kPasses, "pass"); });
  mapping.required("busy", [&](const Text& text) { busy.busy = static_cast<int>(parse_integer(text, 2, 1 << 20)); });
  mapping.required("factor", [&](const Text& text) { busy.factor = parse_number(text, 0.01, 1000); });
  mapping.finish();
  calibration.busy.push_back(busy);
}

void read_collective(const YamlNode& node, Calibration& calibration, Problems& problems) {
  CollectiveSample sample;
  Mapping mapping(node, problems);
  const auto time = [&](std::string_view key, Seconds& to) {
    mapping.required(key, [&to](const Text& text) { to = Seconds(parse_number(text, std::numeric_limits<double>::min(), 1e9)); });
  };
  mapping.required("operation", [&](const Text& text) { sample.operation = text.value; });
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
  document["slow_spells"] = {{"share", calibration.spells.share}, {"factor", calibration.spells.factor}};
  document["busy"] = Json::array();
  for (const BusyFactor& busy : calibration.busy)
    document["busy"].push_back(
        {{"layer", to_string(busy.kind)}, {"pass", to_string(busy.pass)}, {"busy", busy.busy}, {"factor", busy.factor}});
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
  mapping.required("columns", [&](const YamlNode& list) {
    for (std::size_t i = 0; i < std::max(items(list).size(), kColumns.size()); ++i)
      if (i >= items(list).size() || i >= kColumns.size() || scalar(items(list)[i]).value != kColumns[i])
        throw BadInput(problem(list.text, "the columns of samples", listed(kColumns)));
  });
  const auto each = [&](std::string_view key, auto read) {
    mapping.required(key, [&](const YamlNode& list) {
      for (const YamlNode& node : items(list)) read(node, calibration, problems);
    });
  };
  mapping.required("slow_spells", [&](const YamlNode& node) { read_spells(node, calibration, problems); });
  each("kernels", read_model);
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
