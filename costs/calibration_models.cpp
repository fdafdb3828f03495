#include "costs/calibration_models.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <limits>

#include "costs/calibration_words.hpp"
#include "costs/kernel_time.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

using namespace calibration_file;

namespace {

constexpr std::array<std::string_view, 23> kColumns{
    "layer",    "batch",   "in_channels",     "in_height", "in_width", "out_channels", "out_height", "out_width",
    "window",   "stride",  "padding",         "groups",    "rows",     "operands",     "heads",      "keys",
    "channels", "dropout", "footprint_bytes", "median_s",  "p10_s",    "p90_s",        "weight"};
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// JSON has no infinity: a term that the samples do not show is left out.
void write_rate(Json& entry, const char* key, double rate) {
  if (std::isfinite(rate)) entry[key] = rate;
}
double parse_rate(const Text& text) { return parse_number(text, std::numeric_limits<double>::min(), 1e30); }

Json sample_row(const KernelSample& sample, double weight) {
  const Kernel& kernel = sample.kernel;
  const LayerShape& shape = kernel.shape;
  const Attention& attention = shape.attention;
  return Json::array({std::string(to_string(shape.kind)),
                      kernel.batch,
                      shape.input.channels,
                      shape.input.height,
                      shape.input.width,
                      shape.output.channels,
                      shape.output.height,
                      shape.output.width,
                      shape.window.edge(),
                      shape.stride.edge(),
                      shape.padding.edge(),
                      shape.groups,
                      shape.rows,
                      shape.operands,
                      attention.heads,
                      attention.keys,
                      attention.key_channels,
                      attention.dropout ? 1 : 0,
                      kernel.footprint.value(),
                      sample.median.value(),
                      sample.p10.value(),
                      sample.p90.value(),
                      weight});
}

/// Dimensions are bounded one by one; their products must be counts, too, because features and formulas multiply them.
bool is_countable(const Kernel& kernel) {
  const auto product = [](std::initializer_list<std::int64_t> factors) {
    double result = 1;
    for (const std::int64_t factor : factors) result *= static_cast<double>(factor);
    return result <= static_cast<double>(kMost);
  };
  const LayerShape& shape = kernel.shape;
  const TensorShape &in = shape.input, &out = shape.output;
  const Attention& a = shape.attention;
  const bool weights =
      shape.kind == LayerKind::conv2d
          ? product({in.channels, out.channels, shape.window.edge(), shape.window.edge()})
          : shape.kind != LayerKind::dense || product({in.channels, in.height, in.width, out.channels, out.height, out.width});
  return weights && product({kernel.batch, in.channels, in.height, in.width, shape.operands}) &&
         product({kernel.batch, out.channels, out.height, out.width}) && product({shape.rows, out.channels}) &&
         product({kernel.batch, a.heads, in.height, in.width, a.keys}) && product({kernel.batch, a.heads, a.keys, a.key_channels});
}

bool has_pass(LayerKind kind, Pass pass) {
  const Passes all = passes(kind, LayerPosition::later);
  return std::find(all.begin(), all.end(), pass) != all.end();
}

/// What only some kinds have.
template <class Next>
void read_more(LayerShape& shape, Next next) {
  const Text& groups = next();
  shape.groups = parse_integer(groups, 1, 1 << 20);
  if (shape.input.channels % shape.groups != 0 || shape.output.channels % shape.groups != 0)
    throw BadInput(problem(groups, "the groups do not divide the channels"));
  const Text& rows = next();
  shape.rows = parse_integer(rows, shape.kind == LayerKind::embedding ? 1 : 0, kMost);
  shape.operands = static_cast<int>(parse_integer(next(), 1, 1 << 20));
  Attention& attention = shape.attention;
  attention.heads = attention.key_heads = parse_integer(next(), 1, 1 << 20);
  attention.keys = parse_integer(next(), 1, kMost);
  attention.key_channels = attention.value_channels = parse_integer(next(), 1, kMost);
  attention.dropout = parse_integer(next(), 0, 1) == 1;
}

struct Row {
  KernelSample sample;
  double weight = 0;
};

/// A sample of the model's kernel, or BadInput where it stands.
Row parse_row(const YamlNode& node, const KernelTimeModel& model) {
  const std::vector<YamlNode>& cells = items(node);
  if (cells.size() != kColumns.size())
    throw BadInput(problem(node.text, "a sample has " + std::to_string(cells.size()) + " columns", std::to_string(kColumns.size())));
  std::size_t at = 0;
  const auto next = [&]() -> const Text& { return scalar(cells[at++]); };
  const auto whole = [&](std::int64_t least) { return parse_integer(next(), least, kMost); };
  const auto time = [&] { return parse_time(next()); };
  Row row;
  Kernel& kernel = row.sample.kernel;
  kernel.pass = model.pass;
  kernel.precision = model.precision;
  if (model.pass == Pass::update) kernel.optimizer = model.optimizer;
  const Text& layer = next();
  kernel.shape.kind = parse_layer(layer);
  if (!same_kernel(kernel, model.kind, model.pass))
    throw BadInput(problem(layer, "is not of its model", std::string(to_string(model.kind))));
  if (!has_pass(kernel.shape.kind, model.pass)) throw BadInput(problem(layer, "has no pass " + std::string(to_string(model.pass))));
  kernel.batch = whole(1);
  for (TensorShape* tensor : {&kernel.shape.input, &kernel.shape.output}) {
    tensor->channels = whole(1);
    tensor->height = whole(1);
    tensor->width = whole(1);
  }
  kernel.shape.window = static_cast<int>(parse_integer(next(), 1, 1 << 20));
  kernel.shape.stride = static_cast<int>(parse_integer(next(), 1, 1 << 20));
  kernel.shape.padding = static_cast<int>(parse_integer(next(), 0, 1 << 20));
  read_more(kernel.shape, next);
  kernel.footprint = Bytes(parse_number(next(), 0, static_cast<double>(kMost)));
  row.sample.median = time();
  row.sample.p10 = time();
  row.sample.p90 = time();
  row.weight = parse_number(next(), -1e30, 1e30);
  if (!is_countable(kernel)) throw BadInput(problem(node.text, "a sample of more than 2^53 elements"));
  return row;
}

/// By a scale for each feature; a calibration from before pools' channels counted has none for them, which come last.
bool tells(const KernelTimeModel& model, const KernelFeatures& features) {
  const auto count = static_cast<std::size_t>(features.count), scales = model.inverse_scales.size();
  return scales == count || (scales + 1 == count && model.pass != Pass::update && is_pool(model.kind));
}

// The samples of one model, then their features, which follow from them.
void read_model(const YamlNode& node, Calibration& calibration, Problems& problems) {
  KernelTimeModel model;
  Mapping mapping(node, problems);
  model.rate = FlopsPerSecond(kInfinity);
  model.bandwidth = BytesPerSecond(kInfinity);
  bool named = mapping.required("pass", [&](const Text& text) { model.pass = parse_pass(text); });
  if (model.pass == Pass::update)
    named &= mapping.required("optimizer", [&](const Text& text) { model.optimizer = parse_optimizer(text); });
  else
    named &= mapping.required("layer", [&](const Text& text) { model.kind = parse_layer(text); });
  mapping.optional("precision", [&](const Text& text) { model.precision = parse_precision(text); });
  mapping.required("overhead_s", [&](const Text& text) { model.overhead = Seconds(parse_number(text, 0, 1e9)); });
  mapping.optional("rate_flop_per_s", [&](const Text& text) { model.rate = FlopsPerSecond(parse_rate(text)); });
  mapping.optional("bandwidth_bytes_per_s", [&](const Text& text) { model.bandwidth = BytesPerSecond(parse_rate(text)); });
  mapping.required("leave_one_out_error", [&](const Text& text) { model.leave_one_out_error = parse_number(text, 0, 1e30); });
  mapping.required("inverse_scales", [&](const YamlNode& list) {
    for (const YamlNode& scale : items(list)) model.inverse_scales.push_back(parse_number(scalar(scale), 0, 1e30));
  });
  mapping.required("samples", [&](const YamlNode& list) {
    if (!named) return;
    const std::size_t count = items(list).size();
    if (count == 0) throw BadInput(problem(list.text, "a model without samples"));
    model.weights.resize(count);
    model.features.resize(model.inverse_scales.size() * count);
    for (std::size_t i = 0; i < count; ++i) {
      const Row row = parse_row(items(list)[i], model);
      const KernelFeatures features = kernel_features(row.sample.kernel);
      if (!tells(model, features)) throw BadInput(problem(list.text, "inverse_scales has the wrong length"));
      for (std::size_t f = 0; f < model.inverse_scales.size(); ++f)
        model.features[f * count + i] = static_cast<float>(features.values[f] * model.inverse_scales[f]);
      model.weights[i] = static_cast<float>(row.weight);
      if (i == 0 && model.pass == Pass::update) model.kind = row.sample.kernel.shape.kind;
      calibration.kernels.push_back(row.sample);
    }
  });
  mapping.finish();
  for (const KernelTimeModel& other : calibration.kernel_models)
    if (named && other.pass == model.pass && other.precision == model.precision &&
        (model.pass == Pass::update ? other.optimizer == model.optimizer : other.kind == model.kind))
      problems.add(problem(node.text, "a second model of the same layer, pass and precision"));
  calibration.kernel_models.push_back(std::move(model));
}

}  // namespace

void write_models(Json& document, const Calibration& calibration) {
  Json kernels = Json::array();
  for (const KernelTimeModel& model : calibration.kernel_models) {
    Json entry;
    if (model.pass != Pass::update) entry["layer"] = std::string(to_string(model.kind));
    entry["pass"] = std::string(to_string(model.pass));
    if (model.pass == Pass::update) entry["optimizer"] = std::string(to_string(model.optimizer));
    if (model.precision != Precision::fp32) entry["precision"] = std::string(to_string(model.precision));
    entry["overhead_s"] = model.overhead.value();
    write_rate(entry, "rate_flop_per_s", model.rate.value());
    write_rate(entry, "bandwidth_bytes_per_s", model.bandwidth.value());
    entry["inverse_scales"] = model.inverse_scales;
    entry["leave_one_out_error"] = model.leave_one_out_error;
    entry["samples"] = Json::array();
    std::size_t row = 0;
    for (const KernelSample& sample : calibration.kernels)
      if (is_model_of(model, sample.kernel)) entry["samples"].push_back(sample_row(sample, model.weights[row++]));
    kernels.push_back(std::move(entry));
  }
  document["columns"] = std::vector<std::string>(kColumns.begin(), kColumns.end());
  document["kernels"] = std::move(kernels);
}

void read_models(Mapping& mapping, Calibration& calibration, Problems& problems) {
  mapping.required("columns", [&](const YamlNode& list) {
    for (std::size_t i = 0; i < std::max(items(list).size(), kColumns.size()); ++i)
      if (i >= items(list).size() || i >= kColumns.size() || scalar(items(list)[i]).value != kColumns[i])
        throw BadInput(problem(list.text, "the columns of samples", listed(kColumns)));
  });
  mapping.required("kernels", [&](const YamlNode& list) {
    for (const YamlNode& node : items(list)) read_model(node, calibration, problems);
  });
}

}  // namespace forerun
