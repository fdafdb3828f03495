#include "strategies/vocabulary.hpp"

#include <algorithm>

#include "workloads/formulas.hpp"

namespace forerun {
namespace {

const LayerShape* head_of(const std::vector<Layer>& layers, const Layer& layer) {
  if (!is_loss(layer.shape.kind) || layer.inputs.empty() || layer.inputs.front() == kData) return nullptr;
  const LayerShape& head = layers[layer.inputs.front()].shape;
  return head.kind == LayerKind::dense ? &head : nullptr;
}

/// Rows of the table that a head tells of again, or of the largest; zero without a table.
std::int64_t words_of(const std::vector<Layer>& layers) {
  std::int64_t largest = 0;
  for (const Layer& table : layers) {
    if (table.shape.kind != LayerKind::embedding) continue;
    for (const Layer& layer : layers)
      if (const LayerShape* head = head_of(layers, layer); head != nullptr && head->output.channels == table.shape.rows)
        return table.shape.rows;
    largest = std::max(largest, table.shape.rows);
  }
  return largest;
}

}  // namespace

void pad_vocabulary(LocalModel& model, std::int64_t multiple) {
  std::vector<Layer>& layers = model.part->layers;
  const std::int64_t words = words_of(layers);
  const std::int64_t padded = (words + multiple - 1) / multiple * multiple;
  for (Layer& layer : layers) {
    LayerShape& shape = layer.shape;
    if (shape.kind == LayerKind::embedding && shape.rows == words) shape.rows = padded;
    const LayerShape* head = head_of(layers, layer);
    if (head == nullptr || head->output.channels != words) continue;
    layers[layer.inputs.front()].shape.output.channels = shape.input.channels = shape.output.channels = padded;
  }
}

}  // namespace forerun
