#include "workloads/shapes.hpp"

#include <string>

#include "workloads/formulas.hpp"

namespace forerun {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 53;  // beyond, a double does not count exactly

/// a x b where that stays within the limit; else BadInput. Both positive.
std::int64_t checked_product(std::int64_t a, std::int64_t b, const Text& where, const std::string& what) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product) || product > kMostElements)
    throw BadInput(problem(where, what + " is too large", "at most 2^53 elements"));
  return product;
}

std::int64_t slid(std::int64_t edge, const LayerDescription& layer, const std::string& name) {
  const std::int64_t padded = edge + 2 * static_cast<std::int64_t>(layer.padding);
  if (layer.window > padded) {
    Text where = layer.where;
    where.value = std::to_string(layer.window);
    throw BadInput(problem(where, "the window is larger than the layer's input", "at most the " + name + " of " + std::to_string(padded)));
  }
  return (padded - layer.window) / layer.stride + 1;
}

void check_parameters(const LayerShape& shape, const Text& where) {
  const std::string what = "the layer";
  if (shape.kind == LayerKind::dense) checked_product(shape.output.elements(), shape.input.elements() + 1, where, what);
  if (shape.kind == LayerKind::conv2d) {
    const std::int64_t area = checked_product(shape.window, shape.window, where, what);
    const std::int64_t filter = checked_product(shape.input.channels, area, where, what);
    checked_product(shape.output.channels, filter + 1, where, what);
  }
}

}  // namespace

void check_elements(const TensorShape& shape, const Text& where) {
  const std::string what = "the tensor";
  checked_product(checked_product(shape.channels, shape.height, where, what), shape.width, where, what);
}

LayerShape infer_shape(const TensorShape& input, const LayerDescription& description) {
  LayerShape shape{.kind = description.kind,
                   .input = input,
                   .output = input,
                   .window = description.window,
                   .stride = description.stride,
                   .padding = description.padding};
  const bool slides = description.kind == LayerKind::conv2d || description.kind == LayerKind::max_pool;
  if (slides) {
    if (description.padding >= description.window) {
      Text where = description.where;
      where.value = std::to_string(description.padding);
      throw BadInput(problem(where, "the padding is not smaller than the window", "0 to " + std::to_string(description.window - 1)));
    }
    shape.output.height = slid(input.height, description, "height");
    shape.output.width = slid(input.width, description, "width");
  }
  if (description.kind == LayerKind::conv2d) shape.output.channels = description.outputs;
  if (description.kind == LayerKind::dense) shape.output = {.channels = description.outputs, .height = 1, .width = 1};
  if (description.kind == LayerKind::softmax_cross_entropy) {
    shape.output = {.channels = input.elements(), .height = 1, .width = 1};
    if (input.elements() < 2) throw BadInput(problem(description.where, "the loss has fewer than two classes"));
  }
  check_elements(shape.output, description.where);
  check_parameters(shape, description.where);
  return shape;
}

}  // namespace forerun
