#pragma once

#include "core/calibration.hpp"
#include "workloads/shapes.hpp"

namespace forerun {

inline Kernel dense_kernel(std::int64_t batch, std::int64_t inputs, std::int64_t outputs, Pass pass) {
  LayerDescription layer;
  layer.outputs = outputs;
  return {infer_shape({inputs, 1, 1}, layer), pass, batch, {}};
}

}  // namespace forerun
