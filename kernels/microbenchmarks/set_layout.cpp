#include "kernels/microbenchmarks/set_layout.hpp"

#include "kernels/ceil_div.hpp"
#include "kernels/microbenchmarks/kernel_arrays.hpp"

namespace forerun {

namespace {

constexpr int kFloat = 4;
constexpr int kRounded = 2;

class LayoutWriter {
 public:
  explicit LayoutWriter(const Kernel& kernel) : kernel_(kernel), activation_(kernel.precision == Precision::bf16 ? kRounded : kFloat) {}

  void activation(std::int64_t elements, void (*hand)(LayerBuffers&, void*)) { add(elements, activation_, Filling::normals, hand); }
  void numbers(std::int64_t elements, void (*hand)(LayerBuffers&, void*)) { add(elements, kFloat, Filling::normals, hand); }
  void add(std::int64_t elements, int bytes, Filling filling, void (*hand)(LayerBuffers&, void*), std::int64_t below = 1) {
    if (elements == 0) return;
    layout_.arrays.push_back({layout_.bytes, elements, bytes, filling, below, hand});
    const std::size_t size = static_cast<std::size_t>(elements) * static_cast<std::size_t>(bytes);
    layout_.bytes += ceil_div(size, kSetAlignment) * kSetAlignment;
  }
  /// Whether products read a copy of the weights in bf16, or an update writes it.
  [[nodiscard]] bool has_rounded_weights() const { return activation_ == kRounded && kernel_.pass != Pass::backward_weights; }
  SetLayout layout() { return std::move(layout_); }

 private:
  const Kernel& kernel_;
  int activation_;
  SetLayout layout_;
};

template <class T>
T* as(void* array) {
  return static_cast<T*>(array);
}

}  // namespace

LayerBuffers SetLayout::buffers(void* memory) const {
  LayerBuffers buffers;
  for (const SetArray& array : arrays) array.hand(buffers, static_cast<std::byte*>(memory) + array.offset);
  return buffers;
}

SetLayout set_layout(const Kernel& kernel) {
  using B = LayerBuffers;
  const KernelArrays a = kernel_arrays(kernel);
  const LayerShape& shape = kernel.shape;
  LayoutWriter out(kernel);
  out.activation(a.input, [](B& b, void* array) { b.input = as<float>(array); });
  for (const std::int64_t elements : a.further_inputs)
    out.activation(elements, [](B& b, void* array) { b.further_inputs.push_back(as<float>(array)); });
  out.activation(a.output, [](B& b, void* array) { b.output = as<float>(array); });
  out.activation(a.output_gradient, [](B& b, void* array) { b.output_gradient = as<float>(array); });
  out.activation(a.input_gradient, [](B& b, void* array) { b.input_gradient = as<float>(array); });
  for (const std::int64_t elements : a.further_input_gradients)
    out.activation(elements, [](B& b, void* array) { b.further_input_gradients.push_back(as<float>(array)); });
  out.numbers(a.weights, [](B& b, void* array) { b.weights = as<float>(array); });
  if (out.has_rounded_weights()) out.add(a.weights, kRounded, Filling::normals, [](B& b, void* array) { b.rounded_weights = array; });
  out.numbers(a.weight_gradient, [](B& b, void* array) { b.weight_gradient = as<float>(array); });
  out.numbers(a.velocity, [](B& b, void* array) { b.velocity = as<float>(array); });
  out.add(a.second_moment, kFloat, Filling::magnitudes, [](B& b, void* array) { b.second_moment = as<float>(array); });
  out.add(a.indices, kFloat, Filling::zeros, [](B& b, void* array) { b.indices = as<std::int32_t>(array); });
  out.add(
      a.labels, kFloat, Filling::classes, [](B& b, void* array) { b.labels = as<std::int32_t>(array); }, shape.input.channels);
  out.add(
      a.picked, kFloat, Filling::classes, [](B& b, void* array) { b.picked = as<std::int32_t>(array); }, shape.rows);
  out.numbers(a.statistics, [](B& b, void* array) { b.statistics = as<float>(array); });
  out.numbers(a.running, [](B& b, void* array) { b.running = as<float>(array); });
  out.add(a.mask, 1, Filling::stays, [](B& b, void* array) { b.mask = as<std::uint8_t>(array); });
  if (shape.kind == LayerKind::softmax_cross_entropy)
    out.add(1, kFloat, Filling::zeros, [](B& b, void* array) { b.loss = as<float>(array); });
  return out.layout();
}

}  // namespace forerun
