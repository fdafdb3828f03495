#include "kernels/cuda/microbenchmarks/device_sets.hpp"

#include <cuda_bf16.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/random.hpp"
#include "kernels/cuda/elementwise.hpp"
#include "kernels/trainer/random.hpp"

namespace forerun::cuda {

namespace {

constexpr std::int64_t kTable = std::int64_t{1} << 18;  // normal numbers that are drawn; arrays repeat them

void upload(const void* host, std::size_t bytes, void* to, cudaStream_t stream) {
  check(cudaMemcpyAsync(to, host, bytes, cudaMemcpyHostToDevice, stream), "cudaMemcpyAsync");
  check(cudaStreamSynchronize(stream), "cudaMemcpyAsync");  // the host's memory goes with its function
}

/// Copies the first `size` bytes over all of `bytes`, twice as many each time.
void repeat(void* memory, std::size_t size, std::size_t bytes, cudaStream_t stream) {
  for (std::size_t there = size; there < bytes; there *= 2)
    check(
        cudaMemcpyAsync(static_cast<std::byte*>(memory) + there, memory, std::min(there, bytes - there), cudaMemcpyDeviceToDevice, stream),
        "cudaMemcpyAsync");
}

const std::vector<float>& normals() {
  static const std::vector<float> table = [] {
    std::vector<float> values(kTable);
    fill_normal(stream_key(1, 2), 1.0F, values);
    return values;
  }();
  return table;
}

/// As many as the table has, or the array where that is shorter.
std::vector<std::byte> numbers_of(const SetArray& array) {
  const auto count = static_cast<std::size_t>(std::min(array.elements, kTable));
  std::vector<std::byte> bytes(count * static_cast<std::size_t>(array.element_bytes));
  const auto put = [&](std::size_t i, auto value) { std::memcpy(bytes.data() + i * sizeof value, &value, sizeof value); };
  for (std::size_t i = 0; i < count; ++i) {
    const float normal = array.filling == Filling::magnitudes ? std::abs(normals()[i]) : normals()[i];
    if (array.filling == Filling::classes)
      put(i, static_cast<std::int32_t>(mix_bits(i) % static_cast<std::uint64_t>(array.below)));
    else if (array.element_bytes == sizeof(__nv_bfloat16))
      put(i, __float2bfloat16(normal));
    else
      put(i, normal);
  }
  return bytes;
}

/// What the trainer does for a sum on the way back: it adds the gradient to what the other reader of an input left.
class SumOfGradients final : public Operator {
 public:
  SumOfGradients(const Kernel& kernel, std::shared_ptr<Context> context)
      : precision_(kernel.precision), elements_(kernel.batch * kernel.shape.output.elements()), context_(std::move(context)) {}
  void run(const LayerBuffers& b) override { add_gradient(precision_, b.output_gradient, elements_, b.input_gradient, context_->stream()); }

 private:
  Precision precision_;
  std::int64_t elements_;
  std::shared_ptr<Context> context_;
};

std::unique_ptr<Operator> operator_of(const Kernel& kernel, const std::shared_ptr<Context>& context) {
  if (kernel.shape.kind == LayerKind::add && kernel.pass == Pass::backward_data) return std::make_unique<SumOfGradients>(kernel, context);
  return make_operator(kernel, context);
}

/// The backward pass of pooling needs the indices that a forward pass of the same library writes.
void find_maxima(const Kernel& kernel, const LayerBuffers& set, const std::shared_ptr<Context>& context) {
  Kernel forward = kernel;
  forward.pass = Pass::forward;
  SetLayout layout = set_layout(forward);
  const DeviceMemory memory(layout.bytes);
  check(cudaMemsetAsync(memory.data(), 0, layout.bytes, context->stream()), "cudaMemsetAsync");
  LayerBuffers buffers = layout.buffers(memory.data());
  buffers.indices = set.indices;
  make_operator(forward, context)->run(buffers);
  context->finish();
}

}  // namespace

void* DeviceArena::reserve(std::size_t bytes) {
  if (memory_.bytes() < bytes) {
    memory_ = {};  // first, so that both never stand side by side
    memory_ = DeviceMemory(bytes);
  }
  return memory_.data();
}

DeviceLoad::DeviceLoad(const Microbenchmark& benchmark, std::shared_ptr<Context> context, DeviceArena& arena)
    : context_(std::move(context)), operator_(operator_of(benchmark.kernel, context_)) {
  const SetLayout layout = set_layout(benchmark.kernel);
  const auto copies = static_cast<std::size_t>(benchmark.copies);
  void* memory = arena.reserve(layout.bytes * copies);
  for (std::size_t i = 0; i < copies; ++i) sets_.push_back(layout.buffers(static_cast<std::byte*>(memory) + i * layout.bytes));
  fill(layout, memory);
  if (benchmark.kernel.shape.kind == LayerKind::max_pool && benchmark.kernel.pass == Pass::backward_data)
    find_maxima(benchmark.kernel, sets_.front(), context_);
  repeat(memory, layout.bytes, layout.bytes * copies, context_->stream());
  context_->finish();
}

void DeviceLoad::fill(const SetLayout& layout, void* memory) {
  const cudaStream_t stream = context_->stream();
  for (const SetArray& array : layout.arrays) {
    void* values = static_cast<std::byte*>(memory) + array.offset;
    const std::size_t bytes = static_cast<std::size_t>(array.elements) * static_cast<std::size_t>(array.element_bytes);
    if (array.filling == Filling::zeros || array.filling == Filling::stays) {
      check(cudaMemsetAsync(values, array.filling == Filling::stays ? 1 : 0, bytes, stream), "cudaMemsetAsync");
      continue;
    }
    const std::vector<std::byte> numbers = numbers_of(array);
    upload(numbers.data(), numbers.size(), values, stream);
    repeat(values, numbers.size(), bytes, stream);
  }
}

void DeviceLoad::call() {
  operator_->run(sets_[next_]);
  if (++next_ == sets_.size()) next_ = 0;
}

}  // namespace forerun::cuda
