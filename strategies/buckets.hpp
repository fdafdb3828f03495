#pragma once

#include <vector>

#include "core/strategy.hpp"
#include "core/workload.hpp"

namespace forerun {

/// Gradients that one all-reduce carries: of the layers last_layer, ..., first_layer, in the order in which backward yields them.
struct Bucket {
  int last_layer = 0;   ///< the first gradient to be ready
  int first_layer = 0;  ///< its gradient closes the bucket
  Bytes bytes;

  friend bool operator==(const Bucket&, const Bucket&) = default;
};

/// Fills buckets in reverse order of the layers and closes each once it holds at least its limit: the first
/// `strategy.first_bucket`, the others `strategy.bucket`  [PyTorch reducer.cpp, compute_bucket_assignment_by_size].
/// A layer's weights and bias stay together (PyTorch may part them; the bias is a few bytes).
std::vector<Bucket> gradient_buckets(const Workload& workload, const Strategy& strategy);

}  // namespace forerun
