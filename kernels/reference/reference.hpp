#pragma once

#include "core/calibration.hpp"
#include "kernels/operator.hpp"

namespace forerun {

/// What every operator is held against: plain loops straight from the formulas of Operator::run, in its layouts, summed in
/// double precision. Max-pool's indices are elements of the sample's input. Slow, and in no other program than the tests.
/// Throws MissingCapability for a pass that the layer does not have.
void run_reference(const Kernel& kernel, const LayerBuffers& buffers, const OperatorOptions& options = {});

}  // namespace forerun
