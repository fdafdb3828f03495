#include "kernels/written.hpp"

#include "workloads/formulas.hpp"

namespace forerun {

namespace {

/// Whether the window slides in whole steps, without holes, over an image with as many zeros before as after each edge.
bool slides_plainly(const LayerShape& shape) {
  const Extent &window = shape.window, &stride = shape.stride;
  const Padding& padding = shape.padding;
  if (shape.input.depth != 1 || window.depth != 1 || stride.depth != 1 || padding.depth != 0) return false;
  const auto edge = [](std::int64_t input, int padded, int length, int step) { return (input + 2 * padded - length) / step + 1; };
  return shape.output.height == edge(shape.input.height, padding.height, window.height, stride.height) &&
         shape.output.width == edge(shape.input.width, padding.width, window.width, stride.width);
}

bool is_written(const LayerShape& shape) {
  switch (shape.kind) {
    case LayerKind::dense: return shape.experts == 1 && shape.input.positions() == shape.output.positions();
    case LayerKind::conv2d:
    case LayerKind::max_pool:
    case LayerKind::average_pool: return slides_plainly(shape);
    case LayerKind::embedding: return !shape.sparse;
    case LayerKind::attention: return shape.attention.method == AttentionMethod::flash;
    case LayerKind::relu:
    case LayerKind::gelu:
    case LayerKind::dropout:
    case LayerKind::add:
    case LayerKind::batch_norm:
    case LayerKind::layer_norm:
    case LayerKind::softmax_cross_entropy: return true;
    default: return false;
  }
}

bool has_other_precision(const Kernel& kernel) { return kernel.precision != Precision::fp32 && kernel.precision != Precision::bf16; }
bool has_other_optimizer(const Kernel& kernel) { return kernel.pass == Pass::update && kernel.optimizer == Optimizer::lbfgs; }

}  // namespace

bool is_written(const Kernel& kernel) {
  if (has_other_precision(kernel) || has_other_optimizer(kernel) || !is_written(kernel.shape)) return false;
  if (kernel.pass == Pass::forward) return true;
  return kernel.pass == Pass::backward_data ? passes_gradient(kernel.shape.kind) : has_gradient(kernel.shape.kind);
}

std::string unwritten_variant(const Kernel& kernel) {
  if (has_other_precision(kernel)) return " in " + std::string(to_string(kernel.precision));
  if (has_other_optimizer(kernel)) return " by " + std::string(to_string(kernel.optimizer));
  return is_written(kernel.shape) ? "" : " of this shape";
}

}  // namespace forerun
