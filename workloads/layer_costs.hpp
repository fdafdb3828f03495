#pragma once

#include <cstdint>
#include <vector>

#include "core/units.hpp"
#include "core/workload.hpp"

namespace forerun {

/// What a layer adds to a network: of one sample, but for parameters and their bytes.
struct LayerCosts {
  std::int64_t parameters = 0;  ///< its own: none where it shares another layer's
  Flops forward;
  Flops backward;  ///< of the passes that the network asks of it
  Bytes saved;     ///< that saved_activations() keeps of it
  Bytes weights;   ///< in the network's precision

  LayerCosts& operator+=(const LayerCosts& other);
  friend bool operator==(const LayerCosts&, const LayerCosts&) = default;
};

/// One entry a layer.
std::vector<LayerCosts> layer_costs(const Workload& workload);

LayerCosts total(const std::vector<LayerCosts>& layers);

}  // namespace forerun
