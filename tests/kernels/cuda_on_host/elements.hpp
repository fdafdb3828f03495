#pragma once

#include <cstdint>

#include "cuda_bf16.h"

/// Elements of arrays of float32 or bf16, as the libraries' players read and write them.
namespace cuda_on_host {

enum class Element { float32, bf16 };

inline std::size_t bytes_of(Element type) { return type == Element::float32 ? 4 : 2; }

inline double get(const void* array, Element type, std::int64_t at) {
  return type == Element::float32 ? static_cast<const float*>(array)[at] : static_cast<float>(static_cast<const __nv_bfloat16*>(array)[at]);
}

inline void put(void* array, Element type, std::int64_t at, double value) {
  if (type == Element::float32)
    static_cast<float*>(array)[at] = static_cast<float>(value);
  else
    static_cast<__nv_bfloat16*>(array)[at] = static_cast<float>(value);
}

inline bool is_aligned(const void* address, std::size_t bytes) { return reinterpret_cast<std::uintptr_t>(address) % bytes == 0; }

}  // namespace cuda_on_host
