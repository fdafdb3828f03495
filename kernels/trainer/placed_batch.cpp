#include "kernels/trainer/placed_batch.hpp"

#include "core/workload.hpp"

namespace forerun {

namespace {

template <class T>
void bring(Device& device, const AlignedArray<T>& host, DeviceArray<T>& to) {
  if (to.size() != host.size()) to = DeviceArray<T>(device, host.size());
  if (host.size() > 0) device.upload(host.data(), host.size() * sizeof(T), to.data());
}

}  // namespace

void BatchPlacer::upload(const Batch& batch, Copies& copies) {
  bring(device_, batch.labels, copies.labels);
  bring(device_, batch.tokens, copies.tokens);
  if (precision_ == Precision::fp32) return bring(device_, batch.samples, copies.samples);
  bring(device_, batch.samples, unrounded_);
  const std::size_t elements = batch.samples.size(), floats = floats_of(precision_, static_cast<std::int64_t>(elements));
  if (copies.samples.size() != floats) copies.samples = DeviceArray<float>(device_, floats);
  if (elements > 0) device_.round(precision_, unrounded_.data(), static_cast<std::int64_t>(elements), copies.samples.data());
}

PlacedBatch BatchPlacer::place(const Batch& batch) {
  if (device_.is_host()) return {batch.samples.data(), batch.labels.data(), batch.tokens.data(), batch.first};
  Copies* copies = &passing_;
  bool there = false;
  if (batch.resident) {
    const auto [place, fresh] = resident_.try_emplace(&batch);
    copies = &place->second;
    there = !fresh;
  }
  if (!there) upload(batch, *copies);
  return {copies->samples.data(), copies->labels.data(), copies->tokens.data(), batch.first};
}

}  // namespace forerun
