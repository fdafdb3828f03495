#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "kernels/cuda/operator.hpp"

/// What the kernels of an attention share with the operator that launches them.
namespace forerun::cuda {

inline constexpr int kMostAttentionChannels = 256;  ///< of a head

struct AttentionTask {
  int batch = 0;
  int queries = 0;
  int keys = 0;
  int heads = 0;
  int key_heads = 0;
  int key_channels = 0;
  int value_channels = 0;
  bool causal = false;
  bool vectors = false;         ///< whether all rows of all arrays start on 16 bytes
  float scale = 1;              ///< of scores
  std::uint32_t threshold = 0;  ///< draws below it are dropped; 0: none is
  float kept_scale = 1;         ///< of what is not dropped
  std::uint64_t step_key = 0;   ///< of all samples of the step, stream_key(layer's key, step)
  std::int64_t first_sample = 0;
};

/// Activations are batch x positions x heads x channels, statistics and `deltas` batch x heads x queries. A pass touches what it needs.
template <class T>
struct AttentionArrays {
  const T* query = nullptr;
  const T* key = nullptr;
  const T* value = nullptr;
  const T* output = nullptr;
  const T* output_gradient = nullptr;
  T* written_output = nullptr;
  T* query_gradient = nullptr;
  T* key_gradient = nullptr;
  T* value_gradient = nullptr;
  float* statistics = nullptr;
  float* deltas = nullptr;  ///< rowsum(dY Y) of each query, the D of Dao et al.
};

/// What decides which kernels run. Tests prepare operators for devices that are less than theirs.
struct AttentionDevice {
  bool tensor_cores = false;  ///< for bf16: compute capability 8.0 and later
  int shared_bytes = 0;       ///< the most that a block may have
  int multiprocessors = 0;
};
AttentionDevice attention_device();

/// Of a kernel that attention() (layers.hpp) takes.
std::unique_ptr<Operator> attention_for(const AttentionDevice& device, const Kernel& kernel, std::shared_ptr<Context> context,
                                        const OperatorOptions& options);

/// Products of float32 that threads calculate, whatever the element; head channels up to kMostAttentionChannels.
template <class T>
void attention_forward(const AttentionTask& task, const AttentionArrays<T>& arrays, cudaStream_t stream);
/// Gradients of queries; and of keys and values. Tiles are larger where a block may have more than `shared_bytes` of 64 KiB.
template <class T>
void attention_backward(const AttentionTask& task, const AttentionArrays<T>& arrays, int shared_bytes, cudaStream_t stream);

/// The same by tensor cores, for head channels up to kMostTensorChannels.
inline constexpr int kMostTensorChannels = 128;
void attention_forward_by_tensor_cores(const AttentionTask& task, const AttentionArrays<__nv_bfloat16>& arrays,
                                       const AttentionDevice& device, cudaStream_t stream);
void attention_backward_by_tensor_cores(const AttentionTask& task, const AttentionArrays<__nv_bfloat16>& arrays,
                                        const AttentionDevice& device, cudaStream_t stream);

/// deltas = rowsum(dY Y), which both kernels of a backward pass read.
template <class T>
void attention_deltas(const AttentionTask& task, const AttentionArrays<T>& arrays, cudaStream_t stream);

}  // namespace forerun::cuda
