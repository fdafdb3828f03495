#pragma once

#include "core/calibration.hpp"

namespace forerun::test {

inline Kernel dense(std::int64_t batch, std::int64_t inputs, std::int64_t outputs, Pass pass = Pass::forward) {
  Kernel kernel;
  kernel.shape = {LayerKind::dense, {inputs, 1, 1}, {outputs, 1, 1}, 1, 1, 0};
  kernel.pass = pass;
  kernel.batch = batch;
  kernel.footprint = Bytes(1 << 20);
  return kernel;
}

inline Kernel relu(std::int64_t batch, std::int64_t features, Pass pass = Pass::forward) {
  Kernel kernel = dense(batch, features, features, pass);
  kernel.shape.kind = LayerKind::relu;
  return kernel;
}

inline Kernel conv(std::int64_t batch, std::int64_t in, std::int64_t out, std::int64_t edge, int window, Pass pass = Pass::forward) {
  Kernel kernel;
  kernel.shape = {LayerKind::conv2d, {in, edge, edge}, {out, edge, edge}, window, 1, window / 2};
  kernel.pass = pass;
  kernel.batch = batch;
  kernel.footprint = Bytes(1 << 20);
  return kernel;
}

/// A model of the base alone, at 1e9 operations and 1e9 bytes a second: no samples, no residual.
inline KernelTimeModel base_model(LayerKind kind = LayerKind::dense, Pass pass = Pass::forward) {
  KernelTimeModel model;
  model.kind = kind;
  model.pass = pass;
  model.overhead = Seconds(1e-6);
  model.rate = FlopsPerSecond(1e9);
  model.bandwidth = BytesPerSecond(1e9);
  model.inverse_scales.assign(4, 0);
  return model;
}

}  // namespace forerun::test
