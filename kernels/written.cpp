#include "kernels/written.hpp"

#include "workloads/formulas.hpp"

namespace forerun {

namespace {

/// Whether the window is a square that slides in whole steps, without holes, over an input with as many zeros before as after each edge.
bool slides_plainly(const LayerShape& shape) {
  const Padding& padding = shape.padding;
  if (!shape.window.square() || !shape.stride.square() || padding.height != padding.width || shape.input.depth != 1) return false;
  const auto edge = [&](std::int64_t input) { return (input + 2 * padding.edge() - shape.window.edge()) / shape.stride.edge() + 1; };
  return shape.output.height == edge(shape.input.height) && shape.output.width == edge(shape.input.width);
}

bool is_written(const LayerShape& shape) {
  switch (shape.kind) {
    case LayerKind::dense: return shape.bias && shape.experts == 1 && shape.output.positions() == 1;
    case LayerKind::conv2d: return shape.bias && shape.groups == 1 && slides_plainly(shape);
    case LayerKind::max_pool: return slides_plainly(shape);
    case LayerKind::relu: return true;
    case LayerKind::softmax_cross_entropy: return shape.input.positions() == 1;
    default: return false;
  }
}

bool has_other_optimizer(const Kernel& kernel) { return kernel.pass == Pass::update && kernel.optimizer != Optimizer::sgd_momentum; }

}  // namespace

bool is_written(const Kernel& kernel) {
  if (kernel.precision != Precision::fp32 || has_other_optimizer(kernel) || !is_written(kernel.shape)) return false;
  return has_parameters(kernel.shape.kind) || kernel.pass == Pass::forward || kernel.pass == Pass::backward_data;
}

std::string unwritten_variant(const Kernel& kernel) {
  if (kernel.precision != Precision::fp32) return " in " + std::string(to_string(kernel.precision));
  if (has_other_optimizer(kernel)) return " by " + std::string(to_string(kernel.optimizer));
  return is_written(kernel.shape) ? "" : " of this shape";
}

}  // namespace forerun
