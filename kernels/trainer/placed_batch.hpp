#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "kernels/trainer/data.hpp"
#include "kernels/trainer/device.hpp"

namespace forerun {

/// A batch as a device reads it: samples in the precision of activations.
struct PlacedBatch {
  const float* samples = nullptr;
  const std::int32_t* labels = nullptr;
  const std::int32_t* tokens = nullptr;
  std::int64_t first = 0;  ///< number of its first sample in the global batch
};

/// Brings batches to a device: the host's arrays themselves where it is the host; copies else, of which those of resident batches are made
/// once.
class BatchPlacer {
 public:
  BatchPlacer(Device& device, Precision precision) : device_(device), precision_(precision) {}

  /// Valid until the next call; of a resident batch for good, of one on the host as long as it.
  PlacedBatch place(const Batch& batch);

 private:
  struct Copies {
    DeviceArray<float> samples;
    DeviceArray<std::int32_t> labels;
    DeviceArray<std::int32_t> tokens;
  };

  void upload(const Batch& batch, Copies& copies);

  Device& device_;
  Precision precision_;
  std::map<const Batch*, Copies> resident_;
  Copies passing_;
  DeviceArray<float> unrounded_;
};

}  // namespace forerun
