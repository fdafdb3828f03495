#include "workloads/graph/dot.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "io/format.hpp"
#include "workloads/formulas.hpp"
#include "workloads/shape_text.hpp"

namespace forerun {
namespace {

constexpr int kRows = 14;

/// Which node stands for a layer, and in which column; layers of repetitions stand where those of the first do.
struct Placement {
  std::vector<int> node;
  std::vector<int> column;
};

/// The row of each layer of a fold, from 1, by the longest way to it within the fold.
std::vector<int> rows(const Workload& workload, const Fold& fold) {
  std::vector<int> row(fold.count, 1);
  for (int k = 0; k < fold.count; ++k)
    for (const int input : workload.layers[fold.first + k].inputs)
      if (input >= fold.first) row[k] = std::max(row[k], row[input - fold.first] + 1);
  return row;
}

/// Folds one below the other until a column is full. A block stays whole; layers outside blocks go on in the next column.
Placement place(const Workload& workload, std::span<const Fold> folds) {
  Placement placed{std::vector<int>(workload.layers.size()), std::vector<int>(workload.layers.size())};
  int column = 0;
  int filled = 0;  // rows of the column
  for (const Fold& fold : folds) {
    const std::vector<int> row = rows(workload, fold);
    const int deepest = std::ranges::max(row);
    if (filled > 0 && filled + deepest > kRows) ++column, filled = 0;
    const bool is_block = workload.layers[fold.first].block >= 0;
    const int height = is_block ? std::max(deepest, kRows) : kRows;
    for (int i = 0; i < fold.count * fold.times; ++i) {
      const int first_time = i % fold.count;
      placed.node[fold.first + i] = fold.first + first_time;
      placed.column[fold.first + i] = column + (filled + row[first_time] - 1) / height;
    }
    filled += deepest;
    column += (filled - 1) / height;
    filled = (filled - 1) % height + 1;
  }
  return placed;
}

/// Colours by what a layer is: with weights, attention, the loss, the rest.
std::string_view colour(LayerKind kind) {
  if (is_loss(kind)) return "#f4cccc";
  if (kind == LayerKind::attention) return "#fce5cd";
  return has_parameters(kind) ? "#cfe2f3" : "#f3f3f3";
}

std::string node_text(const Workload& workload, int index, bool in_block) {
  const Layer& layer = workload.layers[index];
  const std::size_t dot = in_block ? layer.name.find('.') : std::string::npos;
  const std::string name = dot == std::string::npos ? layer.name : layer.name.substr(dot + 1);
  const std::string_view kind = to_string(layer.shape.kind);
  const std::string second = (name == kind ? "" : std::string(kind) + "  ") + shape_text(layer.shape.output);
  std::string label = dot_quoted(name);
  label.insert(label.size() - 1, "\\n" + second);
  return forerun::format("layer_{} [label={}, fillcolor=\"{}\"];\n", index, label, colour(layer.shape.kind));
}

std::string fold_text(const Workload& workload, const Fold& fold) {
  const bool in_block = workload.layers[fold.first].block >= 0;
  const std::string indent = in_block ? "    " : "  ";
  std::string text;
  if (in_block) {
    const std::string label = block_name(workload, fold) + (fold.times > 1 ? " x " + std::to_string(fold.times) : "");
    text += forerun::format("  subgraph cluster_{} {{\n    label={};\n", fold.first, dot_quoted(label));
  }
  for (int i = fold.first; i < fold.first + fold.count; ++i) text += indent + node_text(workload, i, in_block);
  return in_block ? text + "  }\n" : text;
}

/// Tensors that are read, between the nodes that are drawn. What a repetition reads of the one before it is left out: `x 96` says it.
std::string edges_text(const Workload& workload, const Placement& placed) {
  std::set<std::pair<int, int>> drawn;
  std::string text;
  for (int to = 0; to < static_cast<int>(workload.layers.size()); ++to) {
    if (placed.node[to] != to) continue;
    for (const int input : workload.layers[to].inputs) {
      if (input == kData) continue;
      const int from = placed.node[input];
      if (!drawn.insert({from, to}).second) continue;
      const bool across = placed.column[from] != placed.column[to];
      text += forerun::format("  layer_{} -> layer_{}{};\n", from, to, across ? " [constraint=false, color=\"#3d85c6\"]" : "");
    }
  }
  return text;
}

}  // namespace

std::string dot_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return quoted + "\"";
}

std::string dot_text(const Workload& workload, std::span<const Fold> folds) {
  const Placement placed = place(workload, folds);
  std::string text = forerun::format("digraph {} {{\n", dot_quoted(workload.name));
  text +=
      "  graph [fontname=\"Helvetica\", fontsize=12, ranksep=0.25, nodesep=0.2, style=\"rounded\", color=\"#999999\"];\n"
      "  node [fontname=\"Helvetica\", fontsize=10, shape=box, style=\"filled,rounded\", height=0.3, margin=\"0.08,0.04\", "
      "color=\"#666666\"];\n"
      "  edge [color=\"#666666\", arrowsize=0.6];\n";
  for (const Fold& fold : folds) text += fold_text(workload, fold);
  return text + edges_text(workload, placed) + "}\n";
}

}  // namespace forerun
