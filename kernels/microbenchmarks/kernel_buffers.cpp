#include "kernels/microbenchmarks/kernel_buffers.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/ceil_div.hpp"
#include "kernels/cpu/best_library.hpp"
#include "kernels/trainer/random.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

constexpr std::size_t kLine = 64 / sizeof(float);
constexpr std::size_t kTable = std::size_t{1} << 18;

constexpr std::size_t lines(std::int64_t elements) { return ceil_div(static_cast<std::size_t>(elements), kLine) * kLine; }

std::size_t elements_in_lines(const KernelArrays& arrays) {
  constexpr std::int64_t kBytes = sizeof(float);
  std::size_t elements = 0;
  for (const std::int64_t array : {arrays.input, arrays.output, arrays.output_gradient, arrays.input_gradient, arrays.weights,
                                   arrays.weight_gradient, arrays.velocity, arrays.second_moment, arrays.indices, arrays.labels,
                                   arrays.picked, arrays.statistics, arrays.running, ceil_div(arrays.mask, kBytes)})
    elements += lines(array);
  for (const auto* further : {&arrays.further_inputs, &arrays.further_input_gradients})
    for (const std::int64_t array : *further) elements += lines(array);
  return elements;
}

void fill_with_normals(std::span<float> values) {
  std::vector<float> table(std::min(kTable, values.size()));
  fill_normal(stream_key(1, 2), 1.0F, table);
  for (std::size_t i = 0; i < values.size(); i += table.size())
    std::memcpy(values.data() + i, table.data(), std::min(table.size(), values.size() - i) * sizeof(float));
}

}  // namespace

float* Arena::reserve(std::size_t bytes) {
  if (memory_.size() * sizeof(float) < bytes) {
    memory_ = {};  // first, so that both never stand side by side
    memory_ = AlignedArray<float>(ceil_div(bytes, sizeof(float)));
  }
  return memory_.data();
}

KernelBuffers::KernelBuffers(const Kernel& kernel, int copies, Arena& arena) : copies_(static_cast<std::size_t>(copies)) {
  const KernelArrays arrays = kernel_arrays(kernel);
  const std::size_t elements = elements_in_lines(arrays) * copies_.size();
  float* memory = arena.reserve(elements * sizeof(float));
  fill_with_normals({memory, elements});
  cut(kernel, arrays, memory);
  note_fresh(kernel, arrays);
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
  const auto take_numbers = [&](std::int64_t elements, std::int64_t below) {
    std::int32_t* array = take_integers(elements);
    for (std::int64_t i = 0; i < elements; ++i)
      array[i] = static_cast<std::int32_t>(mix_bits(static_cast<std::uint64_t>(i)) % static_cast<std::uint64_t>(below));
    return array;
  };
  for (LayerBuffers& copy : copies_) {
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
    copy.labels = take_numbers(arrays.labels, kernel.shape.input.channels);
    copy.picked = take_numbers(arrays.picked, kernel.shape.rows);
    copy.statistics = take(arrays.statistics);
    copy.running = take(arrays.running);
    copy.mask = reinterpret_cast<std::uint8_t*>(take((arrays.mask + 3) / 4));
    for (const std::int64_t elements : arrays.further_inputs) copy.further_inputs.push_back(take(elements));
    for (const std::int64_t elements : arrays.further_input_gradients) copy.further_input_gradients.push_back(take(elements));
    copy.loss = &loss_;
  }
}

void KernelBuffers::note_fresh(const Kernel& kernel, const KernelArrays& arrays) {
  const LayerKind kind = kernel.shape.kind;
  for (const LayerBuffers& copy : copies_) {
    std::vector<std::span<float>>& fresh = fresh_.emplace_back();
    // The arrays are all the arena's, which may be written to.
    const auto add = [&](const float* array, std::int64_t elements) {
      fresh.emplace_back(const_cast<float*>(array), static_cast<std::size_t>(elements));
    };
    if (kernel.pass == Pass::forward) {
      add(copy.input, arrays.input);
      if (kind == LayerKind::attention)
        for (std::size_t i = 0; i < copy.further_inputs.size(); ++i) add(copy.further_inputs[i], arrays.further_inputs[i]);
    } else if (kind == LayerKind::add) {
      add(copy.input_gradient, arrays.input_gradient);  // what the other reader has just left
    } else if (kind == LayerKind::softmax_cross_entropy) {
      add(copy.output, arrays.output);
    } else if (kernel.pass != Pass::update) {
      if (kernel.pass == Pass::backward_data && has_gradient(kind)) add(copy.input, arrays.input);
      add(copy.output_gradient, arrays.output_gradient);
    }
  }
}

void KernelBuffers::refresh(std::size_t index) {
  for (const std::span<float> array : fresh_[index])
    for (std::size_t i = 0; i < array.size(); i += kLine) {
      volatile float& line = array[i];
      line = line;
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
  const auto pool = cpu::make_operator(forward, cpu::library_of(forward, Kernels::fastest));
  for (const LayerBuffers& copy : copies_) {
    LayerBuffers buffers;
    buffers.input = input.data();
    buffers.output = output.data();
    buffers.indices = copy.indices;
    pool->run(buffers);
  }
}

}  // namespace forerun
