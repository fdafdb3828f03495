#include "kernels/microbenchmarks/kernel_buffers.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/trainer/network.hpp"
#include "kernels/trainer/random.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

constexpr std::size_t kLine = 64 / sizeof(float);
constexpr std::size_t kTable = std::size_t{1} << 18;

constexpr std::size_t lines(std::int64_t elements) { return (static_cast<std::size_t>(elements) + kLine - 1) / kLine * kLine; }

std::size_t elements_in_lines(const KernelArrays& arrays) {
  return lines(arrays.input) + lines(arrays.output) + lines(arrays.output_gradient) + lines(arrays.input_gradient) + lines(arrays.weights) +
         lines(arrays.weight_gradient) + lines(arrays.velocity) + lines(arrays.second_moment) + lines(arrays.indices) +
         lines(arrays.labels);
}

void fill_with_normals(std::span<float> values) {
  std::vector<float> table(std::min(kTable, values.size()));
  fill_normal(stream_key(1, 2), 1.0F, table);
  for (std::size_t i = 0; i < values.size(); i += table.size())
    std::memcpy(values.data() + i, table.data(), std::min(table.size(), values.size() - i) * sizeof(float));
}

}  // namespace

Bytes KernelArrays::total() const {
  const std::int64_t elements =
      input + output + output_gradient + input_gradient + weights + weight_gradient + velocity + second_moment + indices + labels;
  return Bytes(static_cast<double>(elements) * sizeof(float));
}

KernelArrays kernel_arrays(const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  const std::int64_t inputs = kernel.batch * shape.input.elements();
  const std::int64_t outputs = kernel.batch * shape.output.elements();
  const std::int64_t learnt = parameters(shape);
  const bool loss = shape.kind == LayerKind::softmax_cross_entropy;
  const bool pool = shape.kind == LayerKind::max_pool;
  KernelArrays arrays;
  switch (kernel.pass) {
    case Pass::forward:
      arrays.input = inputs, arrays.output = outputs, arrays.weights = learnt;
      if (pool) arrays.indices = outputs;
      break;
    case Pass::backward_weights: arrays.input = inputs, arrays.output_gradient = outputs, arrays.weight_gradient = learnt; break;
    case Pass::backward_data:
      arrays.input_gradient = inputs, arrays.weights = learnt;
      if (!loss) arrays.output_gradient = outputs;
      if (loss || shape.kind == LayerKind::relu) arrays.output = outputs;
      if (pool) arrays.indices = outputs;
      break;
    case Pass::update:
      arrays.weights = learnt, arrays.weight_gradient = learnt;
      if (kernel.optimizer != Optimizer::sgd) arrays.velocity = learnt;
      if (kernel.optimizer == Optimizer::adam || kernel.optimizer == Optimizer::adamw) arrays.second_moment = learnt;
      break;
  }
  if (loss) arrays.labels = kernel.batch * shape.input.positions();
  return arrays;
}

float* Arena::reserve(std::size_t bytes) {
  if (memory_.size() * sizeof(float) < bytes) {
    memory_ = {};  // first, so that both never stand side by side
    memory_ = AlignedArray<float>((bytes + sizeof(float) - 1) / sizeof(float));
  }
  return memory_.data();
}

KernelBuffers::KernelBuffers(const Kernel& kernel, int copies, Arena& arena) : copies_(static_cast<std::size_t>(copies)) {
  const KernelArrays arrays = kernel_arrays(kernel);
  const std::size_t elements = elements_in_lines(arrays) * copies_.size();
  float* memory = arena.reserve(elements * sizeof(float));
  fill_with_normals({memory, elements});
  cut(kernel, arrays, memory);
  if (kernel.shape.kind == LayerKind::max_pool && kernel.pass == Pass::backward_data) find_maxima(kernel);
}

void KernelBuffers::cut(const Kernel& kernel, const KernelArrays& arrays, float* memory) {
  const auto take = [&](std::int64_t elements) {
    float* array = elements == 0 ? nullptr : memory;
    memory += lines(elements);
    return array;
  };
  const auto take_integers = [&](std::int64_t elements) {
    auto* array = reinterpret_cast<std::int32_t*>(take(elements));
    std::fill_n(array, elements, 0);
    return array;
  };
  for (cpu::LayerBuffers& copy : copies_) {
    copy.input = take(arrays.input);
    copy.output = take(arrays.output);
    copy.output_gradient = take(arrays.output_gradient);
    copy.input_gradient = take(arrays.input_gradient);
    copy.weights = take(arrays.weights);
    copy.weight_gradient = take(arrays.weight_gradient);
    copy.velocity = take(arrays.velocity);
    copy.second_moment = take(arrays.second_moment);
    for (std::int64_t i = 0; i < arrays.second_moment; ++i) copy.second_moment[i] = std::abs(copy.second_moment[i]);
    copy.indices = take_integers(arrays.indices);
    std::int32_t* labels = take_integers(arrays.labels);
    const std::int64_t classes = kernel.shape.input.channels;
    for (std::int64_t i = 0; i < arrays.labels; ++i)
      labels[i] = static_cast<std::int32_t>(mix_bits(static_cast<std::uint64_t>(i)) % static_cast<std::uint64_t>(classes));
    copy.labels = labels;
    copy.loss = &loss_;
  }
}

/// The backward pass of pooling needs the indices that a forward pass of the same library writes.
void KernelBuffers::find_maxima(const Kernel& kernel) {
  Kernel forward = kernel;
  forward.pass = Pass::forward;
  const KernelArrays arrays = kernel_arrays(forward);
  AlignedArray<float> input(static_cast<std::size_t>(arrays.input));
  AlignedArray<float> output(static_cast<std::size_t>(arrays.output));
  fill_with_normals(input.span());
  const auto pool = cpu::make_operator(forward, library_of(forward, Kernels::fastest));
  for (const cpu::LayerBuffers& copy : copies_) {
    cpu::LayerBuffers buffers;
    buffers.input = input.data();
    buffers.output = output.data();
    buffers.indices = copy.indices;
    pool->run(buffers);
  }
}

}  // namespace forerun
