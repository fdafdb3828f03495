#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

/// The instructions of tensor cores as PTX defines them, lane by lane: what the device's header says of registers holds here.
namespace forerun::cuda {

struct Fragment {
  unsigned part[4];
};

namespace tensor_cores_on_host {

/// What a lane brings to a product.
struct Operands {
  Fragment a;
  unsigned b[2];
};

inline unsigned lane() { return cuda_on_host::place.number % cuda_on_host::kWarp; }
inline std::uint64_t as_value(const void* at) { return reinterpret_cast<std::uint64_t>(at); }
template <class T>
const T* as_pointer(std::uint64_t value) {
  return reinterpret_cast<const T*>(value);
}

inline unsigned element(std::uint64_t row, unsigned i) { return as_pointer<__nv_bfloat16>(row)[i].bits; }
inline float half_of(unsigned pair, unsigned i) { return std::bit_cast<float>((i == 0 ? pair << 16 : pair & 0xffff0000U)); }

}  // namespace tensor_cores_on_host

inline Fragment load_matrices(const void* row) {
  using namespace tensor_cores_on_host;
  const auto& rows = cuda_on_host::meet_warp(as_value(row));
  Fragment f{};
  for (unsigned m = 0; m < 4; ++m) {
    const std::uint64_t from = rows[8 * m + lane() / 4];
    f.part[m] = element(from, 2 * (lane() % 4)) | element(from, 2 * (lane() % 4) + 1) << 16;
  }
  return f;
}

inline Fragment load_matrices_transposed(const void* row) {
  using namespace tensor_cores_on_host;
  const auto& rows = cuda_on_host::meet_warp(as_value(row));
  Fragment f{};
  for (unsigned m = 0; m < 4; ++m) {
    const unsigned from = 8 * m + 2 * (lane() % 4);
    f.part[m] = element(rows[from], lane() / 4) | element(rows[from + 1], lane() / 4) << 16;
  }
  return f;
}

inline void multiply_add(float* sum, const Fragment& a, unsigned b0, unsigned b1) {
  using namespace tensor_cores_on_host;
  const Operands mine{a, {b0, b1}};
  const auto& lanes = cuda_on_host::meet_warp(as_value(&mine));
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned row_of_eight = lane() / 4, lower = i / 2, column = 2 * (lane() % 4) + i % 2;
    float products = 0;
    for (unsigned k = 0; k < 16; ++k) {
      const Fragment& left = as_pointer<Operands>(lanes[row_of_eight * 4 + k % 8 / 2])->a;
      const unsigned right = as_pointer<Operands>(lanes[column * 4 + k % 8 / 2])->b[k / 8];
      products += half_of(left.part[lower + 2 * (k / 8)], k % 2) * half_of(right, k % 2);
    }
    sum[i] += products;
  }
  cuda_on_host::meet_warp(0);  // until all have read what is on this stack
}

}  // namespace forerun::cuda
