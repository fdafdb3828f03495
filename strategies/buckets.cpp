#include "strategies/buckets.hpp"

namespace forerun {

void BucketFiller::add(int layer, Bytes bytes) {
  if (bytes == Bytes(0)) return;
  if (!open_) buckets_.push_back({layer, layer, Bytes(0)});
  Bucket& bucket = buckets_.back();
  bucket.first_layer = layer;
  bucket.bytes += bytes;
  open_ = bucket.bytes < (buckets_.size() == 1 ? first_limit_ : limit_);
}

std::vector<Bucket> gradient_buckets(std::span<const Bytes> gradients, const Strategy& strategy) {
  BucketFiller filler(strategy);
  for (int layer = static_cast<int>(gradients.size()) - 1; layer >= 0; --layer) filler.add(layer, gradients[layer]);
  return std::move(filler.buckets());
}

}  // namespace forerun
