#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include "kernels/ceil_div.hpp"
#include "kernels/cuda/common/check.hpp"

namespace forerun::cuda {

/// Copies, in memory that is given, of arrays that a library cannot access where they lie: it wants multiples of 16 bytes, which what lies
/// behind other layers' weights or samples may not begin at. Errors of a copy are std::runtime_error.
class AlignedCopies {
 public:
  /// Memory is taken in pieces of so many bytes.
  static constexpr std::size_t rounded(std::size_t bytes) { return ceil_div(bytes, 256) * 256; }
  /// For those of the arrays, with their bytes, that need a copy.
  static std::size_t bytes_for(std::initializer_list<std::pair<const void*, std::size_t>> arrays) {
    std::size_t sum = 0;
    for (const auto& [array, bytes] : arrays)
      if (!is_aligned(array)) sum += rounded(bytes);
    return sum;
  }

  AlignedCopies(void* memory, cudaStream_t stream) : next_(static_cast<std::byte*>(memory)), stream_(stream) {}

  /// The array, or a copy of it.
  const void* readable(const void* array, std::size_t bytes) {
    if (is_aligned(array)) return array;
    copy(array, bytes, next_);
    return take(bytes);
  }
  /// The array, or room for what is to be written; write_back() then brings it to the array.
  void* writable(void* array, std::size_t bytes) { return is_aligned(array) ? array : take(bytes); }
  void write_back(const void* written, std::size_t bytes, void* array) const {
    if (written != array) copy(written, bytes, array);
  }

 private:
  static bool is_aligned(const void* array) { return reinterpret_cast<std::uintptr_t>(array) % 16 == 0; }
  void* take(std::size_t bytes) { return std::exchange(next_, next_ + rounded(bytes)); }
  void copy(const void* from, std::size_t bytes, void* to) const {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_), "a copy of an array that a library wants aligned");
  }

  std::byte* next_;
  cudaStream_t stream_;
};

}  // namespace forerun::cuda
