#include "strategies/buckets.hpp"

#include "workloads/formulas.hpp"

namespace forerun {

std::vector<Bucket> gradient_buckets(const Workload& workload, const Strategy& strategy) {
  std::vector<Bucket> buckets;
  bool open = false;
  for (int layer = static_cast<int>(workload.layers.size()) - 1; layer >= 0; --layer) {
    const Bytes bytes(bytes_per_element(workload.precision) * static_cast<double>(trained_parameters(workload.layers[layer])));
    if (bytes == Bytes(0)) continue;
    if (!open) buckets.push_back({layer, layer, Bytes(0)});
    Bucket& bucket = buckets.back();
    bucket.first_layer = layer;
    bucket.bytes += bytes;
    open = bucket.bytes < (buckets.size() == 1 ? strategy.first_bucket : strategy.bucket);
  }
  return buckets;
}

}  // namespace forerun
