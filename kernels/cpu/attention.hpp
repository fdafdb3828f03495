#pragma once

#include <memory>

#include "kernels/cpu/matrix.hpp"
#include "kernels/cpu/operator.hpp"

namespace forerun::cpu {

/// Queries whose scores are taken at once: their scores over a thousand keys stay in a second-level cache, and their products are large
/// enough to run at full speed. No more scores than these are ever in memory.
inline constexpr std::int64_t kAttentionBlock = 64;

/// The matrix products of an attention, by one library.
struct AttentionProducts {
  void (*times_transposed)(const ConstStridedMatrix& a, const ConstStridedMatrix& b, StridedMatrix c);      ///< c = a b^T
  void (*times)(const ConstStridedMatrix& a, const ConstStridedMatrix& b, StridedMatrix c);                 ///< c = a b
  void (*add_transposed_times)(const ConstStridedMatrix& a, const ConstStridedMatrix& b, StridedMatrix c);  ///< c += a^T b
};

std::unique_ptr<Operator> attention_by(const AttentionProducts& products, const Kernel& kernel, const OperatorOptions& options);

}  // namespace forerun::cpu
