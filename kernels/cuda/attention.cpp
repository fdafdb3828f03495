#include "kernels/cuda/attention.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "kernels/attention_mask.hpp"
#include "kernels/cuda/common/arrays.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/dropout_draws.hpp"

namespace forerun::cuda {

namespace {

/// Throws MissingCapability where there is no such attention, or not here.
void refuse_impossible(const Kernel& kernel, const OperatorOptions& options) {
  const Attention& a = kernel.shape.attention;
  const std::int64_t queries = kernel.shape.input.positions();
  require_seen_keys(kernel, options.mask);
  require_int(kernel.batch * std::max(a.heads * queries, a.key_heads * a.keys), "an attention", "rows");
}

AttentionTask task_of(const Kernel& kernel, const OperatorOptions& options) {
  const Attention& a = kernel.shape.attention;
  const DropRate rate(a.dropout ? options.dropped_share : 0.0F);
  AttentionTask task;
  task.batch = static_cast<int>(kernel.batch);
  task.queries = static_cast<int>(kernel.shape.input.positions()), task.keys = static_cast<int>(a.keys);
  task.heads = static_cast<int>(a.heads), task.key_heads = static_cast<int>(a.key_heads);
  task.key_channels = static_cast<int>(a.key_channels), task.value_channels = static_cast<int>(a.value_channels);
  task.causal = options.mask == AttentionMask::causal;
  task.scale = 1 / std::sqrt(static_cast<float>(a.key_channels));
  task.threshold = rate.threshold, task.kept_scale = rate.scale;
  return task;
}

/// In bf16 arrays have two bytes an element, and pointers name the first.
template <class T>
const T* elements(const float* array) {
  return reinterpret_cast<const T*>(array);
}
template <class T>
T* elements(float* array) {
  return reinterpret_cast<T*>(array);
}

template <class T>
AttentionArrays<T> arrays_of(const LayerBuffers& b) {
  AttentionArrays<T> arrays;
  arrays.query = elements<T>(b.input);
  arrays.key = elements<T>(b.further_inputs.at(0)), arrays.value = elements<T>(b.further_inputs.at(1));
  arrays.statistics = b.statistics;
  return arrays;
}

/// Whether all rows of a head in all arrays start on 16 bytes, which is what a thread reads at once.
template <class T>
bool has_vectors(const AttentionTask& task, std::initializer_list<const T*> arrays) {
  constexpr std::size_t kVector = 16;
  return task.key_channels * sizeof(T) % kVector == 0 && task.value_channels * sizeof(T) % kVector == 0 &&
         std::ranges::all_of(arrays, [](const T* array) { return reinterpret_cast<std::uintptr_t>(array) % kVector == 0; });
}

template <class T>
class AttentionPass : public Operator {
 public:
  AttentionPass(const AttentionDevice& device, const Kernel& kernel, std::shared_ptr<Context> context, const OperatorOptions& options)
      : device_(device), task_(task_of(kernel, options)), context_(std::move(context)) {}

 protected:
  [[nodiscard]] bool by_tensor_cores() const {
    return device_.tensor_cores && std::max(task_.key_channels, task_.value_channels) <= kMostTensorChannels;
  }
  /// The task of one run.
  [[nodiscard]] AttentionTask task(const LayerBuffers& b, std::initializer_list<const T*> arrays) const {
    AttentionTask task = task_;
    task.vectors = has_vectors(task, arrays);
    task.step_key = stream_key(b.key, static_cast<std::uint64_t>(b.step));
    task.first_sample = b.first_sample;
    return task;
  }

  AttentionDevice device_;
  AttentionTask task_;
  std::shared_ptr<Context> context_;
};

template <class T>
class Forward final : public AttentionPass<T> {
 public:
  using AttentionPass<T>::AttentionPass;
  void run(const LayerBuffers& b) override {
    AttentionArrays<T> arrays = arrays_of<T>(b);
    arrays.written_output = elements<T>(b.output);
    const AttentionTask task = this->task(b, {arrays.query, arrays.key, arrays.value, arrays.written_output});
    const cudaStream_t stream = this->context_->stream();
    if constexpr (std::is_same_v<T, __nv_bfloat16>)
      if (this->by_tensor_cores()) return attention_forward_by_tensor_cores(task, arrays, this->device_, stream);
    attention_forward(task, arrays, stream);
  }
};

template <class T>
class BackwardData final : public AttentionPass<T> {
 public:
  BackwardData(const AttentionDevice& device, const Kernel& kernel, std::shared_ptr<Context> context, const OperatorOptions& options)
      : AttentionPass<T>(device, kernel, std::move(context), options),
        delta_bytes_(static_cast<std::size_t>(kernel.batch * kernel.shape.attention.heads * kernel.shape.input.positions()) *
                     sizeof(float)) {
    this->context_->scratch(delta_bytes_);
  }

  void run(const LayerBuffers& b) override {
    AttentionArrays<T> arrays = arrays_of<T>(b);
    arrays.output = elements<T>(static_cast<const float*>(b.output)), arrays.output_gradient = elements<T>(b.output_gradient);
    arrays.query_gradient = elements<T>(b.input_gradient);
    arrays.key_gradient = elements<T>(b.further_input_gradients.at(0)),
    arrays.value_gradient = elements<T>(b.further_input_gradients.at(1));
    arrays.deltas = static_cast<float*>(this->context_->scratch(delta_bytes_));
    const AttentionTask task = this->task(b, {arrays.query, arrays.key, arrays.value, arrays.output, arrays.output_gradient,
                                              arrays.query_gradient, arrays.key_gradient, arrays.value_gradient});
    const cudaStream_t stream = this->context_->stream();
    attention_deltas(task, arrays, stream);
    if constexpr (std::is_same_v<T, __nv_bfloat16>)
      if (this->by_tensor_cores()) return attention_backward_by_tensor_cores(task, arrays, this->device_, stream);
    attention_backward(task, arrays, this->device_.shared_bytes, stream);
  }

 private:
  std::size_t delta_bytes_;
};

template <class T>
std::unique_ptr<Operator> make(const AttentionDevice& device, const Kernel& kernel, std::shared_ptr<Context> context,
                               const OperatorOptions& options) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward<T>>(device, kernel, std::move(context), options);
  return std::make_unique<BackwardData<T>>(device, kernel, std::move(context), options);
}

}  // namespace

AttentionDevice attention_device() {
  return {.tensor_cores = device_attribute(cudaDevAttrComputeCapabilityMajor) >= 8,
          .shared_bytes = device_attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin),
          .multiprocessors = device_attribute(cudaDevAttrMultiProcessorCount)};
}

std::unique_ptr<Operator> attention_for(const AttentionDevice& device, const Kernel& kernel, std::shared_ptr<Context> context,
                                        const OperatorOptions& options) {
  if (kernel.precision == Precision::bf16) return make<__nv_bfloat16>(device, kernel, std::move(context), options);
  return make<float>(device, kernel, std::move(context), options);
}

std::unique_ptr<Operator> attention(const Kernel& kernel, std::shared_ptr<Context> context, const OperatorOptions& options) {
  refuse_impossible(kernel, options);
  return attention_for(attention_device(), kernel, std::move(context), options);
}

}  // namespace forerun::cuda
