#pragma once

#include <span>
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

/// Fills buckets with gradients in the order in which they become ready, and closes each once it holds at least its limit: the first
/// `strategy.first_bucket`, the others `strategy.bucket`  [PyTorch reducer.cpp, compute_bucket_assignment_by_size].
/// A layer's weights and bias stay together (PyTorch may part them; the bias is a few bytes).
class BucketFiller {
 public:
  explicit BucketFiller(const Strategy& strategy) : first_limit_(strategy.first_bucket), limit_(strategy.bucket) {}

  void add(int layer, Bytes bytes);
  [[nodiscard]] std::vector<Bucket>& buckets() { return buckets_; }

 private:
  Bytes first_limit_;
  Bytes limit_;
  std::vector<Bucket> buckets_;
  bool open_ = false;
};

/// The buckets of layers with these gradients, the last of them ready first.
std::vector<Bucket> gradient_buckets(std::span<const Bytes> gradients, const Strategy& strategy);

}  // namespace forerun
