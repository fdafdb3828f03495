#pragma once

#include "core/calibration.hpp"
#include "core/error.hpp"
#include "kernels/operator.hpp"

namespace forerun {

/// Throws MissingCapability for a causal attention of fewer keys than queries.
inline void require_seen_keys(const Kernel& attention, AttentionMask mask) {
  if (mask == AttentionMask::causal && attention.shape.attention.keys < attention.shape.input.positions())
    throw MissingCapability("a causal attention of fewer keys than queries: the first queries would see none");
}

}  // namespace forerun
