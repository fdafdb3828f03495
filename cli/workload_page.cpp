#include "cli/workload_page.hpp"

#include "io/format.hpp"
#include "workloads/catalogue.hpp"
#include "workloads/fold.hpp"
#include "workloads/graph/dot.hpp"
#include "workloads/layer_costs.hpp"
#include "workloads/memory.hpp"
#include "workloads/shape_text.hpp"

namespace forerun {
namespace {

/// Blocks whose costs differ (the first may keep what is another layer's in the next) are not folded.
std::vector<Fold> folds(const Workload& workload, const std::vector<LayerCosts>& all, Blocks blocks) {
  if (blocks == Blocks::all) return unfold(workload);
  return fold(workload, [&](int a, int b) { return all[a] == all[b]; });
}

std::string kind_text(const Layer& layer) {
  return std::string(to_string(layer.shape.kind)) + (layer.tied_to >= 0 ? ", tied" : "") + (layer.frozen ? ", frozen" : "");
}

Json shape_json(const TensorShape& shape) {
  Json sizes{shape.channels, shape.height, shape.width};
  if (shape.depth > 1) sizes.insert(sizes.begin() + 1, shape.depth);
  return sizes;
}

void add_costs(Json& out, const LayerCosts& costs) {
  out["parameters"] = costs.parameters;
  out["forward_flop_per_sample"] = costs.forward.value();
  out["backward_flop_per_sample"] = costs.backward.value();
  out["saved_bytes_per_sample"] = costs.saved.value();
  out["weight_bytes"] = costs.weights.value();
}

Json layer_json(const Workload& workload, int index, int times, const LayerCosts& costs) {
  const Layer& layer = workload.layers[index];
  Json out{{"name", folded_name(workload, index, times)},
           {"times", times},
           {"kind", to_string(layer.shape.kind)},
           {"input", shape_json(layer.shape.input)},
           {"output", shape_json(layer.shape.output)}};
  add_costs(out, costs);
  if (layer.tied_to >= 0) out["tied_to"] = workload.layers[layer.tied_to].name;
  if (layer.frozen) out["frozen"] = true;
  return out;
}

std::vector<std::string> csv_row(const Workload& workload, int index, int times, const LayerCosts& costs) {
  const Layer& layer = workload.layers[index];
  return {folded_name(workload, index, times), std::to_string(times),          kind_text(layer),
          shape_text(layer.shape.input),       shape_text(layer.shape.output), window_text(layer.shape),
          std::to_string(costs.parameters),    exact(costs.forward.value()),   exact(costs.backward.value()),
          exact(costs.saved.value()),          exact(costs.weights.value())};
}

std::vector<std::string> text_row(std::vector<std::string> first, const LayerCosts& costs) {
  for (std::string cell :
       {std::to_string(costs.parameters), human(costs.forward), human(costs.backward), human(costs.saved), human(costs.weights)})
    first.push_back(std::move(cell));
  return first;
}

/// Without a column in which nothing stands.
void drop_empty(Table& table, std::size_t column) {
  for (const auto& row : table.rows)
    if (!row[column].empty() && row[column] != "-") return;
  const auto at = static_cast<std::ptrdiff_t>(column);
  table.header.erase(table.header.begin() + at);
  for (auto& row : table.rows) row.erase(row.begin() + at);
}

std::string or_none(std::int64_t value, const char* none) { return value > 0 ? std::to_string(value) : none; }

/// As much as fits beside the names.
std::string shortened(const std::string& text) {
  constexpr std::size_t kWidth = 100;
  if (text.size() <= kWidth) return text;
  return text.substr(0, text.rfind(' ', kWidth - 4)) + " ...";
}

/// The family and its parameters, in lines that a terminal holds.
std::string family_text(const LoadedWorkload& loaded) {
  constexpr std::size_t kWidth = 100;
  std::string text;
  std::string line = "family " + loaded.family + ":";
  for (const auto& [key, value] : loaded.parameters) {
    if (value.empty()) continue;
    const std::string word = key + "=" + value;
    if (line.size() + 1 + word.size() > kWidth) {
      text += line + "\n";
      line = " ";
    }
    line += " " + word;
  }
  return text + line + "\n";
}

/// What stands above the table.
std::string head(const LoadedWorkload& loaded, const LayerCosts& sum) {
  const Workload& workload = loaded.workload;
  std::string text = forerun::format("{}: {} parameters, {} forward a sample, {} backward\n", workload.name, sum.parameters,
                                     human(sum.forward), human(sum.backward));
  text += forerun::format("{} of weights, {} of activations kept a sample for the backward pass\n", human(sum.weights), human(sum.saved));
  text += forerun::format("precision {}{}, optimizer {}, batch {}, {} samples an epoch", to_string(workload.precision),
                          wide_gradients(workload) ? ", gradients fp32" : "", to_string(workload.optimizer),
                          or_none(workload.batch, "not given"), or_none(workload.samples, "no"));
  if (workload.tokens_per_sample > 0) text += forerun::format(", {} tokens a sample", workload.tokens_per_sample);
  text += "\n";
  if (loaded.family.empty()) return text;
  return text + family_text(loaded);
}

Json document(const LoadedWorkload& loaded, const LayerCosts& sum) {
  const Workload& workload = loaded.workload;
  const auto or_null = [](std::int64_t value) { return value > 0 ? Json(value) : Json(nullptr); };
  Json parameters = Json::object();
  for (const auto& [key, value] : loaded.parameters) parameters[key] = value;
  Json out{{"schema_version", 1},
           {"name", workload.name},
           {"family", loaded.family.empty() ? Json(nullptr) : Json(loaded.family)},
           {"family_parameters", parameters},
           {"batch", or_null(workload.batch)},
           {"samples", or_null(workload.samples)},
           {"tokens_per_sample", or_null(workload.tokens_per_sample)},
           {"precision", to_string(workload.precision)},
           {"gradients", to_string(workload.gradients)},
           {"optimizer", to_string(workload.optimizer)}};
  add_costs(out, sum);
  return out;
}

}  // namespace

Page workload_page(const LoadedWorkload& loaded, Blocks blocks) {
  const Workload& workload = loaded.workload;
  const std::vector<LayerCosts> all = layer_costs(workload);
  const LayerCosts sum = total(all);
  Page page{.document = document(loaded, sum)};
  page.rows.header = {"layer",
                      "times",
                      "kind",
                      "input",
                      "output",
                      "window",
                      "parameters",
                      "forward_flop_per_sample",
                      "backward_flop_per_sample",
                      "saved_bytes_per_sample",
                      "weight_bytes"};
  Table table{.header = {"layer", "", "kind", "output", "window", "parameters", "forward", "backward", "kept", "weights"}};
  Json layers = Json::array();
  bool windowed = false;
  bool folded = false;
  for (const Fold& fold : folds(workload, all, blocks)) {
    folded = folded || fold.times > 1;
    for (int i = fold.first; i < fold.first + fold.count; ++i) {
      const Layer& layer = workload.layers[i];
      const std::string window = window_text(layer.shape);
      windowed = windowed || window != "-";
      page.rows.rows.push_back(csv_row(workload, i, fold.times, all[i]));
      layers.push_back(layer_json(workload, i, fold.times, all[i]));
      table.rows.push_back(text_row({folded_name(workload, i, fold.times), fold.times > 1 ? "x " + std::to_string(fold.times) : "",
                                     kind_text(layer), shape_text(layer.shape.output), window},
                                    all[i]));
    }
  }
  page.document["layers"] = layers;
  table.rows.push_back(text_row({"total", "", "", "", ""}, sum));
  drop_empty(table, 4);
  drop_empty(table, 1);
  page.text = head(loaded, sum) + "\n" + text_table(table);
  if (folded || windowed) page.text += "\n";
  if (folded) page.text += "x N: so many blocks alike, one after another; the figures are those of one (--all shows each)\n";
  if (windowed) page.text += "window: edge / stride + padding\n";
  return page;
}

Page workload_picture(const LoadedWorkload& loaded, Blocks blocks) {
  Page page = workload_page(loaded, blocks);
  page.text = dot_text(loaded.workload, folds(loaded.workload, layer_costs(loaded.workload), blocks));
  return page;
}

Page workload_names_page() {
  Page page;
  Table families{.header = {"family", "what"}};
  Table models{.header = {"model", "family", "what"}};
  Json names = Json::array();
  Json entries = Json::array();
  page.rows.header = {"workload", "family", "what"};
  for (const KnownWorkload& known : catalogue()) {
    names.push_back(known.name);
    entries.push_back({{"name", known.name}, {"family", known.family.empty() ? Json(nullptr) : Json(known.family)}, {"what", known.what}});
    page.rows.rows.push_back({known.name, known.family, known.what});
    if (known.is_family())
      families.rows.push_back({known.name, shortened(known.what)});
    else
      models.rows.push_back({known.name, known.family.empty() ? "-" : known.family, shortened(known.what)});
  }
  page.text = text_table(families) + "\n" + text_table(models) +
              "\nA family's parameters are set with --set workload.KEY=VALUE; forerun show workload FAMILY lists them.\n";
  page.document = {{"schema_version", 1}, {"names", names}, {"workloads", entries}};
  return page;
}

}  // namespace forerun
