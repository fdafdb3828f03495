#include "strategies/buckets.hpp"

#include "workloads/formulas.hpp"

namespace forerun {

void BucketFiller::add(int layer, Bytes bytes) {
  if (bytes == Bytes(0)) return;
  if (!open_) buckets_.push_back({layer, layer, Bytes(0)});
  Bucket& bucket = buckets_.back();
  bucket.first_layer = layer;
  bucket.bytes += bytes;
  open_ = bucket.bytes < (buckets_.size() == 1 ? first_limit_ : limit_);
}

Bytes gradient_bytes(const Workload& workload, const Layer& layer) {
  return Bytes(bytes_per_element(workload.precision) * static_cast<double>(trained_parameters(layer)));
}

std::vector<Bucket> gradient_buckets(const Workload& workload, const Strategy& strategy) {
  BucketFiller filler(strategy);
  for (int layer = static_cast<int>(workload.layers.size()) - 1; layer >= 0; --layer)
    filler.add(layer, gradient_bytes(workload, workload.layers[layer]));
  return std::move(filler.buckets());
}

}  // namespace forerun
