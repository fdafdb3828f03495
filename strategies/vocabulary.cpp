#include "strategies/vocabulary.hpp"

#include <algorithm>

#include "workloads/formulas.hpp"

namespace forerun {

void pad_vocabulary(LocalModel& model, std::int64_t multiple) {
  std::vector<Layer>& layers = model.part->layers;
  std::int64_t words = 0;
  for (const Layer& layer : layers)
    if (layer.shape.kind == LayerKind::embedding) words = std::max(words, layer.shape.rows);
  const std::int64_t padded = (words + multiple - 1) / multiple * multiple;
  for (Layer& layer : layers) {
    LayerShape& shape = layer.shape;
    if (shape.kind == LayerKind::embedding && shape.rows == words) shape.rows = padded;
    if (!is_loss(shape.kind) || layer.inputs.empty() || layer.inputs.front() == kData) continue;
    LayerShape& head = layers[layer.inputs.front()].shape;
    if (head.kind != LayerKind::dense || head.output.channels != words) continue;
    head.output.channels = shape.input.channels = shape.output.channels = padded;
  }
}

}  // namespace forerun
