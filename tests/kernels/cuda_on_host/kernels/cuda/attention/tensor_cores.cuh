#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

/// The instructions of tensor cores as PTX defines them, lane by lane: what the device's header says of registers holds here.
namespace forerun::cuda {

struct Fragment {
  unsigned part[4];
};

namespace tensor_cores_on_host {

/// What the lanes of a warp show one another. Lanes are at most one operation apart, so that two places are enough.
struct Shown {
  const void* row;
  Fragment a;
  unsigned b[2];
};
inline Shown shown[2][32][32];  // by turn, warp and lane
inline unsigned turns[1024];

/// The warp's lanes, once each has shown what it brings.
inline const Shown* show(const Shown& mine) {
  const unsigned thread = cuda_on_host::place.number, warp = thread / 32;
  const unsigned turn = turns[thread]++ % 2;
  shown[turn][warp][thread % 32] = mine;
  __syncwarp();
  return shown[turn][warp];
}

inline unsigned element(const void* row, unsigned i) { return static_cast<const __nv_bfloat16*>(row)[i].bits; }
inline float half_of(unsigned pair, unsigned i) { return std::bit_cast<float>((i == 0 ? pair << 16 : pair & 0xffff0000U)); }

}  // namespace tensor_cores_on_host

inline Fragment load_matrices(const void* row) {
  using namespace tensor_cores_on_host;
  const Shown* lanes = show({row, {}, {}});
  const unsigned lane = cuda_on_host::place.number % 32, at = 2 * (lane % 4);
  Fragment f{};
  for (unsigned m = 0; m < 4; ++m) {
    const void* from = lanes[8 * m + lane / 4].row;
    f.part[m] = element(from, at) | element(from, at + 1) << 16;
  }
  return f;
}

inline Fragment load_matrices_transposed(const void* row) {
  using namespace tensor_cores_on_host;
  const Shown* lanes = show({row, {}, {}});
  const unsigned lane = cuda_on_host::place.number % 32, at = 2 * (lane % 4);
  Fragment f{};
  for (unsigned m = 0; m < 4; ++m)
    f.part[m] = element(lanes[8 * m + at].row, lane / 4) | element(lanes[8 * m + at + 1].row, lane / 4) << 16;
  return f;
}

inline void multiply_add(float* sum, const Fragment& a, unsigned b0, unsigned b1) {
  using namespace tensor_cores_on_host;
  const Shown* lanes = show({nullptr, a, {b0, b1}});
  const unsigned lane = cuda_on_host::place.number % 32;
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned row_of_eight = lane / 4, lower = i / 2, column = 2 * (lane % 4) + i % 2;
    float products = 0;
    for (unsigned k = 0; k < 16; ++k) {
      const Fragment& left = lanes[row_of_eight * 4 + k % 8 / 2].a;
      const Shown& right = lanes[column * 4 + k % 8 / 2];
      products += half_of(left.part[lower + 2 * (k / 8)], k % 2) * half_of(right.b[k / 8], k % 2);
    }
    sum[i] += products;
  }
}

}  // namespace forerun::cuda
