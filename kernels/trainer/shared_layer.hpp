#pragma once

#include <cstdint>
#include <memory>

#include "core/plan.hpp"
#include "kernels/operator.hpp"
#include "kernels/trainer/device.hpp"
#include "kernels/trainer/rank_group.hpp"
#include "kernels/trainer/shard.hpp"

namespace forerun {

/// An exchange of the plan and the pass that it stands beside.
struct PlannedExchange {
  int operation = 0;  ///< its number in the plan
  const Collective* transfer = nullptr;
  Pass pass = Pass::forward;
  bool toward_next = false;  ///< of a shift: to the part behind, else to the part before
};

/// The arrays of a layer's part on one rank for one micro-batch, beside those of its neighbours, and what ranks do to make them whole.
class SharedLayer {
 public:
  SharedLayer() = default;
  SharedLayer(const SharedLayer&) = delete;
  SharedLayer& operator=(const SharedLayer&) = delete;
  virtual ~SharedLayer() = default;

  /// Copies what the rank has of the inputs, before the layer runs forward, or of the gradient of its outputs, before it runs backward.
  virtual void begin(Pass pass, LayerBuffers& buffers) = 0;
  /// Points the layer's buffers to what a pass works on.
  virtual void point(Pass /*pass*/, LayerBuffers& /*buffers*/) {}
  /// After a pass.
  virtual void end(Pass /*pass*/) {}
  /// Returns once the exchange is done. Throws std::logic_error where it is another one than the layer needs.
  virtual void exchange(const PlannedExchange& planned, RankGroup& group) = 0;
};

/// Of a layer that several ranks share, once its buffers point to the arrays between layers; null where it needs no arrays of its own.
/// MissingCapability: rows of images are shared out on hosts alone.
std::unique_ptr<SharedLayer> shared_layer(const Shard& shard, std::int64_t batch, LayerBuffers& buffers, Device& device);

/// Holds the elements that an exchange moves against the plan's bytes.
void require_planned(const PlannedExchange& planned, std::int64_t elements);

}  // namespace forerun
