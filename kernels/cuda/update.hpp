#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/operator.hpp"

namespace forerun::cuda {

/// Arrays of parameters in device memory, laid out alike: those of one layer, or of a whole network where its layers lie one after another
/// (parameter_layout()), whose gaps of zeros stay zeros. An optimizer touches only what it keeps; the others may be null.
struct UpdateArrays {
  float* weights = nullptr;
  const float* gradient = nullptr;
  float* velocity = nullptr;
  float* second_moment = nullptr;
  void* rounded_weights = nullptr;  ///< bf16; null where products read float32
};

/// One step of UpdateRule over `count` parameters in one launch, which writes the rounded weights too: each array is read and written once.
/// Corrections of adam's averages are taken in double precision, of the step, which counts from 1.
/// Throws std::runtime_error where the launch fails.
void update(const UpdateRule& rule, Optimizer optimizer, std::int64_t step, const UpdateArrays& arrays, std::int64_t count,
            cudaStream_t stream);

}  // namespace forerun::cuda
