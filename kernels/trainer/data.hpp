#pragma once

#include <cstdint>
#include <vector>

#include "core/workload.hpp"
#include "kernels/trainer/array.hpp"

namespace forerun {

/// What one rank trains on in one step: its share of the global batch.
struct Batch {
  AlignedArray<float> samples;        ///< batch x height x width x channels
  AlignedArray<std::int32_t> labels;  ///< one a sample
};

/// Seeded data that can be learnt: each class has a coarse pattern, constant over the cells of a 4 x 4 grid so that convolutions
/// and pooling keep it; a sample is sqrt(1/2) of its class's pattern plus sqrt(1/2) of noise of its own, mean 0 and variance 1.
/// A sample depends on (seed, index) alone, so any split over ranks sees the same global batch.
/// Samples first, first + 1, ... first + count - 1.
Batch make_batch(const TensorShape& shape, std::int64_t classes, std::uint64_t seed, std::int64_t first, std::int64_t count);

}  // namespace forerun
