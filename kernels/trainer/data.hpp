#pragma once

#include <cstdint>
#include <vector>

#include "core/workload.hpp"
#include "kernels/trainer/array.hpp"

namespace forerun {

/// What one rank trains on in one step: its share of the global batch.
struct Batch {
  AlignedArray<float> samples{};        ///< batch x height x width x channels; none of sequences
  AlignedArray<std::int32_t> labels{};  ///< one a sample, or of a sequence the token after each
  AlignedArray<std::int32_t> tokens{};  ///< batch x positions, of sequences alone
  std::int64_t first = 0;               ///< number of its first sample in the global batch
  bool resident = false;                ///< stays as it is until the training ends
};

/// Sequences that can be learnt: after each token comes, three times out of four, the one that a seeded table has for it, else any. A
/// sequence depends on (seed, index) alone.
Batch make_sequences(std::int64_t positions, std::int64_t vocabulary, std::uint64_t seed, std::int64_t first, std::int64_t count);

/// What the workload reads and learns: images or vectors with a class each, or sequences of which every token is to be told from those
/// before it. `first` counts all samples that there are, `number` those of the step's global batch. Throws MissingCapability for other
/// data.
Batch make_batch(const Workload& workload, std::uint64_t seed, std::int64_t first, std::int64_t number, std::int64_t count);

/// Seeded data that can be learnt: each class has a coarse pattern, constant over the cells of a 4 x 4 grid so that convolutions
/// and pooling keep it; a sample is sqrt(1/2) of its class's pattern plus sqrt(1/2) of noise of its own, mean 0 and variance 1.
/// A sample depends on (seed, index) alone, so any split over ranks sees the same global batch.
/// Samples first, first + 1, ... first + count - 1.
Batch make_batch(const TensorShape& shape, std::int64_t classes, std::uint64_t seed, std::int64_t first, std::int64_t count);

}  // namespace forerun
